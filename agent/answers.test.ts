import { expect, it } from 'vitest'
import { captureAnswer, captureLink, chargeAnswer, createCaptureAnswer, tokenAnswer } from '../protocol/agent-http.ts'
import { leakAnswer } from '../protocol/leaks.ts'
import { eventTypes, parseEvent, type EventType } from '../protocol/events.ts'
import * as answers from './answers.ts'
import { readEvent } from './event.ts'
import { Misshapen } from './shape.ts'

/** Each sample carries every member that its shape knows, so that a member added on one side alone fails here. */
const id = (prefix: string): string => `${prefix}abcdefghijklmnopqrstuvwxyz`
const time = '2026-05-04T10:11:12.123Z'
const terms = { id: id('tok_test_'), uses: 1, amount_max_minor: 8400, currency: 'EUR', not_after: time }
const kept = { brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2031 }
const card = { ...kept, bin: '424242' }
const face = { brand: 'visa', last4: '4242' }
const amount = { amount_minor: 8400, currency: 'EUR' }
const common = { epoch: 1, state: 'collecting', channel: 'web' }
const charged = {
  state: 'captured',
  token: id('tok_test_'),
  ...amount,
  operation: 'sale',
  capture_id: id('cap_'),
  reference: 'order-1',
}
const trouble = { code: 'processor.declined', category: 'processor', retryable: false, who: 'customer', cvc: 'open' }
const mandate = { uses: 1, amount_max_minor: 1, currency: 'EUR', account: id('acct_'), not_after: time, max_opens: 3 }

const samples: Record<EventType, object> = {
  'capture.created': {
    ...common,
    purpose: 'pay',
    fields: ['number', 'expiry'],
    expires_at: time,
    amount,
    mandate,
    retry_of: id('cap_'),
    charge_id: id('chg_'),
  },
  'capture.channel.attached': { ...common, kind: 'web', tier: 'isolated_frame' },
  'capture.channel.detached': { ...common, reason: 'lost' },
  'capture.shield.raised': { ...common, method: 'isolation' },
  'capture.shield.failed': { ...common, code: 'channel.blocked' },
  'capture.offered': { ...common, delivery: 'inline' },
  'capture.field.started': { ...common, field: 'number' },
  'capture.field.progress': { ...common, field: 'cvc', level: 'most' },
  'capture.field.completed': { ...common, field: 'number', ...face },
  'capture.field.rejected': { ...common, field: 'number', code: 'checksum', attempt: 1, attempts_left: 29 },
  'capture.suspended': { ...common, reason: 'question' },
  'capture.resumed': { ...common, reason: 'question' },
  'capture.processing': { ...common, stage: 'sealing', visibility: 'verified' },
  'capture.completed': { ...common, token: terms, card },
  'capture.failed': { ...common, code: 'input.too_many_attempts', retryable: true },
  'capture.canceled': { ...common, by: 'customer' },
  'capture.expired': { ...common, reason: 'time' },
  'leak.detected': { surface: 'composer', action: 'blocked', kinds: ['pan', 'cvc'], count: 2 },
  'token.erased': { irrevocable_by: time },
  'charge.created': { ...charged, card: face },
  'charge.authorized': { ...charged, card: face },
  'charge.captured': { ...charged, card: face, amount_captured_minor: 8400 },
  'charge.declined': { ...charged, card: face, ...trouble },
  'charge.action_required': { ...charged, kind: '3ds' },
  'charge.pending': charged,
  'charge.refunded': { ...charged, amount_refunded_minor: 8400 },
  'charge.voided': charged,
  'charge.unknown': { ...charged, ...trouble },
  'charge.failed': { ...charged, ...trouble },
}
const eventOf = (type: EventType): object => ({
  specversion: '1.0',
  id: id('evt_'),
  source: `/tenants/${id('ten_')}`,
  subject: id('cap_'),
  time,
  sequence: 3,
  datacontenttype: 'application/json',
  conversation: 'chat_one',
  type,
  data: samples[type],
})

it.each(eventTypes)('%s is read as the protocol has it, member by member', (type) => {
  const event = eventOf(type)
  expect(parseEvent(event)).toEqual(event)
  expect(readEvent(event)).toEqual(event)
})

it('members that this version does not know are left out, missing ones are refused', () => {
  expect(readEvent({ ...eventOf('capture.canceled'), colour: 'red' })).toEqual(eventOf('capture.canceled'))
  expect(() => readEvent({ ...eventOf('capture.canceled'), sequence: undefined })).toThrow(Misshapen)
  for (const more of [{ last4: '42424242' }, { bin: '42424242' }])
    expect(() =>
      readEvent({ ...eventOf('capture.completed'), data: { ...common, card: { ...card, ...more } } }),
    ).toThrow(Misshapen)
})

it('answers are read as the protocol has them, member by member', () => {
  const capture = {
    id: id('cap_'),
    conversation: 'chat_one',
    purpose: 'pay',
    state: 'completed',
    suspended_reason: 'question',
    fields: { number: 'complete', cvc: 'pending' },
    epoch: 1,
    sequence: 9,
    channel: 'web',
    amount,
    reference: 'order-1',
    retry_of: id('cap_'),
    metadata: { room: 'Lantern' },
    token: terms,
    card,
    error: { code: 'channel.lost' },
    created_at: time,
    expires_at: time,
  }
  expect(captureAnswer.parse(capture)).toEqual(capture)
  expect(answers.capture(capture)).toEqual(capture)
  const charge = {
    id: id('chg_'),
    state: 'captured',
    token: id('tok_test_'),
    ...amount,
    operation: 'sale',
    processor: 'sandbox',
    amount_authorized_minor: 1,
    amount_captured_minor: 1,
    amount_refunded_minor: 0,
    capture_id: id('cap_'),
    reference: 'order-1',
    card: face,
    error: { ...trouble, say: 'The card was declined.' },
    next_action: { kind: '3ds' },
    created_at: time,
    updated_at: time,
  }
  expect(chargeAnswer.parse(charge)).toEqual(charge)
  expect(answers.charge(charge)).toEqual(charge)
  const leak = { id: id('evt_'), count: 20 }
  expect(leakAnswer.parse(leak)).toEqual(leak)
  expect(answers.leak(leak)).toEqual(leak)
  const token = {
    id: id('tok_test_'),
    mode: 'sandbox',
    state: 'active',
    uses: 1,
    uses_left: 1,
    amount_max_minor: 1,
    currency: 'EUR',
    account: id('acct_'),
    not_after: time,
    card: kept,
    capture_id: id('cap_'),
    created_at: time,
  }
  expect(tokenAnswer.parse(token)).toEqual(token)
  expect(answers.token(token)).toEqual(token)
  const created = {
    id: id('cap_'),
    client_secret: 'cs_abcdefghijkl',
    state: 'created',
    link: {
      url: `http://capture.localhost:7402/l#${'aB3_-'.repeat(5).slice(0, 22)}`,
      phrase: 'amber lantern',
      qr: { size: 29, path: 'M0 0h7M8 0h1' },
      words: {
        lang: 'zh-Hant',
        dir: 'ltr',
        title: '標題',
        phrase: '字詞：',
        open: 'Öffnen',
        scan: 'Scan.',
        next: 'Once.',
      },
      expires_at: time,
    },
    expires_at: time,
  }
  expect(createCaptureAnswer.parse(created)).toEqual(created)
  expect(answers.createdCapture(created)).toEqual(created)
  expect(captureLink.parse(created.link)).toEqual(created.link)
  expect(answers.link(created.link)).toEqual(created.link)
})
