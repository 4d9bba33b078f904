/** The words that a product of ours and its users share, for whoever builds against the HTTP API by hand. */
export * from './agent-http.ts'
export {
  type Capture,
  type CaptureEvent,
  type CaptureEventType,
  type Card,
  fold,
  type MandateTerms,
  type TokenTerms,
} from './capture.ts'
export * from './capture-states.ts'
export { type ChargeOperation, chargeOperations, type ChargeState, chargeStates, isDefinite } from './charge.ts'
export {
  type Actor,
  type ErrorCode,
  type ErrorRow,
  errors,
  isErrorCode,
  type RejectionReason,
  rejectionReasons,
  SallyportError,
} from './errors.ts'
export type { CaptureLink, LinkQr } from './link.ts'
export { type EventType, eventShapes, eventTypes, parseEvent, type SallyportEvent } from './events.ts'
export { type Amount, formatAmount } from './money.ts'
