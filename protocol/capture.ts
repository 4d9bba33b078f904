import { type Amount } from './money.ts'
import { limits } from './limits.ts'
import type { ErrorCode, RejectionReason } from './errors.ts'
import {
  hasEnded, type CaptureState, type Channel, type FieldName, type FieldState, type ProgressLevel, type Purpose,
  type SuspendReason,
} from './capture-states.ts'

/**
 * The life of a capture as one pure machine: `decide(capture, command)` says which events follow, `fold(capture,
 * event)` says what the capture is afterwards. The vault alone writes the log; everyone else folds it.
 * Nothing here ever holds a digit beyond last4.
 */
export interface Card { brand: string; last4: string; exp_month: number; exp_year: number }

/** What a token may be used for, as the agent asked for it. `null` amount: a token that cannot be charged. */
export interface MandateTerms {
  uses: number
  amount_max_minor: number
  currency: string
  account: string
  not_after: string
  max_opens: number
}

export interface TokenTerms { id: string; uses: number; amount_max_minor: number; currency: string; not_after: string }

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
    purpose: Purpose; fields: FieldName[]; expires_at: string; amount?: Amount; mandate?: MandateTerms
    retry_of?: string; charge_id?: string
  }
  'capture.channel.attached': { kind: Channel; tier: 'isolated_frame' }
  'capture.channel.detached': { reason: 'replaced' | 'lost' | 'closed' }
  'capture.shield.raised': { method: 'isolation' }
  'capture.shield.failed': { code: ErrorCode }
  'capture.offered': { delivery: 'inline' | 'link' }
  'capture.field.started': FieldEventData
  'capture.field.progress': FieldEventData & { level: ProgressLevel }
  'capture.field.completed': FieldEventData & { brand?: string; last4?: string }
  'capture.field.rejected': FieldEventData & { code: RejectionReason; attempt: number; attempts_left: number }
  'capture.suspended': { reason: SuspendReason }
  'capture.resumed': { reason: SuspendReason }
  'capture.processing': { stage: 'sealing' | 'minting' }
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
  | { kind: 'detach'; epoch: number; reason: 'lost' | 'closed' }
  | { kind: 'field_started'; epoch: number; field: FieldName }
  | { kind: 'field_progress'; epoch: number; field: FieldName; level: ProgressLevel }
  | { kind: 'field_completed'; epoch: number; field: FieldName; brand?: string; last4?: string }
  | { kind: 'field_rejected'; epoch: number; field: FieldName; code: RejectionReason }
  | { kind: 'shield_failed'; epoch: number; code: ErrorCode }
  | { kind: 'suspend'; reason: SuspendReason }
  | { kind: 'resume' }
  | { kind: 'submit'; epoch: number }
  | { kind: 'complete'; token?: TokenTerms; card?: Card }
  | { kind: 'fail'; code: ErrorCode; retryable: boolean }
  | { kind: 'cancel'; by: 'customer' | 'agent' }
  | { kind: 'expire'; reason: 'time' | 'test' }

export type Decision = { ok: true; events: CaptureEvent[] } | { ok: false; code: ErrorCode }

const refuse = (code: ErrorCode): Decision => ({ ok: false, code })

/** Which states accept input from the person; a suspension by a question ends by typing on. */
const inputResumes: Record<SuspendReason, boolean> = {
  question: true, channel_lost: true, handoff: false, switching: false, shield_down: false,
}

/** Says which events a command causes. Pure: no clock, no randomness, no ids of its own making. */
export function decide(capture: Capture | null, command: CaptureCommand): Decision {
  if (command.kind === 'create') return capture === null ? created(command.capture) : refuse('system.conflict')
  if (capture === null) return refuse('request.not_found')
  if (hasEnded(capture.state)) return refuse('system.conflict')
  const run = new Run(capture)
  switch (command.kind) {
    case 'attach': return attach(run, command.channel)
    case 'detach': return detach(run, command.epoch, command.reason)
    case 'field_started':
    case 'field_progress':
    case 'field_completed':
    case 'field_rejected': return fieldInput(run, command)
    case 'shield_failed': return shieldFailed(run, command.epoch, command.code)
    case 'suspend': return suspend(run, command.reason)
    case 'resume': return resume(run)
    case 'submit': return submit(run, command.epoch)
    case 'complete': return complete(run, command)
    case 'fail': return run.emit('capture.failed', 'failed', { code: command.code, retryable: command.retryable }).done()
    case 'cancel': return run.emit('capture.canceled', 'canceled', { by: command.by }).done()
    case 'expire': return run.emit('capture.expired', 'expired', { reason: command.reason }).done()
  }
}

