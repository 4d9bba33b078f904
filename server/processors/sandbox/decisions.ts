import type { Decisions } from '../processor.ts'

/** What the sandbox processor's codes mean for a charge. */
export const decisions: Decisions = {
  card_declined: { state: 'declined', code: 'processor.declined' },
  expired_card: { state: 'declined', code: 'processor.declined' },
  incorrect_number: { state: 'declined', code: 'processor.declined' },
  authentication_failed: { state: 'declined', code: 'processor.declined' },
  insufficient_funds: { state: 'declined', code: 'processor.insufficient_funds' },
  invalid_request: { state: 'failed', code: 'processor.action_failed' },
  invalid_state: { state: 'failed', code: 'processor.action_failed' },
  amount_too_large: { state: 'failed', code: 'processor.action_failed' },
  unauthorized: { state: 'failed', code: 'processor.action_failed' },
  not_found: { state: 'failed', code: 'processor.action_failed' },
  // The key is known with another body, or at work this moment: the first sending may have gone through.
  idempotency_conflict: { state: 'unknown', code: 'processor.unknown_outcome' },
  idempotency_in_flight: { state: 'unknown', code: 'processor.unknown_outcome' },
}
