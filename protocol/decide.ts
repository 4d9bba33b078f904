/** Which events a command causes, by DESIGN §4. The other half of the machine, `fold`, is in capture.ts. */
import {
  type Capture,
  type CaptureCommand,
  type CaptureEvent,
  type CaptureEventData,
  type CaptureEventType,
  type Card,
  fold,
  type NewCapture,
  type TokenTerms,
} from './capture.ts'
import {
  type CaptureState,
  type Channel,
  type FieldName,
  hasEnded,
  type SuspendReason,
  tierOf,
} from './capture-states.ts'
import type { ErrorCode } from './errors.ts'
import { limits } from './limits.ts'

export type Decision = { ok: true; events: CaptureEvent[] } | { ok: false; code: ErrorCode }

const refuse = (code: ErrorCode): Decision => ({ ok: false, code })

/** Which states accept input from the person; a suspension by a question ends by typing on. */
const inputResumes: Record<SuspendReason, boolean> = {
  question: true,
  channel_lost: true,
  handoff: false,
  switching: false,
  shield_down: false,
}

/** Says which events a command causes. Pure: no clock, no randomness, no ids of its own making. */
export function decide(capture: Capture | null, command: CaptureCommand): Decision {
  if (command.kind === 'create') return capture === null ? created(command.capture) : refuse('system.conflict')
  if (capture === null) return refuse('request.not_found')
  if (hasEnded(capture.state)) return refuse('system.conflict')
  const run = new Run(capture)
  switch (command.kind) {
    case 'attach':
      return attach(run, command.channel)
    case 'offer_link':
      return offerLink(run)
    case 'refuse_link':
      return run
        .emit('capture.shield.failed', run.capture.state, { code: 'channel.wrong_person' }, { channel: 'link' })
        .done()
    case 'detach':
      return detach(run, command.epoch, command.reason)
    case 'field_started':
    case 'field_progress':
    case 'field_completed':
    case 'field_rejected':
      return fieldInput(run, command)
    case 'shield_failed':
      return shieldFailed(run, command.epoch, command.code)
    case 'suspend':
      return suspend(run, command.reason)
    case 'resume':
      return resume(run)
    case 'submit':
      return submit(run, command)
    case 'complete':
      return complete(run, command)
    case 'fail':
      return run.emit('capture.failed', 'failed', { code: command.code, retryable: command.retryable }).done()
    case 'cancel':
      return run.emit('capture.canceled', 'canceled', { by: command.by }).done()
    case 'expire':
      return run.emit('capture.expired', 'expired', { reason: command.reason }).done()
  }
}

/** Collects the events of one command, folding as it goes so that each carries the state after it. */
class Run {
  capture: Capture
  private readonly events: CaptureEvent[] = []
  constructor(capture: Capture) {
    this.capture = capture
  }

  emit<T extends CaptureEventType>(
    type: T,
    state: CaptureState,
    data: CaptureEventData[T],
    at: { epoch?: number; channel?: Channel } = {},
  ): this {
    const { epoch = this.capture.epoch, channel = this.capture.channel } = at
    const common = { epoch, state, ...(channel === undefined ? {} : { channel }) }
    // Sound: `data` is CaptureEventData[T] by the signature, which TypeScript cannot join with T in a union of objects.
    const event = { type, data: { ...data, ...common } } as unknown as CaptureEvent
    this.events.push(event)
    this.capture = fold(this.capture, event)
    return this
  }

  done(): Decision {
    return { ok: true, events: this.events }
  }
}

function created(birth: NewCapture): Decision {
  const { purpose, fields, expires_at, amount, mandate, retry_of, charge_id } = birth
  return {
    ok: true,
    events: [
      {
        type: 'capture.created',
        data: {
          purpose,
          fields,
          expires_at,
          epoch: 0,
          state: 'created',
          ...(amount && { amount }),
          ...(mandate && { mandate }),
          ...(retry_of && { retry_of }),
          ...(charge_id && { charge_id }),
        },
      },
    ],
  }
}

function attach(run: Run, channel: Channel): Decision {
  const { state, attached, channel: before } = run.capture
  if (state === 'processing') return refuse('system.conflict')
  const switches = before !== undefined && before !== channel
  if (attached && switches && state !== 'suspended') run.emit('capture.suspended', 'suspended', { reason: 'switching' })
  if (attached) run.emit('capture.channel.detached', run.capture.state, { reason: 'replaced' })
  run.emit(
    'capture.channel.attached',
    run.capture.state,
    { kind: channel, tier: tierOf[channel] },
    { epoch: run.capture.epoch + 1, channel },
  )
  run.emit('capture.shield.raised', run.capture.state, { method: 'isolation' })
  if (run.capture.state === 'created')
    run.emit('capture.offered', 'offered', {
      delivery: channel === 'link' ? 'link' : 'inline',
      tier: tierOf[channel],
    })
  const waits = run.capture.suspended_reason
  if (waits !== undefined && attachEnds(waits, switches)) run.emit('capture.resumed', 'collecting', { reason: waits })
  return run.done()
}

/** What a fresh channel mends by itself; the agent ends the rest, and typing on ends a question. */
const attachEnds = (reason: SuspendReason, switches: boolean): boolean =>
  reason === 'channel_lost' || reason === 'shield_down' || (reason === 'switching' && switches)

function offerLink(run: Run): Decision {
  const { state } = run.capture
  if (state === 'processing') return refuse('system.conflict')
  const offer = { delivery: 'link', tier: tierOf.link, link_ttl: limits.linkTtlMs / 1_000 } as const
  return run.emit('capture.offered', state === 'created' ? 'offered' : state, offer).done()
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
      return was === 'active'
        ? run.done()
        : run.emit('capture.field.started', 'collecting', { field: command.field }).done()
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
      run.emit('capture.field.rejected', 'collecting', {
        field: command.field,
        code: command.code,
        attempt,
        attempts_left: left,
      })
      if (left === 0) run.emit('capture.failed', 'failed', { code: 'input.too_many_attempts', retryable: true })
      return run.done()
    }
  }
}

/** Why input is refused now, or null; resumes a capture that typing may resume. */
function inputBarred(run: Run, epoch: number): ErrorCode | null {
  if (epoch !== run.capture.epoch) return 'channel.epoch_stale'
  // Taken for gone: the same frame may attach again and go on.
  if (!run.capture.attached) return 'channel.lost'
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

type SubmitCommand = Extract<CaptureCommand, { kind: 'submit' }>

function submit(run: Run, { epoch, visibility }: SubmitCommand): Decision {
  const barred = inputBarred(run, epoch)
  if (barred !== null) return refuse(barred)
  return run.emit('capture.processing', 'processing', { stage: 'sealing', ...(visibility && { visibility }) }).done()
}

function complete(run: Run, { token, card }: { token?: TokenTerms; card?: Card }): Decision {
  if (run.capture.state !== 'processing') return refuse('system.conflict')
  if (run.capture.purpose !== 'authenticate' && token === undefined) return refuse('system.conflict')
  return run.emit('capture.completed', 'completed', { ...(token && { token }), ...(card && { card }) }).done()
}
