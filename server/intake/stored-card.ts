/** The card of a token whose security code is asked for alone: what the form shows of it, and what the code is bound to. */
import type pg from 'pg'
import { brandInfo, brands } from '../../detect/cards.ts'
import type { Mandate } from '../records/format.ts'

export interface StoredCard {
  brand: string
  last4: string
  expMonth: number
  expYear: number
  network: string | null
  mandate: Mandate
  /** A charge may still be made with it. */
  chargeable: boolean
}

/** Null for a token that is unknown, another tenant's or erased: from outside they are the same. */
export async function storedCard(db: pg.Pool, tenant: string, token: string): Promise<StoredCard | null> {
  const { rows } = await db.query({
    name: 'token_for_code',
    text: 'select * from token_for_code($1, $2)',
    values: [tenant, token],
  })
  const row = rows[0]
  if (row === undefined) return null
  return {
    brand: row.brand,
    last4: row.last4,
    expMonth: row.exp_month,
    expYear: row.exp_year,
    network: row.network,
    chargeable: row.uses_open > 0 && !row.expired,
    mandate: {
      uses: row.uses,
      amountMax: row.amount_max,
      currency: row.currency,
      account: row.account,
      notAfterMs: row.not_after_ms,
      maxOpens: row.max_opens,
    },
  }
}

/** Digits of the scheme's code; null where the brand is none of ours any more: then three and four will do. */
export function codeLength(brand: string): 3 | 4 | null {
  const known = brands.find((name) => name === brand)
  return known === undefined ? null : brandInfo(known).cvcLength
}
