/** Why keyd did not open something. The reason goes to the audit log alone; outside, each is `auth.forbidden`. */
import type { TokenRefusal } from '../grants/claims.ts'

export type RefusalReason =
  // The grant or ticket by itself.
  | TokenRefusal
  // What it is for.
  | 'wrong_mode'
  | 'wrong_egress'
  | 'wrong_tenant'
  | 'wrong_token'
  | 'wrong_class'
  | 'wrong_version'
  // The mandate in the record's context, which the wrap authenticates.
  | 'no_mandate'
  | 'above_amount'
  | 'other_currency'
  | 'other_account'
  | 'mandate_ended'
  // The ledger.
  | 'spent'
  | 'too_many_openings'
  | 'too_fast'
  | 'tombstoned'
  | 'clock_behind'
  | 'before_start'
  | 'ticket_used_up'
  // The keys.
  | 'unknown_key'
  | 'wrong_key_purpose'
  | 'does_not_unwrap'
  | 'reply_key'
  // The request.
  | 'malformed_request'

export class Refusal extends Error {
  readonly reason: RefusalReason
  constructor(reason: RefusalReason) {
    super('refused')
    this.name = 'Refusal'
    this.reason = reason
  }
}
