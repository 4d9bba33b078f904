import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errors, isErrorCode, SallyportError } from '../../protocol/errors.ts'
import { type TestGateway, testGateway } from './testing/gateway.ts'
import { toSallyportError } from '../problem.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await testGateway()
})
afterAll(() => gateway.close())

const problemMembers = ['type', 'title', 'status', 'code', 'request_id', 'param', 'retryable', 'who']

function expectProblem(answer: Awaited<ReturnType<TestGateway['call']>>, code: string): void {
  expect(answer.body['code']).toBe(code)
  if (!isErrorCode(code)) throw new Error('no such code')
  expect(answer.status).toBe(errors[code].status)
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(answer.body).toMatchObject({
    type: `https://pay.example/errors/${code}`,
    title: errors[code].say,
    status: answer.status,
    retryable: errors[code].retryable,
    who: errors[code].who,
    request_id: answer.headers.get('sallyport-request-id'),
  })
  expect(problemMembers).toEqual(expect.arrayContaining(Object.keys(answer.body)))
}

describe('a problem', () => {
  it('is one row of the table, with the request id of its header', async () => {
    expectProblem(await gateway.call('GET', '/v1/nothing'), 'request.not_found')
    expectProblem(await gateway.call('POST', '/v1/captures', { raw: '{"a":' }), 'request.malformed')
    expectProblem(await gateway.call('POST', '/v1/captures', { raw: '[1]' }), 'request.malformed')
    expectProblem(await gateway.call('POST', '/v1/captures', { raw: '"text"' }), 'request.malformed')
    expectProblem(await gateway.call('GET', '/v1/captures/%E0%A4%A'), 'request.malformed')
  })
  it('says request.too_large to a body over the limit, with and without its length', async () => {
    expectProblem(
      await gateway.call('POST', '/v1/captures', { raw: `{"a":"${'x'.repeat(17_000)}"}` }),
      'request.too_large',
    )
    const chunked = await new Promise<number>((resolve, reject) => {
      const headers = { authorization: `Bearer ${gateway.tenant.key}`, 'content-type': 'application/json' }
      const outgoing = httpRequest(gateway.url('/v1/captures'), { method: 'POST', headers }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      outgoing.on('error', reject)
      outgoing.write(`{"a":"${'x'.repeat(10_000)}`)
      outgoing.end(`${'x'.repeat(10_000)}"}`)
    })
    expect(chunked).toBe(413)
  })
  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'multipart/form-data',
  ])('says request.malformed and Content-Type to a body of type %s', async (type) => {
    const answer = await gateway.call('POST', '/v1/captures', { raw: '{}', headers: { 'content-type': type } })
    expectProblem(answer, 'request.malformed')
    expect(answer.body['param']).toBe('Content-Type')
  })
  it('refuses a compressed body: a small one could be large', async () => {
    const answer = await gateway.call('POST', '/v1/captures', { raw: '{}', headers: { 'content-encoding': 'gzip' } })
    expectProblem(answer, 'request.malformed')
  })
  it('takes an absent body for an empty one where a command needs none', async () => {
    const capture = await gateway.call('POST', '/v1/captures', { body: { conversation: 'a', purpose: 'save' } })
    expect((await gateway.call('POST', `/v1/captures/${capture.body['id']}/cancel`)).status).toBe(200)
  })
  it('names the documented member that is wrong, never a name that the caller made up', async () => {
    const good = { conversation: 'a', purpose: 'pay' }
    const refused = async (more: object) =>
      (await gateway.call('POST', '/v1/captures', { body: { ...good, ...more } })).body['param']
    expect(await refused({ purpose: 'steal' })).toBe('purpose')
    expect(await refused({ amount: { amount_minor: 0, currency: 'EUR' } })).toBe('amount.amount_minor')
    expect(await refused({ amount: { amount_minor: 1, currency: 'eur' } })).toBe('amount.currency')
    expect(await refused({ metadata: { 'My Name': 'x' } })).toBe('metadata')
    expect(await refused({ fields: ['number', 'pin'] })).toBe('fields')
    expect(await refused({ somethingElse: 1 })).toBeUndefined()
  })
  it('takes up no request id from outside', async () => {
    const mine = `req_${'a'.repeat(26)}`
    const { headers } = await gateway.call('GET', '/v1/nothing', { headers: { 'sallyport-request-id': mine } })
    expect(headers.get('sallyport-request-id')).toMatch(/^req_[a-z]{26}$/)
    expect(headers.get('sallyport-request-id')).not.toBe(mine)
  })
  it('of a database that is away says to try again, and gives no reason', () => {
    const away = toSallyportError(
      Object.assign(new Error('connect ECONNREFUSED /secret/path'), { code: 'ECONNREFUSED' }),
    )
    expect(away.code).toBe('system.unavailable')
    expect(toSallyportError(new Error('what?')).code).toBe('system.internal')
    expect(toSallyportError(null).code).toBe('system.internal')
    const refused = new SallyportError('auth.forbidden')
    expect(toSallyportError(refused)).toBe(refused)
  })
})

