/**
 * Many tokens at once, sealed as intake seals them, with the rows that minting writes: for tests and measurements of what
 * happens to a vault that is full. The card of each is its own name.
 */
import type pg from 'pg'
import { makeId } from '../../protocol/ids.ts'
import type { Kem } from '../../crypto/hpke-node.ts'
import { type Mandate, type RecordContext, recordSuite, recordVersion } from '../records/format.ts'
import { sealRecord } from '../records/seal.ts'
import type { TestVault } from './vault.ts'

/** What is sealed of a token: 82 bytes, as a card of the longest kind. */
export const plaintextOf = (token: string): Buffer => Buffer.from(token.padEnd(82, '.'))

export interface BulkToken {
  token: string
  body: Buffer
}

/** Sealed to the key that is active now. `db` is the superuser in the vault's database. */
export async function storeTokens(
  vault: Pick<TestVault, 'mode' | 'tenant' | 'createCapture'>,
  db: Pick<pg.Pool, 'query'>,
  count: number,
  more: Partial<Mandate> = {},
  plaintext: (token: string) => Buffer = plaintextOf,
): Promise<BulkToken[]> {
  const { id: capture } = await vault.createCapture()
  const key = await db.query("select * from kek_epochs where purpose = 'card' and state = 'active'")
  const account = await db.query<{ id: string }>('select id from accounts limit 1')
  const {
    kek_id: kekId,
    suite,
    public_key: publicKey,
  } = key.rows[0] as { kek_id: Buffer; suite: Kem; public_key: Buffer } // sound: its columns
  const mandate: Mandate = {
    uses: 1,
    amountMax: 50_000,
    currency: 'EUR',
    account: account.rows[0]?.id ?? '',
    notAfterMs: Date.now() + 30 * 86_400_000,
    maxOpens: 5,
    ...more,
  }
  const made: BulkToken[] = []
  for (let left = count; left > 0; left -= 1_000) {
    const createdMs = Date.now()
    const rows = Array.from({ length: Math.min(left, 1_000) }, () => {
      const token = makeId(vault.mode === 'live' ? 'tok_live_' : 'tok_test_')
      const context: RecordContext = {
        version: recordVersion,
        suite: recordSuite,
        mode: vault.mode,
        tenant: vault.tenant.tenant,
        token,
        class: 'card',
        createdMs,
        mandate,
      }
      return { token, ...sealRecord(plaintext(token), context, { kekId, suite, publicKey }) }
    })
    await db.query(
      `with made as (select * from unnest($1::text[], $2::bytea[], $3::bytea[]) as m (id, wrapped_dek, body)),
       token as (
         insert into tokens (id, tenant, mode, capture_id, conversation, brand, last4, exp_month, exp_year, created_ms)
         select id, $4, $5, $6, 'talk', 'visa', '4242', 12, 2030, $7 from made),
       mandate as (
         insert into mandates (token, uses, amount_max, currency, account, not_after_ms, max_opens)
         select id, $8::integer, $9, $10, $11, $12, $13 from made),
       allowance as (insert into allowances (token, uses_left) select id, $8 from made)
       insert into records (token, class, version, suite, kek_id, wrapped_dek, body)
         select id, 'card', $14, $15, $16, wrapped_dek, body from made`,
      [
        ...[rows.map((row) => row.token), rows.map((row) => row.wrappedDek), rows.map((row) => row.body)],
        ...[vault.tenant.tenant, vault.mode, capture, createdMs],
        ...[mandate.uses, mandate.amountMax, mandate.currency, mandate.account, mandate.notAfterMs, mandate.maxOpens],
        ...[recordVersion, recordSuite, kekId],
      ],
    )
    made.push(...rows.map(({ token, body }) => ({ token, body })))
  }
  return made
}
