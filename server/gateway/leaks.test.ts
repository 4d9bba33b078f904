/** `POST /v1/leaks`: what an agent's process found, told without a word of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, testGateway } from './testing/gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await testGateway()
})
afterAll(() => gateway.close())

const finding = {
  kind: 'pan',
  rule: 'PAN.A.grouped',
  ruleset: '0f'.repeat(32),
  brand: 'visa',
  spans: [{ turn: 3, start: 10, end: 29 }],
}
const leak = { conversation: 'talk-1', surface: 'agent_in', action: 'scrubbed', findings: [finding] }
const tell = (body: unknown, key?: string) =>
  gateway.call('POST', '/v1/leaks', { body, ...(key !== undefined && { key }) })

describe('telling of a leak', () => {
  it('goes to intake as it came, with tenant, request and the id of the key that told it', async () => {
    const answer = await tell(leak)
    expect(answer.status).toBe(201)
    expect(answer.body).toEqual({ id: expect.stringMatching(/^evt_[a-z]{26}$/), count: 1 })
    expect(gateway.doors.intake.leaks.at(-1)).toEqual({
      tenant: gateway.tenant.id,
      event_id: answer.body['id'],
      key: expect.stringMatching(/^key_[a-z]{26}$/),
      request_id: answer.headers.get('sallyport-request-id'),
      report: leak,
    })
  })

  it('under one key is told once; with another body it is refused', async () => {
    const first = await tell(leak, 'key-1')
    const again = await tell(leak, 'key-1')
    expect([first.status, again.status, again.body]).toEqual([201, 200, first.body])
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    const other = await tell({ ...leak, surface: 'composer' }, 'key-1')
    expect([other.status, other.body['code']]).toEqual([422, 'request.idempotency_conflict'])
  })

  it('needs a key of a tenant', async () => {
    expect((await gateway.call('POST', '/v1/leaks', { as: null, body: leak })).status).toBe(401)
  })

  const of = (more: object) => ({ ...leak, findings: [{ ...finding, ...more }] })
  const span = { turn: 1, start: 0, end: 1 }
  it.each([
    ['the text that was found', { ...leak, text: 'my card is 4242' }],
    ['a match in a finding', of({ match: '4242' })],
    ['reasons', of({ reasons: ['shape 4-4-4-4'] })],
    ['digits in the rule', of({ rule: 'PAN.4242' })],
    ['a number of its own as a place', of({ spans: [{ turn: 1, start: 4_242_424, end: 4_242_424 }] })],
    ['a negative place', of({ spans: [{ ...span, start: -1 }] })],
    ['a broken place', of({ spans: [{ ...span, start: 0.5 }] })],
    ['no place', of({ spans: [] })],
    ['more places than a number has turns', of({ spans: Array.from({ length: 9 }, () => span) })],
    ['a ruleset that is no hash', of({ ruleset: '4242' })],
    ['a kind that is none', of({ kind: 'iban' })],
    ['a surface that is none', { ...leak, surface: 'somewhere' }],
    ['no finding', { ...leak, findings: [] }],
    ['twenty-one findings', { ...leak, findings: Array.from({ length: 21 }, () => finding) }],
    ['a card number as the conversation', { ...leak, conversation: '4242-4242-4242-4242' }],
    ['a list', [leak]],
  ])('is refused with %s, and intake hears nothing', async (_what, body) => {
    const before = gateway.doors.intake.leaks.length
    const answer = await tell(body)
    expect([answer.status, answer.body['code']]).toEqual([400, 'request.malformed'])
    expect(answer.text).not.toContain('4242')
    expect(gateway.doors.intake.leaks).toHaveLength(before)
  })

  it('takes the largest report there is', async () => {
    const spans = Array.from({ length: 8 }, () => ({ turn: 999_999, start: 999_999, end: 999_999 }))
    const findings = Array.from({ length: 20 }, () => ({ ...finding, rule: `A${'b'.repeat(47)}`, spans }))
    expect((await tell({ ...leak, conversation: 'c'.repeat(128), findings })).status).toBe(201)
  })
})
