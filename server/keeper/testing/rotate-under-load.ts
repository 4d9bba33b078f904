/**
 * Opens, as egress does, of tokens whose key is being emptied: the same code, the same records, grants and rights. Whoever calls
 * says what goes on meanwhile; nothing that opens may fail, whatever wrap it meets.
 */
import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { makeId } from '../../../protocol/ids.ts'
import { encodeCard } from '../../../crypto/card-bytes.ts'
import { Pan } from '../../../crypto/pan.ts'
import { makePool } from '../../database/pool.ts'
import { Ledger } from '../../egress/ledger.ts'
import { open, wipe } from '../../egress/open.ts'
import { signGrant } from '../../grants/sign.ts'
import { thumbprint } from '../../grants/thumbprint.ts'
import type { GrantClaims } from '../../grants/verify.ts'
import { publicPart } from '../../init/secrets.ts'
import type { TestVault } from '../../testing/vault.ts'

export const cardNumber = '4242424242424242'

/** A real card in every token, so that egress has something to decode. */
export const cardOf = (): Buffer =>
  Buffer.from(encodeCard({ number: new Pan(Buffer.from(cardNumber)), expMonth: 12, expYear: 2030, name: 'A Person' }))

export interface Opener {
  /** Opens the tokens of this list in turn, so many at once, until `meanwhile` has ended. Rejects with the first that fails. */
  whileOpening(tokens: readonly string[], atOnce: number, meanwhile: () => Promise<unknown>): Promise<number>
  close(): Promise<void>
}

export function makeOpener(vault: TestVault): Opener {
  const pool = makePool(vault.databases.vault.url('egress'), { max: 8 })
  const { secrets, tenant } = vault
  const instance = thumbprint(publicPart(secrets.request.egress))
  const ledger = new Ledger({ db: pool, logId: '', instance, holder: instance, leaseMs: 1_000, now: Date.now })
  const egress = { ledger, keyd: vault.toKeyd('egress') }

  async function openOne(token: string, account: string): Promise<void> {
    const iat = Math.floor(Date.now() / 1_000)
    const claims: GrantClaims = {
      iss: 'gateway',
      aud: 'keyd',
      jti: randomBytes(16).toString('hex'),
      iat,
      exp: iat + 60,
      mode: vault.mode,
      tenant: tenant.tenant,
      token,
      classes: ['card'],
      charge: makeId('chg_'),
      operation: 'sale',
      attempt: 1,
      amount_minor: 100,
      currency: 'EUR',
      account,
      egress: instance,
    }
    const opened = await open(egress, claims, await signGrant(claims, secrets.grant), makeId('req_'))
    const number = opened.card.number.use((digits) => Buffer.from(digits).toString())
    wipe(opened)
    if (number !== cardNumber) throw new Error(`the card of ${token} is another one`)
  }

  return {
    whileOpening: async (tokens, atOnce, meanwhile) => {
      const { account } = (await egress.ledger.token(tenant.tenant, tokens[0] ?? '')) ?? { account: '' }
      let going = true
      let begun = 0
      let opened = 0
      const one = async (): Promise<void> => {
        while (going) {
          // In turn: keyd opens one token ten times a minute and no more.
          await openOne(tokens[begun++ % tokens.length] ?? '', account)
          opened += 1
        }
      }
      const opening = Promise.all(Array.from({ length: atOnce }, one))
      try {
        await Promise.race([meanwhile(), opening])
      } finally {
        going = false
        await opening
      }
      return opened
    },
    close: () => pool.end(),
  }
}

/** Keeps what every ciphertext is now; `changed` counts those that are another one later, or gone. */
export async function rememberBodies(db: Pick<pg.Pool, 'query'>): Promise<{ changed(): Promise<number> }> {
  await db.query('create temporary table bodies_before as select token, sha256(body) as hash from records')
  return {
    changed: async () => {
      const { rows } = await db.query<{ n: number }>(
        `select count(*)::integer as n from bodies_before b left join records r on r.token = b.token
         where r.token is null or sha256(r.body) <> b.hash`,
      )
      return rows[0]?.n ?? -1
    },
  }
}