/** Something nobody would write by chance, in each place where a request can carry text. */
const canary = fc.stringMatching(/^[a-zA-Z0-9<>"'&{}$%;-]{10,40}$/).map((text) => `canary${text}`)

describe('nothing of a request comes back', () => {
  it("and the search below would see it: an answer that may hold a text of the caller's does (control)", async () => {
    const { body } = await gateway.call('POST', '/v1/captures', {
      body: { conversation: 'canary-control', purpose: 'save' },
    })
    const { text } = await gateway.call('GET', `/v1/captures/${body['id']}`)
    expect(text).toContain('canary-control')
  })
  it('in body or headers, whichever part of it is wrong', async () => {
    const escaped = (text: string) => [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)]
    await fc.assert(
      fc.asyncProperty(canary, fc.nat(9), async (text, place) => {
        const in_ = encodeURIComponent(text)
        const attempts = [
          () => gateway.call('GET', `/v1/${in_}`),
          () => gateway.call('GET', `/v1/captures/${in_}`),
          () => gateway.call('GET', `/v1/captures?conversation=${in_}%20%20`),
          () => gateway.call('GET', `/v1/captures?${in_}=1`),
          () => gateway.call('GET', `/v1/events?after=${in_}`),
          () => gateway.call('POST', '/v1/captures', { raw: `{"conversation":${text}` }),
          () =>
            gateway.call('POST', '/v1/captures', { body: { conversation: ` ${text}`, purpose: text, [text]: text } }),
          () => gateway.call('POST', '/v1/charges', { body: { token: text, metadata: { [text]: text } }, key: 'k' }),
          () => gateway.call('POST', '/v1/charges', { body: {}, key: `${in_} ` }),
          () => gateway.call('GET', `/errors/${in_}`),
        ]
        const answer = await attempts[place]?.()
        expect(answer?.status).toBeGreaterThanOrEqual(400)
        const headers = [...(answer?.headers ?? [])].join('\n')
        for (const form of escaped(text)) {
          expect(answer?.text).not.toContain(form)
          expect(headers).not.toContain(form)
        }
      }),
      { numRuns: 120 },
    )
  })
  it("where a card number stands in an id of the caller's own: it is refused by name of the member alone", async () => {
    const pan = '4242 4242 4242 4242'
    const spellings = [
      pan.replaceAll(' ', ''),
      pan.replaceAll(' ', '-'),
      `order-${pan.replaceAll(' ', '.')}`,
      `t:${pan.replaceAll(' ', '')}:1`,
    ]
    for (const text of spellings) {
      const places: [string, Promise<Awaited<ReturnType<TestGateway['call']>>>][] = [
        ['conversation', gateway.call('POST', '/v1/captures', { body: { conversation: text, purpose: 'save' } })],
        [
          'reference',
          gateway.call('POST', '/v1/captures', { body: { conversation: 'a', purpose: 'save', reference: text } }),
        ],
        [
          'metadata',
          gateway.call('POST', '/v1/captures', {
            body: { conversation: 'a', purpose: 'save', metadata: { note: text } },
          }),
        ],
        [
          'Idempotency-Key',
          gateway.call('POST', '/v1/captures', { body: { conversation: 'a', purpose: 'save' }, key: text }),
        ],
        ['conversation', gateway.call('GET', `/v1/captures?conversation=${text}`)],
      ]
      for (const [param, call] of places) {
        const answer = await call
        expectProblem(answer, 'request.malformed')
        expect(answer.body['param']).toBe(param)
        expect(answer.text).not.toContain('4242')
      }
    }
  })
})

describe('headers of every answer', () => {
  it("are helmet's, name no framework and allow no other origin", async () => {
    for (const path of ['/v1/nothing', '/openapi.json', '/v1/captures?conversation=a', '/errors/request.malformed']) {
      const { headers } = await gateway.call('GET', path, { headers: { origin: 'https://evil.example' } })
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('access-control-allow-origin')).toBeNull()
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    }
  })
})

describe('limits of the door', () => {
  it('refuse headers over 16 kB', async () => {
    const status = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(gateway.url('/')).port), '127.0.0.1')
      socket.on('error', reject)
      socket.once('data', (data) => {
        resolve(data.toString().slice(9, 12))
        socket.destroy()
      })
      socket.write(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)
    })
    expect(status).toBe('431')
  })
})
