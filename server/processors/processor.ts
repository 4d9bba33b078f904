/**
 * What egress asks of a payment processor, and what an adapter may say. An adapter turns an operation into templates
 * with slots and reads typed answers; it never holds a card, a credential or a raw answer. It runs in egress alone.
 */
import type { ChargeOperation } from '../../protocol/charge.ts'

export interface Capabilities {
  rawPan: boolean
  partialCapture: boolean
  multiCapture: boolean
  voidAfterCapture: boolean
  threeDS: 'native' | 'external' | 'none'
  /** `get` finds a payment by our reference alone, so that an unknown outcome can be resolved. */
  readByReference: boolean
  /** How long the processor answers a known key with the first result. After it a repeat is a fresh charge. */
  idempotencyTtlHours: number
}

/** What egress puts in at sending. `credential` belongs to headers, the others to bodies. */
export const slotNames = ['pan', 'exp_month', 'exp_year', 'cvc', 'name', 'network', 'credential'] as const
export type SlotName = (typeof slotNames)[number]
/** Members whose slot is empty (a card without a name, a CVC that is gone, a network that nobody chose) are left out. */
export interface Slot {
  slot: SlotName
}

export type BodyValue = string | number | boolean | Slot | { readonly [member: string]: BodyValue }

/**
 * One typed member of an answer. Anything that does not fit makes the answer unusable, but for what says `unfit: 'absent'`: in a
 * list there are payments that are not ours. `order` is the caller's own id: any text that the gateway would take as one.
 */
export type Field = { pointer: string; optional?: true; unfit?: 'absent' } & (
  | { type: 'enum'; values: readonly string[] }
  | { type: 'id'; pattern: RegExp }
  | { type: 'int'; max: number }
  | { type: 'order' }
)

export interface Template {
  method: 'GET' | 'POST'
  /** Begins with a slash; host and scheme come from the account's row. */
  path: string
  query?: Readonly<Record<string, string>>
  headers: Readonly<Record<string, string | readonly (string | Slot)[]>>
  encoding: 'json' | 'form'
  body?: Readonly<Record<string, BodyValue>>
  /** What comes back, by name. */
  allow: Readonly<Record<string, Field>>
}

export interface Reply {
  /** Below 500; anything else does not reach an adapter. */
  status: number
  fields: Readonly<Record<string, string | number | undefined>>
}

/** Given by egress. Rejects when the outcome is not to be had from this request; adapters let that through. */
export type Send = (template: Template) => Promise<Reply>

export const outcomeStates = [
  'authorized',
  'captured',
  'declined',
  'failed',
  'unknown',
  'action_required',
  'pending',
  'partially_captured',
  'voided',
  'partially_refunded',
  'refunded',
] as const
export type OutcomeState = (typeof outcomeStates)[number]

export interface Outcome {
  state: OutcomeState
  processorRef?: string
  /** The processor's own code where it refused: a key of the adapter's decisions. */
  code?: string
  nextAction?: '3ds' | 'otp' | 'bank_redirect'
  /** What the processor has in its books, where it says so: how an unknown capture or refund is resolved. */
  books?: { capturedMinor: number; refundedMinor: number }
}

/** A payment as the processor's books have it. */
export interface ListedPayment {
  processorRef: string
  /** What we sent as reference: the charge's id. */
  reference: string
  /** What we sent beside it; none where the processor keeps no such thing. */
  token?: string
  order?: string
  operation: ChargeOperation
  amountMinor: number
  currency: string
  outcome: Outcome & { books: NonNullable<Outcome['books']> }
}

/** `refused`: the question was; it says nothing about payments. `next` goes on behind this page. */
export type ListedPage = { payments: ListedPayment[]; next?: string } | { refused: true }

export interface AuthorizeRequest {
  amountMinor: number
  currency: string
  operation: ChargeOperation
  idempotencyKey: string
  /** The charge's id: what `get` finds it by. */
  reference: string
  /** Kept by the processor beside the payment, so that a ledger that forgot it knows which allowance it used. */
  token: string
  /** The caller's own id of what is paid, for the merchant's books. */
  order?: string
}

export interface ChangeRequest {
  processorRef: string
  amountMinor: number
  currency: string
  idempotencyKey: string
}

export interface Processor {
  id: string
  capabilities: Capabilities
  /** Where a slot may stand: `POST /path` → JSON pointer → slot. `:id` is one segment. Nothing else is ever filled. */
  slots: SlotRules
  /** What the processor's refusals mean (rule: error decisions are data). */
  decisions: Decisions
  authorize(request: AuthorizeRequest, send: Send): Promise<Outcome>
  capture(request: ChangeRequest, send: Send): Promise<Outcome>
  void(request: ChangeRequest, send: Send): Promise<Outcome>
  refund(request: ChangeRequest, send: Send): Promise<Outcome>
  /** Null when the processor knows no such payment. */
  get(query: { processorRef?: string; reference: string }, send: Send): Promise<Outcome | null>
  /**
   * Payments of ours that were made or changed since, page by page: what a restored ledger is compared with. Without it, an
   * export of the processor's takes its place.
   */
  list?(query: { sinceMs: number; after?: string }, send: Send): Promise<ListedPage>
}

export type SlotRules = Readonly<Record<string, Readonly<Record<string, SlotName>>>>

/** declined: the issuer said no. failed: refused for another reason. unknown: it may have happened; ask. */
export interface Decision {
  state: 'declined' | 'failed' | 'unknown'
  code: 'processor.declined' | 'processor.insufficient_funds' | 'processor.action_failed' | 'processor.unknown_outcome'
}
export type Decisions = Readonly<Record<string, Decision>>

/** A code that nobody considered decides nothing: the charge stays unknown and the processor is asked again. */
export const undecided: Decision = { state: 'unknown', code: 'processor.unknown_outcome' }

export const decide = (processor: Processor, code: string | undefined): Decision =>
  (code !== undefined && Object.hasOwn(processor.decisions, code) ? processor.decisions[code] : undefined) ?? undecided