/** What a capture is after an event. The event is taken as it stands: the log is the truth. */
export function fold(capture: Capture | null, event: CaptureEvent, birth?: NewCapture): Capture {
  if (event.type === 'capture.created') {
    if (birth === undefined) throw new TypeError('a created event needs the new capture')
    const { fields, ...rest } = birth
    return {
      ...rest, fields: Object.fromEntries(fields.map((field) => [field, 'pending'])), state: 'created',
      attempts: 0, epoch: 0, attached: false, sequence: 1,
    }
  }
  if (capture === null) throw new TypeError('the first event of a capture is capture.created')
  const { suspended_reason: _ended, ...rest } = capture
  const next: Capture = { ...rest, state: event.data.state, epoch: event.data.epoch, sequence: capture.sequence + 1 }
  if (capture.suspended_reason !== undefined && next.state === 'suspended') next.suspended_reason = capture.suspended_reason
  return change(next, event)
}

function change(next: Capture, event: CaptureEvent): Capture {
  switch (event.type) {
    case 'capture.channel.attached': return { ...next, channel: event.data.kind, attached: true }
    case 'capture.channel.detached': return { ...next, attached: false }
    case 'capture.suspended': return { ...next, suspended_reason: event.data.reason }
    case 'capture.field.started':
    case 'capture.field.progress': return field(next, event.data.field, 'active')
    case 'capture.field.completed': return field(next, event.data.field, 'complete')
    case 'capture.field.rejected': return { ...field(next, event.data.field, 'rejected'), attempts: event.data.attempt }
    case 'capture.completed': return {
      ...next,
      fields: Object.fromEntries(Object.keys(next.fields).map((name) => [name, 'complete'])),
      ...(event.data.token && { token: event.data.token }),
      ...(event.data.card && { card: event.data.card }),
    }
    case 'capture.failed': return { ...next, error: { code: event.data.code } }
    default: return next
  }
}

const field = (capture: Capture, name: FieldName, state: FieldState): Capture =>
  ({ ...capture, fields: { ...capture.fields, [name]: state } })

/** Collects the events of one command, folding as it goes so that each carries the state after it. */
class Run {
  capture: Capture
  private readonly events: CaptureEvent[] = []
  constructor(capture: Capture) { this.capture = capture }

  emit<T extends CaptureEventType>(type: T, state: CaptureState, data: CaptureEventData[T], epoch = this.capture.epoch): this {
    const channel = 'kind' in data ? data.kind : this.capture.channel
    const common = { epoch, state, ...(channel === undefined ? {} : { channel }) }
    // Sound: `data` is CaptureEventData[T] by the signature, which TypeScript cannot join with T in a union of objects.
    const event = { type, data: { ...data, ...common } } as unknown as CaptureEvent
    this.events.push(event)
    this.capture = fold(this.capture, event)
    return this
  }

  done(): Decision { return { ok: true, events: this.events } }
}

function created(birth: NewCapture): Decision {
  const { purpose, fields, expires_at, amount, mandate, retry_of, charge_id } = birth
  return { ok: true, events: [{
    type: 'capture.created',
    data: {
      purpose, fields, expires_at, epoch: 0, state: 'created',
      ...(amount && { amount }), ...(mandate && { mandate }), ...(retry_of && { retry_of }), ...(charge_id && { charge_id }),
    },
  }] }
}

function attach(run: Run, channel: Channel): Decision {
  if (run.capture.state === 'processing') return refuse('system.conflict')
  if (run.capture.attached) run.emit('capture.channel.detached', run.capture.state, { reason: 'replaced' })
  run.emit('capture.channel.attached', run.capture.state, { kind: channel, tier: 'isolated_frame' }, run.capture.epoch + 1)
  run.emit('capture.shield.raised', run.capture.state, { method: 'isolation' })
  if (run.capture.state === 'created') run.emit('capture.offered', 'offered', { delivery: channel === 'link' ? 'link' : 'inline' })
  const lost = run.capture.suspended_reason
  if (lost === 'channel_lost' || lost === 'shield_down') run.emit('capture.resumed', 'collecting', { reason: lost })
  return run.done()
}

