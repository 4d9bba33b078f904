import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { captureStates, type CaptureState, fieldNames, hasEnded, suspendReasons } from './capture-states.ts'
import { type Capture, type CaptureCommand, type CaptureEvent, fold, type NewCapture } from './capture.ts'
import { decide } from './decide.ts'
import { rejectionReasons } from './errors.ts'
import { parseEvent } from './events.ts'
import { makeId } from './ids.ts'
import { limits } from './limits.ts'

const birth: NewCapture = {
  id: makeId('cap_'),
  tenant: makeId('ten_'),
  conversation: 'talk-1',
  purpose: 'pay',
  fields: ['number', 'expiry', 'cvc'],
  amount: { amount_minor: 8000, currency: 'EUR' },
  created_at: '2026-01-01T00:00:00Z',
  expires_at: '2026-01-01T01:00:00Z',
}
const token = {
  id: makeId('tok_test_'),
  uses: 1,
  amount_max_minor: 8000,
  currency: 'EUR',
  not_after: '2026-01-01T01:00:00Z',
}
const card = { brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2030 }

function born(): Capture {
  const decision = decide(null, { kind: 'create', capture: birth })
  if (!decision.ok || decision.events[0] === undefined) throw new Error('a capture must be born')
  return fold(null, decision.events[0], birth)
}

const apply = (
  capture: Capture,
  command: CaptureCommand,
): { capture: Capture; events: CaptureEvent[]; code?: string } => {
  const decision = decide(capture, command)
  if (!decision.ok) return { capture, events: [], code: decision.code }
  return {
    capture: decision.events.reduce<Capture>((now, event) => fold(now, event), capture),
    events: decision.events,
  }
}

const field = fc.constantFrom(...fieldNames)
/** Epochs relative to the running one, so that stale and future ones are common. */
const epochShift = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1) })
type Draft = (epoch: number) => CaptureCommand
const drafts: fc.Arbitrary<Draft> = fc.oneof(
  fc.constantFrom('web' as const, 'link' as const).map(
    (channel): Draft =>
      () => ({ kind: 'attach', channel }),
  ),
  fc.tuple(epochShift, fc.constantFrom('lost' as const, 'closed' as const)).map(
    ([s, reason]): Draft =>
      (e) => ({ kind: 'detach', epoch: e + s, reason }),
  ),
  fc.tuple(epochShift, field).map(
    ([s, f]): Draft =>
      (e) => ({ kind: 'field_started', epoch: e + s, field: f }),
  ),
  fc.tuple(epochShift, field, fc.constantFrom('none', 'some', 'most', 'full')).map(
    ([s, f, level]): Draft =>
      (e) => ({ kind: 'field_progress', epoch: e + s, field: f, level }),
  ),
  fc.tuple(epochShift, field).map(
    ([s, f]): Draft =>
      (e) => ({ kind: 'field_completed', epoch: e + s, field: f, brand: 'visa', last4: '4242' }),
  ),
  fc.tuple(epochShift, field, fc.constantFrom(...rejectionReasons)).map(
    ([s, f, code]): Draft =>
      (e) => ({ kind: 'field_rejected', epoch: e + s, field: f, code }),
  ),
  epochShift.map(
    (s): Draft =>
      (e) => ({ kind: 'shield_failed', epoch: e + s, code: 'shield.unavailable' }),
  ),
  fc.constantFrom(...suspendReasons).map(
    (reason): Draft =>
      () => ({ kind: 'suspend', reason }),
  ),
  fc.constant<Draft>(() => ({ kind: 'resume' })),
  fc.constant<Draft>(() => ({ kind: 'offer_link' })),
  fc.constant<Draft>(() => ({ kind: 'refuse_link' })),
  epochShift.map(
    (s): Draft =>
      (e) => ({ kind: 'submit', epoch: e + s }),
  ),
  fc.constant<Draft>(() => ({ kind: 'complete', token, card })),
  fc.constant<Draft>(() => ({ kind: 'fail', code: 'system.internal', retryable: true })),
  fc.constantFrom('customer' as const, 'agent' as const).map(
    (by): Draft =>
      () => ({ kind: 'cancel', by }),
  ),
  fc.constant<Draft>(() => ({ kind: 'expire', reason: 'time' })),
)

/** The model: DESIGN §4 as a table of which command may move which state where, written without the machine. */
const inputKinds = ['field_started', 'field_progress', 'field_completed', 'field_rejected', 'submit']
function expected(
  model: { state: CaptureState; reason?: string; epoch: number; attached: boolean },
  command: CaptureCommand,
): boolean {
  if (hasEnded(model.state)) return false
  if ('epoch' in command && command.epoch !== model.epoch) return false
  if (inputKinds.includes(command.kind)) {
    if (!model.attached) return false
    if ('field' in command && !birth.fields.includes(command.field)) return false
    if (model.state === 'suspended') return model.reason === 'question' || model.reason === 'channel_lost'
    return model.state === 'offered' || model.state === 'collecting'
  }
  switch (command.kind) {
    case 'attach':
    case 'offer_link':
      return model.state !== 'processing'
    case 'suspend':
      return model.state !== 'suspended' && model.state !== 'processing'
    case 'resume':
      return model.state === 'suspended'
    case 'complete':
      return model.state === 'processing'
    default:
      return true
  }
}

