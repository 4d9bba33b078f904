/** The context of a card's record, made again from the vault's columns: what any reader of the vault has. */
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
