import type { Amount } from './money.ts'
import type { ErrorCode, RejectionReason } from './errors.ts'
import type {
  CaptureState,
  Channel,
  ChannelTier,
  FieldName,
  FieldState,
  ProgressLevel,
  Purpose,
  SuspendReason,
  Visibility,
} from './capture-states.ts'

/**
 * The life of a capture as one pure machine: `decide(capture, command)` (decide.ts) says which events follow,
 * `fold(capture, event)` what the capture is afterwards. The vault alone writes the log; everyone else folds it.
 * Nothing here ever holds a digit beyond last4, but the BIN where the tenant has it turned on.
 */
export interface Card {
  brand: string
  last4: string
  exp_month: number
  exp_year: number
  /** Of a card that two networks serve: the one that the person chose. */
  network?: string
  /** The first six digits, which name the issuer: of a card that was typed for a tenant who has them turned on. */
  bin?: string
}

/** What a token may be used for, as the agent asked for it. `null` amount: a token that cannot be charged. */
export interface MandateTerms {
  uses: number
  amount_max_minor: number
  currency: string
  account: string
  not_after: string
  max_opens: number
}

export interface TokenTerms {
  id: string
  uses: number
  amount_max_minor: number
  currency: string
  not_after: string
}

export interface Capture {
  id: string
  tenant: string
  conversation: string
  purpose: Purpose
  state: CaptureState
  suspended_reason?: SuspendReason
  fields: Partial<Record<FieldName, FieldState>>
  attempts: number
  epoch: number
  channel?: Channel
  attached: boolean
  sequence: number
  amount?: Amount
  mandate?: MandateTerms
  locale?: string
  country?: string
  reference?: string
  retry_of?: string
  charge_id?: string
  /** The stored card's token where only its CVC is asked for. */
  token_in?: string
  token?: TokenTerms
  card?: Card
  error?: { code: ErrorCode }
  created_at: string
  expires_at: string
}

type FieldEventData = { field: FieldName }

/** Data of each capture event beyond `epoch`, `state` and `channel`, which all carry. */
export interface CaptureEventData {
  'capture.created': {
    purpose: Purpose
    fields: FieldName[]
    expires_at: string
    amount?: Amount
    mandate?: MandateTerms
    retry_of?: string
    charge_id?: string
  }
  'capture.channel.attached': { kind: Channel; tier: ChannelTier }
  'capture.channel.detached': { reason: 'replaced' | 'lost' | 'closed' }
  'capture.shield.raised': { method: 'isolation' }
  'capture.shield.failed': { code: ErrorCode }
  /** `link_ttl`: seconds for which a link may be opened. */
  'capture.offered': { delivery: 'inline' | 'link'; tier?: ChannelTier; link_ttl?: number }
  'capture.field.started': FieldEventData
  'capture.field.progress': FieldEventData & { level: ProgressLevel }
  'capture.field.completed': FieldEventData & { brand?: string; last4?: string }
  'capture.field.rejected': FieldEventData & { code: RejectionReason; attempt: number; attempts_left: number }
  'capture.suspended': { reason: SuspendReason }
  'capture.resumed': { reason: SuspendReason }
  /** `visibility`: whether the browser could tell that nothing lay over the form when it was sent. */
  'capture.processing': { stage: 'sealing' | 'minting'; visibility?: Visibility }
  'capture.completed': { token?: TokenTerms; card?: Card }
  'capture.failed': { code: ErrorCode; retryable: boolean }
  'capture.canceled': { by: 'customer' | 'agent' }
  'capture.expired': { reason: 'time' | 'test' }
}
export type CaptureEventType = keyof CaptureEventData
export type CaptureEvent = {
  [T in CaptureEventType]: {
    type: T
    data: CaptureEventData[T] & { epoch: number; state: CaptureState; channel?: Channel }
  }
}[CaptureEventType]

export interface NewCapture {
  id: string
  tenant: string
  conversation: string
  purpose: Purpose
  fields: FieldName[]
  amount?: Amount
  mandate?: MandateTerms
  locale?: string
  country?: string
  reference?: string
  retry_of?: string
  charge_id?: string
  token_in?: string
  created_at: string
  expires_at: string
}

export type CaptureCommand =
  | { kind: 'create'; capture: NewCapture }
  | { kind: 'attach'; channel: Channel }
  /** A link was made for the person to go on elsewhere; what is open stays open until it is used. */
  | { kind: 'offer_link' }
  /** Somebody opened a link and did not know the phrase of its chat. */
  | { kind: 'refuse_link' }
  | { kind: 'detach'; epoch: number; reason: 'lost' | 'closed' }
  | { kind: 'field_started'; epoch: number; field: FieldName }
  | { kind: 'field_progress'; epoch: number; field: FieldName; level: ProgressLevel }
  | { kind: 'field_completed'; epoch: number; field: FieldName; brand?: string; last4?: string }
  | { kind: 'field_rejected'; epoch: number; field: FieldName; code: RejectionReason }
  | { kind: 'shield_failed'; epoch: number; code: ErrorCode }
  | { kind: 'suspend'; reason: SuspendReason }
  | { kind: 'resume' }
  | { kind: 'submit'; epoch: number; visibility?: Visibility }
  | { kind: 'complete'; token?: TokenTerms; card?: Card }
  | { kind: 'fail'; code: ErrorCode; retryable: boolean }
  | { kind: 'cancel'; by: 'customer' | 'agent' }
  | { kind: 'expire'; reason: 'time' | 'test' }

/** What a capture is after an event. The event is taken as it stands: the log is the truth. */
export function fold(capture: Capture | null, event: CaptureEvent, birth?: NewCapture): Capture {
  if (event.type === 'capture.created') {
    if (birth === undefined) throw new TypeError('a created event needs the new capture')
    const { fields, ...rest } = birth
    return {
      ...rest,
      fields: Object.fromEntries(fields.map((field) => [field, 'pending'])),
      state: 'created',
      attempts: 0,
      epoch: 0,
      attached: false,
      sequence: 1,
    }
  }
  if (capture === null) throw new TypeError('the first event of a capture is capture.created')
  const { suspended_reason: _ended, ...rest } = capture
  const next: Capture = { ...rest, state: event.data.state, epoch: event.data.epoch, sequence: capture.sequence + 1 }
  if (capture.suspended_reason !== undefined && next.state === 'suspended')
    next.suspended_reason = capture.suspended_reason
  return change(next, event)
}

function change(next: Capture, event: CaptureEvent): Capture {
  switch (event.type) {
    case 'capture.channel.attached':
      return { ...next, channel: event.data.kind, attached: true }
    case 'capture.channel.detached':
      return { ...next, attached: false }
    case 'capture.suspended':
      return { ...next, suspended_reason: event.data.reason }
    case 'capture.field.started':
    case 'capture.field.progress':
      return field(next, event.data.field, 'active')
    case 'capture.field.completed':
      return field(next, event.data.field, 'complete')
    case 'capture.field.rejected':
      return { ...field(next, event.data.field, 'rejected'), attempts: event.data.attempt }
    case 'capture.completed':
      return {
        ...next,
        fields: Object.fromEntries(Object.keys(next.fields).map((name) => [name, 'complete'])),
        ...(event.data.token && { token: event.data.token }),
        ...(event.data.card && { card: event.data.card }),
      }
    case 'capture.failed':
      return { ...next, error: { code: event.data.code } }
    default:
      return next
  }
}

const field = (capture: Capture, name: FieldName, state: FieldState): Capture => ({
  ...capture,
  fields: { ...capture.fields, [name]: state },
})
