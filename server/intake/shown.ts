/** What the person sees beside the fields, as the server tells it and as both sides hash it. No digits but a stored card's last four. */
import type { Shown } from '../../crypto/capture-binding.ts'
import type { Capture } from '../../protocol/capture.ts'
import { SallyportError } from '../../protocol/errors.ts'
import type { Intake } from './context.ts'
import { type StoredCard, storedCard } from './stored-card.ts'
import type { Tenant } from './tenants.ts'

export function shownOf(tenant: Tenant, capture: Capture, card: StoredCard | null): Shown {
  const { purpose, amount, mandate } = capture
  return {
    business: tenant.business,
    purpose,
    ...(amount && { amount }),
    ...(mandate && {
      mandate: {
        uses: mandate.uses,
        amount_max_minor: mandate.amount_max_minor,
        currency: mandate.currency,
        not_after: mandate.not_after,
      },
    }),
    ...(card && { card: { brand: card.brand, last4: card.last4 } }),
  }
}

/**
 * The stored card that the capture is about, or null where it asks for a whole one. Throws `policy.purpose_not_allowed`
 * where no charge could be made with it any more: a code for that would only be a code given away.
 */
export async function cardAskedAbout(intake: Intake, capture: Capture): Promise<StoredCard | null> {
  if (capture.token_in === undefined) return null
  const card = await storedCard(intake.db, capture.tenant, capture.token_in)
  if (card === null || !card.chargeable) throw new SallyportError('policy.purpose_not_allowed', { param: 'token' })
  return card
}
