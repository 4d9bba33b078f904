/** `GET /tokens/:id`: what is left of a token's mandate, out of the ledger. */
import type { TokenAnswer } from '../../protocol/agent-http.ts'
import { SallyportError } from '../../protocol/errors.ts'
import type { Egress } from './context.ts'

export async function readToken({ ledger }: Egress, tenant: string, token: string): Promise<TokenAnswer> {
  const row = await ledger.token(tenant, token)
  if (row === null) throw new SallyportError('request.not_found')
  const active = row.state === 'active'
  return {
    id: row.id,
    mode: row.mode,
    state: active && row.expired ? 'expired' : row.state,
    uses: row.uses,
    uses_left: active && !row.expired ? row.uses_left : 0,
    amount_max_minor: row.amount_max,
    currency: row.currency,
    account: row.account,
    not_after: new Date(row.not_after_ms).toISOString(),
    // An erased card is not described any more.
    ...(active
      ? {
          card: {
            brand: row.brand,
            last4: row.last4,
            exp_month: row.exp_month,
            exp_year: row.exp_year,
            ...(row.network && { network: row.network }),
          },
        }
      : {}),
    capture_id: row.capture_id,
    created_at: new Date(row.created_ms).toISOString(),
  }
}
