import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SallyportError } from '../../protocol/errors.ts'
import { verifyTicket } from '../grants/verify.ts'
import { secretHash } from './derive.ts'
import { type TestGateway, testGateway } from './testing/gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await testGateway()
})
afterAll(() => gateway.close())

const request = { conversation: 'talk-1', purpose: 'pay', amount: { amount_minor: 8000, currency: 'EUR' } }
const create = (key?: string, body: object = request) =>
  gateway.call('POST', '/v1/captures', { body, ...(key !== undefined && { key }) })

describe('creating a capture', () => {
  it('answers 201 with a secret of which intake was told the hash alone, and a ticket for keyd', async () => {
    const { status, body, headers } = await create()
    expect(status).toBe(201)
    expect(body).toMatchObject({ state: 'created', link: null })
    expect(body['id']).toMatch(/^cap_[a-z]{26}$/)
    expect(body['client_secret']).toMatch(/^cs_[A-Za-z0-9_-]{43}$/)
    expect(headers.get('cache-control')).toBe('no-store')
    const told = gateway.doors.intake.created.at(-1)
    expect(told?.client_secret_hash).toBe(secretHash(String(body['client_secret'])))
    expect(JSON.stringify(told)).not.toContain(body['client_secret'])
    const claims = await verifyTicket(told?.ticket ?? '', gateway.doors.config.ticket_key, Date.now())
    expect(claims).toMatchObject({ tenant: gateway.tenant.id, capture: body['id'], mode: 'sandbox' })
  })
  it('gives the same capture and secret under one Idempotency-Key, also after a restart and with members in another order', async () => {
    const first = await create('order-1')
    await gateway.restart()
    const reordered = { amount: { currency: 'EUR', amount_minor: 8000 }, purpose: 'pay', conversation: 'talk-1' }
    const again = await create('order-1', reordered)
    expect(first.status).toBe(201)
    expect(again.status).toBe(200)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.body).toEqual(first.body)
  })
  it('makes another capture under another key, for another tenant under the same key, and without a key', async () => {
    const ids = await Promise.all([
      create('order-2'),
      create('order-3'),
      gateway.call('POST', '/v1/captures', { as: gateway.other, body: request, key: 'order-2' }),
      create(),
      create(),
    ])
    expect(new Set(ids.map(({ body }) => body['id'])).size).toBe(5)
  })
  it('answers 422 to another body under the same key', async () => {
    await create('order-4')
    const { status, body } = await create('order-4', { ...request, conversation: 'talk-2' })
    expect(status).toBe(422)
    expect(body['code']).toBe('request.idempotency_conflict')
  })
  it('answers 409 with Retry-After while a request with the key is under way', async () => {
    gateway.doors.intake.refuseNext = new SallyportError('request.idempotency_in_flight', { retryAfterMs: 2_500 })
    const { status, body, headers } = await create('order-5')
    expect(status).toBe(409)
    expect(body['code']).toBe('request.idempotency_in_flight')
    expect(headers.get('retry-after')).toBe('3')
  })
  it('does not tell an agent that its key is bad when intake refuses our own signature', async () => {
    gateway.doors.intake.refuseNext = new SallyportError('auth.unauthenticated')
    expect((await create()).body['code']).toBe('system.internal')
  })
  it('does not pass on a param that intake made of something else than a name', async () => {
    gateway.doors.intake.refuseNext = new SallyportError('request.malformed', { param: 'x 4242' })
    expect(await create()).not.toHaveProperty('body.param')
  })
})

describe('a capture afterwards', () => {
  it('is read, listed by conversation, and to another tenant as if it never was', async () => {
    const { body } = await create(undefined, { ...request, conversation: 'talk-9' })
    const path = `/v1/captures/${body['id']}`
    expect((await gateway.call('GET', path)).body).toMatchObject({ id: body['id'], conversation: 'talk-9' })
    const list = await gateway.call('GET', '/v1/captures?conversation=talk-9')
    expect(list.body['captures']).toHaveLength(1)
    const foreign = await gateway.call('GET', path, { as: gateway.other })
    const none = await gateway.call('GET', `/v1/captures/cap_${'z'.repeat(26)}`, { as: gateway.other })
    expect({ ...foreign.body, request_id: '' }).toEqual({ ...none.body, request_id: '' })
    expect(foreign.status).toBe(404)
    const others = await gateway.call('GET', '/v1/captures?conversation=talk-9', { as: gateway.other })
    expect(others.body['captures']).toEqual([])
  })
  it('is listed as the document says: newest first', async () => {
    const talk = { ...request, conversation: 'talk-10' }
    const made: unknown[] = []
    for (let n = 0; n < 3; n += 1) made.unshift((await create(undefined, talk)).body['id'])
    const { body } = await gateway.call('GET', '/v1/captures?conversation=talk-10')
    expect((body['captures'] as { id: string }[]).map(({ id }) => id)).toEqual(made)
    const { body: document } = await gateway.call('GET', '/openapi.json')
    expect(document).toMatchObject({
      paths: { '/v1/captures': { get: { responses: { 200: { description: 'The captures, newest first.' } } } } },
    })
  })
  it('is canceled once and for all: canceling again is the same answer, suspending afterwards a conflict', async () => {
    const { body } = await create()
    const cancel = () => gateway.call('POST', `/v1/captures/${body['id']}/cancel`)
    expect((await cancel()).body).toMatchObject({ state: 'canceled' })
    expect((await cancel()).body).toMatchObject({ state: 'canceled' })
  })
  it('gets a fresh client secret, of which the replay of its creation then speaks', async () => {
    const first = await create('order-6')
    const fresh = await gateway.call('POST', `/v1/captures/${first.body['id']}/client_secret`)
    expect(fresh.status).toBe(200)
    expect(fresh.body['client_secret']).not.toBe(first.body['client_secret'])
    expect(gateway.doors.intake.secretHashes.at(-1)).toBe(secretHash(String(fresh.body['client_secret'])))
    expect((await create('order-6')).body['client_secret']).toBe(fresh.body['client_secret'])
  })
  it('gives each of two who ask for a fresh secret at once one that is valid or was for a moment', async () => {
    const { body } = await create()
    const both = await Promise.all([1, 2].map(() => gateway.call('POST', `/v1/captures/${body['id']}/client_secret`)))
    expect(both.map(({ status }) => status)).toEqual([200, 200])
    expect(both[0]?.body['client_secret']).not.toBe(both[1]?.body['client_secret'])
  })
  it('is played with in sandbox mode, and those routes are not there in live mode', async () => {
    const { body } = await create()
    const path = `/v1/test/captures/${body['id']}/complete`
    expect((await gateway.call('POST', path, { body: { card: 'visa' } })).body).toMatchObject({ state: 'completed' })
    expect((await gateway.call('POST', path, { body: { card: '4242' } })).body).toMatchObject({
      code: 'request.malformed',
      param: 'card',
    })
    const { config } = gateway.doors
    config.mode = 'live'
    await gateway.restart()
    const live = await gateway.call('POST', path, { body: { card: 'visa' } })
    config.mode = 'sandbox'
    await gateway.restart()
    expect(live.status).toBe(404)
  })
})

describe('a token', () => {
  it('is erased, and one that egress does not know is not found', async () => {
    const token = `tok_test_${'t'.repeat(26)}`
    expect((await gateway.call('DELETE', `/v1/tokens/${token}`)).body).toMatchObject({ id: token, state: 'erased' })
    expect((await gateway.call('GET', `/v1/tokens/${token}`)).status).toBe(404)
  })
})
