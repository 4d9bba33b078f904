/** What an attacker does with an egress: it reads any one record's ciphertext, and keyd answers its signature. */
import pg from 'pg'
import { decodeCard } from '../../../crypto/card-bytes.ts'
import type { EgressConfig } from '../../config.ts'
import { thumbprint } from '../../grants/thumbprint.ts'
import type { Mandate } from '../../records/format.ts'
import { type CredentialAnswer, type OpenAnswer, toWireContext } from '../../records/keyd-calls.ts'
import { openRecord } from '../../records/open.ts'
import { makeReplyKey } from '../../records/reply.ts'
import { grantFor } from './as-gateway.ts'
import { tell } from './door.ts'
import { asSealed, contextOf, type SealedToken } from './records.ts'

export const instance = (config: EgressConfig): string => thumbprint(config.request_key)

/** Ciphertext and context of every one of these tokens that the vault gives out. */
export async function gather(
  config: EgressConfig,
  { tenant, tokens }: { tenant: string; tokens: string[] },
): Promise<SealedToken[]> {
  const pool = new pg.Pool({ connectionString: config.database_url, max: 4 })
  const rows = await Promise.all(
    tokens.map(async (token) => {
      const { rows: found } = await pool.query(
        `select t.*, r.version, r.suite, r.kek_id, r.wrapped_dek, r.body
         from token_read($1, $2) t, record_read($2, 'card') r`,
        [tenant, token],
      )
      return found.map((row) => asSealed({ ...row, tenant }))
    }),
  )
  await pool.end()
  return rows.flat()
}

const forKeyd = (config: EgressConfig) => ({
  socket: config.keyd.socket,
  callee: 'keyd' as const,
  issuer: 'egress' as const,
  key: config.request_key,
})

/** A card's number, or the code of keyd's refusal. */
export async function present(
  config: EgressConfig,
  { grant, row, mandate }: { grant: string; row: SealedToken; mandate?: Partial<Mandate> },
): Promise<string> {
  const true_ = contextOf(row)
  const context =
    mandate === undefined || true_.mandate === null ? true_ : { ...true_, mandate: { ...true_.mandate, ...mandate } }
  const reply = makeReplyKey()
  const { kek_id, wrapped_dek } = row
  const told = await tell(forKeyd(config), 'POST', '/open', {
    grant,
    records: [{ class: 'card', context: toWireContext(context), kek_id, wrapped_dek }],
    reply_key: reply.publicKey,
  })
  if (told.code !== null) return told.code
  // Sound: keyd's own answer.
  const { keys } = told.answer as OpenAnswer
  if (keys.card === undefined) return 'no key'
  const { jti } = JSON.parse(Buffer.from(grant.split('.')[1] ?? '', 'base64url').toString())
  const bytes = openRecord(Buffer.from(row.body, 'base64url'), context, reply.open(keys.card, jti, 'card'))
  return decodeCard(bytes).number.use((digits) => Buffer.from(digits).toString())
}

/** A grant that says all the right things, signed with the only key that an egress has. */
export const presentForged = async (config: EgressConfig, { row }: { row: SealedToken }): Promise<string> =>
  present(config, {
    row,
    grant: await grantFor(
      { mode: config.mode, grant_key: config.request_key },
      { tenant: row.tenant, token: row.id, account: row.account, egress: instance(config) },
    ),
  })

/** Many at once, each grant with its row. */
export const presentAll = async (
  config: EgressConfig,
  pairs: readonly { grant: string; row: SealedToken }[],
): Promise<string[]> => {
  const told: string[] = []
  for (const pair of pairs) told.push(await present(config, pair))
  return told
}

/** The processor's credential of an account, which is in use here anyway. */
export async function credential(
  config: EgressConfig,
  { account, tenant }: { account: string; tenant: string },
): Promise<string> {
  const client = new pg.Client({ connectionString: config.database_url })
  await client.connect()
  const { rows } = await client.query('select * from credential_read($1)', [account])
  await client.end()
  const row = rows[0]
  const context = {
    version: row.version,
    suite: row.suite,
    mode: config.mode,
    tenant,
    token: account,
    class: 'credential' as const,
    createdMs: Number(row.created_ms),
    mandate: null,
  }
  const reply = makeReplyKey()
  const told = await tell(forKeyd(config), 'POST', '/credential', {
    record: {
      context: toWireContext(context),
      kek_id: row.kek_id.toString('base64url'),
      wrapped_dek: row.wrapped_dek.toString('base64url'),
    },
    reply_key: reply.publicKey,
  })
  if (told.code !== null) return told.code
  const { key } = told.answer as CredentialAnswer // sound: keyd's own answer
  return openRecord(row.body, context, reply.open(key, account, 'credential')).toString()
}

/** A card's record presented as a credential, which would need no grant. */
export async function asCredential(config: EgressConfig, { row }: { row: SealedToken }): Promise<string> {
  const context = { ...contextOf(row), class: 'credential' as const, mandate: null }
  const reply_key = makeReplyKey().publicKey
  const record = { context: toWireContext(context), kek_id: row.kek_id, wrapped_dek: row.wrapped_dek }
  return (await tell(forKeyd(config), 'POST', '/credential', { record, reply_key })).code ?? 'opened'
}