const diagram: Record<CaptureState, readonly CaptureState[]> = {
  created: ['offered', 'suspended'],
  offered: ['collecting', 'suspended', 'processing'],
  collecting: ['suspended', 'processing'],
  suspended: ['collecting', 'created', 'offered'],
  processing: ['completed'],
  completed: [],
  failed: [],
  canceled: [],
  expired: [],
}

describe('the capture machine', () => {
  it('does under any row of commands what the design says, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(drafts, { maxLength: 60 }), (row) => {
        let capture = born()
        const log: CaptureEvent[] = []
        for (const draft of row) {
          const command = draft(capture.epoch)
          const before = structuredClone(capture)
          const allowed = expected(
            { ...capture, ...(capture.suspended_reason && { reason: capture.suspended_reason }) },
            command,
          )
          const result = apply(capture, command)
          expect(result.code === undefined, `${command.kind} in ${capture.state}`).toBe(allowed)
          expect(capture, 'decide and fold change nothing in place').toEqual(before)
          let from = capture.state
          for (const event of result.events) {
            const to = event.data.state
            if (to !== from)
              expect(hasEnded(to) && to !== 'completed' ? ['any'] : diagram[from]).toContain(
                hasEnded(to) && to !== 'completed' ? 'any' : to,
              )
            from = to
          }
          expect(result.capture.epoch).toBeGreaterThanOrEqual(capture.epoch)
          expect(result.capture.sequence).toBe(capture.sequence + result.events.length)
          if (command.kind === 'attach' && allowed) expect(result.capture.epoch).toBe(capture.epoch + 1)
          if (result.capture.state !== 'suspended') expect(result.capture.suspended_reason).toBeUndefined()
          else expect(result.capture.suspended_reason).toBeDefined()
          capture = result.capture
          log.push(...result.events)
        }
        if (capture.token !== undefined) expect(capture.state).toBe('completed')
        // The fold of the log is the capture: a follower that has only the events knows the same.
        expect(log.reduce<Capture>((now, event) => fold(now, event), born())).toEqual(capture)
      }),
      { numRuns: 400 },
    )
  })

  it('every event that it makes passes the closed schema', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(fc.array(drafts, { maxLength: 40 }), (row) => {
        let capture = born()
        for (const draft of row) {
          const result = apply(capture, draft(capture.epoch))
          for (const event of result.events) {
            seen.add(event.type)
            parseEvent({
              specversion: '1.0',
              id: makeId('evt_'),
              source: `/tenants/${birth.tenant}`,
              subject: birth.id,
              time: '2026-01-01T00:00:00.000Z',
              sequence: 1,
              datacontenttype: 'application/json',
              conversation: birth.conversation,
              ...event,
            })
          }
          capture = result.capture
        }
      }),
      {
        numRuns: 300,
        examples: [
          [
            [
              () => ({ kind: 'attach', channel: 'web' }),
              (e) => ({ kind: 'submit', epoch: e }),
              () => ({ kind: 'complete', token, card }),
            ],
          ],
          // Each type at least once, whatever is drawn.
          [
            [
              () => ({ kind: 'attach', channel: 'web' }),
              (e) => ({ kind: 'field_started', epoch: e, field: 'number' }),
              (e) => ({ kind: 'field_progress', epoch: e, field: 'number', level: 'some' }),
              (e) => ({ kind: 'field_rejected', epoch: e, field: 'number', code: 'checksum' }),
              (e) => ({ kind: 'field_completed', epoch: e, field: 'number', brand: 'visa', last4: '4242' }),
              () => ({ kind: 'suspend', reason: 'question' }),
              () => ({ kind: 'resume' }),
              (e) => ({ kind: 'shield_failed', epoch: e, code: 'shield.unavailable' }),
              (e) => ({ kind: 'detach', epoch: e, reason: 'lost' }),
              () => ({ kind: 'fail', code: 'system.internal', retryable: true }),
            ],
          ],
          [[() => ({ kind: 'cancel', by: 'agent' })]],
          [[() => ({ kind: 'expire', reason: 'time' })]],
        ],
      },
    )
    expect(seen.size).toBe(16)
  })

  it('an ended capture never changes', () => {
    for (const state of captureStates.filter(hasEnded)) {
      fc.assert(
        fc.property(drafts, (draft) => {
          expect(decide({ ...born(), state, epoch: 1, attached: true }, draft(1))).toEqual({
            ok: false,
            code: 'system.conflict',
          })
        }),
      )
    }
  })

  it('a second attach fences the first out: input of the older epoch is refused', () => {
    const first = apply(born(), { kind: 'attach', channel: 'web' }).capture
    const second = apply(first, { kind: 'attach', channel: 'web' })
    expect(second.events.map((event) => event.type)).toEqual([
      'capture.channel.detached',
      'capture.channel.attached',
      'capture.shield.raised',
    ])
    expect(apply(second.capture, { kind: 'submit', epoch: first.epoch }).code).toBe('channel.epoch_stale')
    expect(
      apply(second.capture, { kind: 'field_started', epoch: second.capture.epoch, field: 'number' }).capture.state,
    ).toBe('collecting')
  })

  it('a link is offered beside what is open, and fences it out when it is used: the switch is in the log', () => {
    const web = apply(born(), { kind: 'attach', channel: 'web' }).capture
    const typed = apply(web, { kind: 'field_completed', epoch: 1, field: 'number' }).capture
    const offered = apply(typed, { kind: 'offer_link' })
    expect(offered.events).toEqual([
      {
        type: 'capture.offered',
        data: { delivery: 'link', tier: 'link_page', link_ttl: 600, epoch: 1, state: 'collecting', channel: 'web' },
      },
    ])
    expect(apply(offered.capture, { kind: 'field_started', epoch: 1, field: 'cvc' }).code).toBeUndefined()
    const switched = apply(offered.capture, { kind: 'attach', channel: 'link' })
    expect(switched.events.map(({ type, data }) => [type, data.state, data.channel])).toEqual([
      ['capture.suspended', 'suspended', 'web'],
      ['capture.channel.detached', 'suspended', 'web'],
      ['capture.channel.attached', 'suspended', 'link'],
      ['capture.shield.raised', 'suspended', 'link'],
      ['capture.resumed', 'collecting', 'link'],
    ])
    expect(switched.events[0]?.data).toMatchObject({ reason: 'switching' })
    expect(switched.events[2]?.data).toMatchObject({ kind: 'link', tier: 'link_page', epoch: 2 })
    expect(switched.capture.fields.number).toBe('complete')
    expect(apply(switched.capture, { kind: 'submit', epoch: 1 }).code).toBe('channel.epoch_stale')
  })

  it('a wrong person at a link changes nothing of the capture, and is told to the agent', () => {
    const web = apply(born(), { kind: 'attach', channel: 'web' }).capture
    const { events, capture } = apply(web, { kind: 'refuse_link' })
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ['capture.shield.failed', { code: 'channel.wrong_person', epoch: 1, state: 'offered', channel: 'link' }],
    ])
    expect(capture).toEqual({ ...web, sequence: web.sequence + 1 })
  })

  it('a capture that waits for another channel goes on there, and not where it was left', () => {
    const web = apply(born(), { kind: 'attach', channel: 'web' }).capture
    const waiting = apply(web, { kind: 'suspend', reason: 'switching' }).capture
    expect(apply(waiting, { kind: 'attach', channel: 'web' }).capture.suspended_reason).toBe('switching')
    expect(apply(waiting, { kind: 'attach', channel: 'link' }).capture.state).toBe('collecting')
  })

  it('a question suspends without losing finished fields, and typing on resumes', () => {
    let { capture } = apply(born(), { kind: 'attach', channel: 'web' })
    capture = apply(capture, {
      kind: 'field_completed',
      epoch: 1,
      field: 'number',
      brand: 'visa',
      last4: '4242',
    }).capture
    capture = apply(capture, { kind: 'suspend', reason: 'question' }).capture
    expect(capture.fields.number).toBe('complete')
    const on = apply(capture, { kind: 'field_started', epoch: 1, field: 'expiry' })
    expect(on.events.map((event) => event.type)).toEqual(['capture.resumed', 'capture.field.started'])
    expect(on.capture.fields).toEqual({ number: 'complete', expiry: 'active', cvc: 'pending' })
  })

  it('too many refused fields end the capture, and say so', () => {
    let { capture } = apply(born(), { kind: 'attach', channel: 'web' })
    for (let tries = 0; tries < limits.fieldAttemptsMax; tries += 1) {
      capture = apply(capture, { kind: 'field_rejected', epoch: 1, field: 'number', code: 'checksum' }).capture
    }
    expect(capture).toMatchObject({ state: 'failed', error: { code: 'input.too_many_attempts' } })
  })

  it('last4 and brand appear with the number alone', () => {
    const { capture } = apply(born(), { kind: 'attach', channel: 'web' })
    const { events } = apply(capture, { kind: 'field_completed', epoch: 1, field: 'cvc', brand: 'visa', last4: '4242' })
    expect(JSON.stringify(events)).not.toContain('4242')
  })
})
