/** `POST /charges/terms`: what the gateway has to sign into the grant for a charge. Promises nothing; `begin` decides. */
import type * as z from 'zod/mini'
import { SallyportError } from '../../protocol/errors.ts'
import type { innerChargeTerms, innerChargeTermsAnswer } from '../../protocol/inner-http.ts'
import type { Egress } from './context.ts'

export async function terms(
  { ledger, instance }: Egress,
  { tenant, token, charge_id }: z.infer<typeof innerChargeTerms>,
): Promise<z.infer<typeof innerChargeTermsAnswer>> {
  const [row, cvc, made] = await Promise.all([
    ledger.token(tenant, token),
    ledger.cvc(token),
    ledger.read(tenant, charge_id),
  ])
  // Unknown, another tenant's and erased look the same from outside; a charge that was made before keeps its terms.
  if (row === null || (row.state !== 'active' && made === null))
    throw new SallyportError('request.not_found', { param: 'token' })
  const again = made !== null && made.attempt.operation === made.operation
  return {
    account: row.account,
    attempt: again ? made.attempt.attempt : 1,
    classes: cvc === null ? ['card'] : ['card', 'cvc'],
    egress: instance,
    processor: row.processor,
  }
}