function detach(run: Run, epoch: number, reason: 'lost' | 'closed'): Decision {
  if (epoch !== run.capture.epoch) return refuse('channel.epoch_stale')
  if (!run.capture.attached) return run.done()
  run.emit('capture.channel.detached', run.capture.state, { reason })
  if (run.capture.state === 'collecting') run.emit('capture.suspended', 'suspended', { reason: 'channel_lost' })
  return run.done()
}

type FieldCommand = Extract<CaptureCommand, { field: FieldName }>

function fieldInput(run: Run, command: FieldCommand): Decision {
  const barred = inputBarred(run, command.epoch)
  if (barred !== null) return refuse(barred)
  if (run.capture.fields[command.field] === undefined) return refuse('request.malformed')
  const was = run.capture.fields[command.field]
  switch (command.kind) {
    case 'field_started':
      return was === 'active' ? run.done() : run.emit('capture.field.started', 'collecting', { field: command.field }).done()
    case 'field_progress':
      return run.emit('capture.field.progress', 'collecting', { field: command.field, level: command.level }).done()
    case 'field_completed': {
      const { brand, last4 } = command
      const shown = command.field === 'number' ? { ...(brand && { brand }), ...(last4 && { last4 }) } : {}
      return run.emit('capture.field.completed', 'collecting', { field: command.field, ...shown }).done()
    }
    case 'field_rejected': {
      const attempt = run.capture.attempts + 1
      const left = Math.max(0, limits.fieldAttemptsMax - attempt)
      run.emit('capture.field.rejected', 'collecting', { field: command.field, code: command.code, attempt, attempts_left: left })
      if (left === 0) run.emit('capture.failed', 'failed', { code: 'input.too_many_attempts', retryable: true })
      return run.done()
    }
  }
}

/** Why input is refused now, or null; resumes a capture that typing may resume. */
function inputBarred(run: Run, epoch: number): ErrorCode | null {
  if (epoch !== run.capture.epoch || !run.capture.attached) return 'channel.epoch_stale'
  const reason = run.capture.suspended_reason
  if (run.capture.state === 'suspended') {
    if (reason === undefined || !inputResumes[reason]) return 'system.conflict'
    run.emit('capture.resumed', 'collecting', { reason })
    return null
  }
  return run.capture.state === 'offered' || run.capture.state === 'collecting' ? null : 'system.conflict'
}

function shieldFailed(run: Run, epoch: number, code: ErrorCode): Decision {
  if (epoch !== run.capture.epoch) return refuse('channel.epoch_stale')
  run.emit('capture.shield.failed', run.capture.state, { code })
  if (run.capture.state === 'collecting') run.emit('capture.suspended', 'suspended', { reason: 'shield_down' })
  return run.done()
}

function suspend(run: Run, reason: SuspendReason): Decision {
  if (run.capture.state === 'suspended' || run.capture.state === 'processing') return refuse('system.conflict')
  return run.emit('capture.suspended', 'suspended', { reason }).done()
}

function resume(run: Run): Decision {
  const reason = run.capture.suspended_reason
  if (run.capture.state !== 'suspended' || reason === undefined) return refuse('system.conflict')
  // A capture that nobody has opened yet goes back to waiting, not to collecting.
  const state = run.capture.epoch === 0 ? 'created' : 'collecting'
  return run.emit('capture.resumed', state, { reason }).done()
}

function submit(run: Run, epoch: number): Decision {
  const barred = inputBarred(run, epoch)
  if (barred !== null) return refuse(barred)
  return run.emit('capture.processing', 'processing', { stage: 'sealing' }).done()
}

function complete(run: Run, { token, card }: { token?: TokenTerms; card?: Card }): Decision {
  if (run.capture.state !== 'processing') return refuse('system.conflict')
  if (run.capture.purpose !== 'authenticate' && token === undefined) return refuse('system.conflict')
  return run.emit('capture.completed', 'completed', { ...(token && { token }), ...(card && { card }) }).done()
}
