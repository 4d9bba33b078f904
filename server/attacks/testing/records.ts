/** The context of a card's record, made again from the vault's columns: what any reader of the vault has. */
import type pg from 'pg'
import type { RecordContext } from '../../records/format.ts'

export interface SealedToken {
  id: string
  tenant: string
  mode: 'sandbox' | 'live'
  created_ms: number
  uses: number
  amount_max: number
  currency: string
  account: string
  not_after_ms: number
  max_opens: number
  version: number
  suite: number
  /** base64url. */
  kek_id: string
  wrapped_dek: string
  body: string
}

export const contextOf = (row: SealedToken): RecordContext => ({
  version: row.version,
  suite: row.suite,
  mode: row.mode,
  tenant: row.tenant,
  token: row.id,
  class: 'card',
  createdMs: row.created_ms,
  mandate: {
    uses: row.uses,
    amountMax: row.amount_max,
    currency: row.currency,
    account: row.account,
    notAfterMs: row.not_after_ms,
    maxOpens: row.max_opens,
  },
})

/** As a thief of the database reads them, erased ones that wait for their end included. */
export async function everyRecord(vault: Pick<pg.Pool, 'query'>): Promise<SealedToken[]> {
  const { rows } = await vault.query(
    `select t.id, t.tenant, t.mode, t.created_ms, m.uses, m.amount_max, m.currency, m.account, m.not_after_ms, m.max_opens,
       r.version, r.suite, r.kek_id, r.wrapped_dek, r.body
     from records r join tokens t on t.id = r.token join mandates m on m.token = r.token where r.wrapped_dek is not null`,
  )
  return rows.map(asSealed)
}

/** pg gives big numbers as text and bytes as buffers. */
export function asSealed(row: Record<string, unknown>): SealedToken {
  const numbers = ['created_ms', 'amount_max', 'not_after_ms'].map((name) => [name, Number(row[name])])
  const bytes = ['kek_id', 'wrapped_dek', 'body'].map((name) => [name, (row[name] as Buffer).toString('base64url')])
  // Sound: the columns are those of the statements in this folder.
  return { ...row, ...Object.fromEntries([...numbers, ...bytes]) } as SealedToken
}
