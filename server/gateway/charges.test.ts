import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SallyportError } from '../../protocol/errors.ts'
import { verifyGrant } from '../grants/verify.ts'
import { type TestGateway, testGateway } from './testing/gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await testGateway()
})
afterAll(() => gateway.close())

const token = `tok_test_${'t'.repeat(26)}`
const request = { token, amount_minor: 8000, currency: 'EUR', reference: 'order-1' }
const charge = (key: string, body: object = request) => gateway.call('POST', '/v1/charges', { body, key })

describe('a charge', () => {
  it('needs an Idempotency-Key, and so does every operation on it', async () => {
    const { body } = await charge('charge-0')
    for (const path of [
      '/v1/charges',
      ...['capture', 'void', 'refund'].map((name) => `/v1/charges/${body['id']}/${name}`),
    ]) {
      const refused = await gateway.call('POST', path, { body: path === '/v1/charges' ? request : {} })
      expect(refused.status).toBe(400)
      expect(refused.body['code']).toBe('request.idempotency_required')
    }
  })
  it('carries a grant for this token, amount, account and attempt, for a minute and for this egress', async () => {
    const { status, body } = await charge('charge-1')
    expect(status).toBe(201)
    const grant = gateway.doors.egress.grants.at(-1) ?? ''
    const claims = await verifyGrant(grant, gateway.doors.config.grant_key, Date.now())
    expect(claims).toMatchObject({
      token,
      charge: body['id'],
      amount_minor: 8000,
      currency: 'EUR',
      operation: 'sale',
      attempt: 1,
      reference: 'order-1',
      classes: ['card', 'cvc'],
      account: `acct_${'a'.repeat(26)}`,
      egress: 'egress-thumbprint',
      tenant: gateway.tenant.id,
    })
    expect(claims.exp - claims.iat).toBe(60)
  })
  it('is one under one key: 200 and Idempotent-Replayed the second time, also after a restart of the gateway', async () => {
    const first = await charge('charge-2')
    await gateway.restart()
    const again = await charge('charge-2')
    expect([first.status, again.status]).toEqual([201, 200])
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.body).toEqual(first.body)
  })
  it('is one when two clients send it at once', async () => {
    const both = await Promise.all([charge('charge-3'), charge('charge-3')])
    expect(new Set(both.map(({ body }) => body['id'])).size).toBe(1)
    expect(both.map(({ status }) => status).sort()).toEqual([200, 201])
  })
  it('answers 422 to another body under its key', async () => {
    await charge('charge-4')
    const { status, body } = await charge('charge-4', { ...request, amount_minor: 8001 })
    expect([status, body['code']]).toEqual([422, 'request.idempotency_conflict'])
  })
  it('still answers under its key when the token is spent, and a body that differs is still a conflict', async () => {
    const first = await charge('charge-5')
    gateway.doors.egress.spent.add(token)
    const again = await charge('charge-5')
    const other = await charge('charge-5', { ...request, amount_minor: 1 })
    const fresh = await charge('charge-6')
    gateway.doors.egress.spent.delete(token)
    expect([again.status, again.body]).toEqual([200, first.body])
    expect(other.body['code']).toBe('request.idempotency_conflict')
    expect(fresh.body['code']).toBe('policy.purpose_not_allowed')
  })
  it('that is declined is an answer, and one whose outcome is unknown is accepted with 202', async () => {
    gateway.doors.egress.outcome = 'declined'
    const declined = await charge('charge-7')
    gateway.doors.egress.outcome = 'unknown'
    const unknown = await charge('charge-8')
    gateway.doors.egress.outcome = 'captured'
    expect([declined.status, declined.body['state']]).toEqual([201, 'declined'])
    expect([unknown.status, unknown.body['state']]).toEqual([202, 'unknown'])
    expect((await gateway.call('GET', `/v1/charges/${unknown.body['id']}`)).status).toBe(200)
  })
  it('under way elsewhere answers 409 with Retry-After', async () => {
    gateway.doors.egress.refuseNext = new SallyportError('request.idempotency_in_flight')
    const { status, headers } = await charge('charge-9')
    expect([status, headers.get('retry-after')]).toEqual([409, '1'])
  })
  it('is not found by another tenant', async () => {
    const { body } = await charge('charge-10')
    const path = `/v1/charges/${body['id']}`
    expect((await gateway.call('GET', path, { as: gateway.other })).status).toBe(404)
    expect((await gateway.call('POST', `${path}/refund`, { as: gateway.other, body: {}, key: 'r' })).status).toBe(404)
  })
  it('is refunded once under one key, and a key of one charge says nothing about another', async () => {
    const [one, two] = await Promise.all([charge('charge-11'), charge('charge-12')])
    const refund = (id: unknown) =>
      gateway.call('POST', `/v1/charges/${id}/refund`, { body: { amount_minor: 100 }, key: 'refund' })
    const first = await refund(one?.body['id'])
    const again = await refund(one?.body['id'])
    const other = await refund(two?.body['id'])
    expect([first.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true'])
    expect(other.headers.get('idempotent-replayed')).toBeNull()
  })
})
