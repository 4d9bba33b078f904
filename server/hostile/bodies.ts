/** What a door's routes take: a good body, id and query for each, so that what is spoiled afterwards gets deep. */
import { randomUUID } from 'node:crypto'
import { makeId } from '../../protocol/ids.ts'
import { packWrapped } from '../records/rewrap-batch.ts'
import { shopOrigin } from '../testing/vault.ts'
import type { DoorRoute } from './door.ts'

export const payment = {
  amount: 100,
  currency: 'EUR',
  capture: true,
  reference: 'a-reference',
  order: 'an-order',
  card: { number: '4242424242424242', exp_month: 12, exp_year: 2040, cvc: '123', name: 'A Person' },
}
/** These read no body: what they are told stands in their path. */
export const bodiless: readonly string[] = [
  'gateway: DELETE /v1/tokens/{id}',
  'gateway: POST /v1/captures/{id}/cancel',
  'gateway: POST /v1/captures/{id}/client_secret',
  'gateway: POST /v1/captures/{id}/link',
  'gateway: POST /v1/captures/{id}/resume',
  'gateway: POST /v1/charges/{id}/void',
  'gateway: POST /v1/test/captures/{id}/expire',
  'processor: POST /v1/payments/{id}/cancel',
  'shop: POST /api/theming-form',
  'shop: POST /api/would-use-form',
]

/** A grant, or a record, of ours is no good: only their shape is. */
export const forbidden: readonly string[] = [
  'audit logs: POST /audit/cosignature',
  'egress, inner door: POST /charges',
  'keyd, inner door: POST /open',
  'keyd, inner door: POST /credential',
  'keyd, inner door: POST /rewrap',
]

const digest = 'd'.repeat(43)

export function idFor({ path }: DoorRoute, values: Record<string, string>): string {
  const { capture = '', token = '', charge = '', payment: paid = '', publishableKey = '' } = values
  if (path.includes('captures')) return capture
  if (path.includes('tokens')) return token
  if (path.includes('charges')) return charge
  if (path.includes('payments')) return paid
  if (path.includes('/f/')) return publishableKey
  if (path.startsWith('/audit/')) return 'keyd'
  return path.includes('errors') ? 'request.malformed' : '1.0.0'
}

export function queryFor(door: string, { method, path }: DoorRoute, { tenant = '' }: Record<string, string>): string {
  if (method !== 'GET') return ''
  if (door === 'processor') return path.endsWith('/payments') ? '?reference=a-reference' : ''
  if (path.endsWith('/feed')) return '?after=0&limit=5&wait_ms=0'
  if (path.endsWith('/events'))
    return '?after=1&limit=5&wait_ms=0'.replace('after=1&', path.includes('{') ? 'after=1&' : '')
  if (path === '/v1/captures') return '?conversation=talk-1'
  if (door === 'intake' && path === '/captures') return `?tenant=${tenant}&conversation=talk-1`
  return ['intake', 'egress'].includes(door) && path.includes('{') ? `?tenant=${tenant}` : ''
}

const createCapture = {
  conversation: 'talk-1',
  purpose: 'pay',
  fields: ['number', 'expiry', 'cvc'],
  amount: { amount_minor: 8000, currency: 'EUR' },
  mandate: { uses: 2, amount_max_minor: 8000, currency: 'EUR', not_after: '2040-01-01T00:00:00Z' },
  channel: 'web',
  locale: 'en',
  reference: 'order-1',
  metadata: { note: 'a note' },
  top_origin: shopOrigin,
}

export const leak = {
  conversation: 'talk-1',
  surface: 'agent_in',
  action: 'scrubbed',
  findings: [
    {
      kind: 'pan',
      rule: 'PAN.A.grouped',
      ruleset: 'ab'.repeat(32),
      brand: 'visa',
      spans: [{ turn: 1, start: 3, end: 22 }],
    },
  ],
}

