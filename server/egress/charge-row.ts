/** A charge as the vault's functions give it (`charge_view`), and as an agent gets it. Neither has digits beyond last4. */
import type { ChargeAnswer } from '../../protocol/agent-http.ts'
import type { ChargeOperation, ChargeState } from '../../protocol/charge.ts'
import { type ErrorCode, errors, isErrorCode } from '../../protocol/errors.ts'
import type { CvcState } from '../records/keyd-calls.ts'

export type Operation = ChargeOperation | 'capture' | 'void' | 'refund'

export interface AttemptRow {
  operation: Operation
  attempt: number
  amount: number
  state: 'created' | 'sending' | 'unknown' | 'pending' | 'done' | 'failed'
  cvc: CvcState | null
  refusals: number
  error_code: string | null
  sent_ms_ago: number | null
}

export interface ChargeRow {
  id: string
  tenant: string
  token: string
  capture_id: string
  account: string
  processor: string
  base_url: string
  operation: ChargeOperation
  amount: number
  currency: string
  reference: string | null
  state: ChargeState
  authorized: number
  captured: number
  refunded: number
  processor_ref: string | null
  next_action: '3ds' | 'otp' | 'bank_redirect' | null
  error_code: string | null
  cvc: CvcState | null
  /** What became of the token's code where it has none now; null where none ever came. */
  cvc_gone: 'spent' | 'expired' | 'lost' | null
  brand: string
  last4: string
  created_ms: number
  created_at: string
  updated_at: string
  attempt: AttemptRow
}

/** Members of an error in an event; `cvc` says what became of the security code where it may be why. */
export interface ErrorData {
  code: ErrorCode
  category: string
  retryable: boolean
  who: 'customer' | 'integrator' | 'operator'
  cvc?: CvcState
}

export function errorData(code: ErrorCode, cvc?: CvcState | null): ErrorData {
  const { retryable, who } = errors[code]
  const lacking = cvc === 'spent' || cvc === 'expired' || cvc === 'lost'
  return { code, category: code.split('.')[0] ?? '', retryable, who, ...(lacking ? { cvc } : {}) }
}

/** What the inner door says about a charge. */
export interface ChargeReply {
  charge: ChargeAnswer
  replayed: boolean
}

export function answerOf(row: ChargeRow): ChargeAnswer {
  return {
    id: row.id,
    state: row.state,
    token: row.token,
    amount_minor: row.amount,
    currency: row.currency,
    operation: row.operation,
    processor: row.processor,
    amount_authorized_minor: row.authorized,
    amount_captured_minor: row.captured,
    amount_refunded_minor: row.refunded,
    capture_id: row.capture_id,
    ...(row.reference === null ? {} : { reference: row.reference }),
    card: { brand: row.brand, last4: row.last4 },
    ...(isErrorCode(row.error_code)
      ? { error: { ...errorData(row.error_code, row.cvc), say: errors[row.error_code].say } }
      : {}),
    ...(row.next_action === null ? {} : { next_action: { kind: row.next_action } }),
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}