/** A body that the route takes, or would take from somebody who has more than we have. */
export function bodyFor(door: string, { path }: DoorRoute, values: Record<string, string>): object {
  const { tenant = '', token = '', capture = '', charge = '', ticket = '', keyId = '' } = values
  const epoch = Number(values['epoch'])
  const idempotency = { key: digest, body: digest }
  const charging = {
    token,
    amount_minor: 100,
    currency: 'EUR',
    operation: 'sale',
    capture_id: capture,
    reference: 'order-2',
  }
  const sealed = { key_id: keyId, enc: digest, ciphertext: 'c'.repeat(300), build: 'test', shown: digest }
  const context = {
    version: 1,
    suite: 1,
    mode: 'sandbox',
    tenant,
    token,
    class: 'card',
    created_ms: 1_800_000_000_000,
    mandate: {
      uses: 1,
      amount_max: 100,
      currency: 'EUR',
      account: 'acct_a',
      not_after_ms: 2_000_000_000_000,
      max_opens: 5,
    },
  }
  const record = { class: 'card', context, kek_id: 'a'.repeat(11), wrapped_dek: 'w'.repeat(107) }
  const cvcKey = { id: 'a'.repeat(11), instance: randomUUID() }
  const bodies: Record<string, object> = {
    'gateway /v1/captures': createCapture,
    'gateway /v1/captures/{id}/suspend': { reason: 'question' },
    'gateway /v1/charges': charging,
    'gateway /v1/leaks': leak,
    'gateway /v1/charges/{id}/capture': { amount_minor: 1 },
    'gateway /v1/charges/{id}/refund': { amount_minor: 1 },
    'gateway /v1/test/captures/{id}/complete': { card: 'visa' },
    'gateway /v1/test/captures/{id}/reject': { field: 'number', code: 'incomplete' },
    'capture origin /v1/attach': { v: 1, capture_id: capture, channel: 'web', ancestors: [shopOrigin], build: 'test' },
    'capture origin /v1/progress': {
      capture_id: capture,
      epoch,
      items: [
        { kind: 'started', field: 'number' },
        { kind: 'completed', field: 'number', brand: 'visa', last4: '4242' },
        { kind: 'rejected', field: 'expiry', code: 'expired' },
      ],
    },
    'capture origin /v1/submit': { capture_id: capture, epoch, ...sealed },
    'capture origin /v1/link/open': { v: 1, claim: digest },
    'capture origin /v1/link/pick': { v: 1, choice: 0 },
    'capture origin /v1/cancel': { capture_id: capture, epoch },
    // Of an epoch that is over: the present one would wait for twenty seconds.
    'capture origin /v1/watch': { capture_id: capture, epoch: epoch + 1, after: 0 },
    'processor /v1/payments': payment,
    'processor /v1/payments/{id}/capture': { amount: 1 },
    'processor /v1/payments/{id}/refunds': { amount: 1 },
    'processor /v1/payments/{id}/challenge': { result: 'passed' },
    'shop /api/conversation': { fresh: false },
    'shop /api/say': { text: 'hello' },
    'shop /api/form': { capture_id: capture },
    'shop /api/form-link': { capture_id: capture },
    'shop /api/hint': { capture_id: capture, token },
    'intake /captures': {
      tenant,
      capture_id: makeId('cap_'),
      client_secret_hash: digest,
      ticket,
      idempotency: { key: digest.replace(/d/g, () => 'abcdefgh'[Math.trunc(Math.random() * 8)] ?? 'a'), body: digest },
      request: createCapture,
    },
    'intake /leaks': {
      tenant,
      event_id: makeId('evt_'),
      key: `key_${'a'.repeat(26)}`,
      request_id: makeId('req_'),
      report: leak,
    },
    'intake /captures/{id}/suspend': { tenant, reason: 'question' },
    'intake /captures/{id}/client_secret': { tenant, secret_version: 1, client_secret_hash: digest },
    'intake /captures/{id}/link': { tenant, after: 0, link_secret_hash: digest, phrase: 'amber lantern' },
    'egress /charges/terms': { tenant, token, charge_id: makeId('chg_') },
    'egress /charges': { tenant, charge_id: charge, idempotency, request: charging, grant: 'a.b.c' },
    'egress /charges/{id}/capture': { tenant, idempotency, amount_minor: 1 },
    'egress /charges/{id}/void': { tenant, idempotency },
    'egress /charges/{id}/refund': { tenant, idempotency, amount_minor: 1 },
    'keyd /open': { grant: 'a.b.c', records: [{ ...record, cvc_key: cvcKey }], reply_key: digest },
    'keyd /credential': {
      record: { ...record, context: { ...context, class: 'credential', mandate: null } },
      reply_key: digest,
    },
    'keyd /cvc/key': { ticket },
    'keyd /cvc/settle': { cvc_key: cvcKey, charge },
    'keyd /fingerprint': { ticket, inner: digest, cvc: true },
    'keyd /fingerprints': { calls: [{ ticket, inner: digest, cvc: true, request_id: makeId('req_') }] },
    'keyd /used-up': { token: makeId('tok_test_') },
    'keyd /tombstone': { token: makeId('tok_test_'), tenant },
    'keyd /rewrap': {
      from: 'a'.repeat(11),
      to: 'b'.repeat(11),
      records: packWrapped([{ context: Buffer.alloc(200, 1), wrappedDek: Buffer.alloc(80, 2) }]),
    },
    // It takes a text, and no JSON will do.
    'audit logs /audit/cosignature': { note: 'a checkpoint of nobody' },
    'keyd /audit/checkpoint': { size: 1, checkpoint: 'origin\n1\nhash\n' },
  }
  return bodies[`${door} ${path}`] ?? (door === 'intake' ? { tenant } : {})
}
