import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assertToken, createSallyport, SallyportError, type Sallyport } from './index.ts'
import { startFakeGateway, type FakeGateway } from './testing/gateway.ts'

let gateway: FakeGateway
let sallyport: Sallyport
const amount = { amount_minor: 8400, currency: 'EUR' }
const ask = { conversation: 'chat_one', purpose: 'pay' as const, amount }

beforeEach(async () => {
  gateway = await startFakeGateway()
  sallyport = createSallyport({ baseUrl: gateway.url, secretKey: gateway.secretKey, retryBaseMs: 1 })
})
afterEach(() => gateway.close())

const caught = (promise: Promise<unknown>): Promise<SallyportError> =>
  promise.then(
    () => {
      throw new Error('nothing was thrown')
    },
    (error: SallyportError) => error,
  )

const tokenOf = async (card?: 'declined'): Promise<string> => {
  const { id } = await sallyport.captures.create(ask)
  gateway.fill(id, card)
  return (await sallyport.captures.completed(id)).token.id
}

describe('waiting for the end', () => {
  it('resolves with the token when the server says so, and tells every event on the way', async () => {
    const { id } = await sallyport.captures.create(ask)
    const seen: string[] = []
    const done = sallyport.captures.completed(id, { onEvent: (event) => seen.push(event.type) })
    gateway.fill(id)
    const capture = await done
    expect(capture.card).toMatchObject({ brand: 'visa', last4: '4242' })
    expect(seen[0]).toBe('capture.created')
    expect(seen.at(-1)).toBe('capture.completed')
  })

  it('a capture that the customer closed throws customer.canceled; `ended` tells it as a state', async () => {
    const { id } = await sallyport.captures.create(ask)
    gateway.act(id, { kind: 'cancel', by: 'customer' })
    expect((await caught(sallyport.captures.completed(id))).code).toBe('customer.canceled')
    expect((await sallyport.captures.ended(id)).state).toBe('canceled')
  })

  it('a test card goes by one name on the wire, whichever of its two spellings the caller took', async () => {
    const { id } = await sallyport.captures.create(ask)
    // This gateway plays no customer; what it was asked is what counts.
    for (const card of ['insufficientFunds', 'insufficient_funds', 'visa'] as const)
      await sallyport.test.complete(id, { card }).catch(() => {})
    await sallyport.test.complete(id).catch(() => {})
    const chosen = { card: 'cartesBancairesVisa', network: 'cartes_bancaires' } as const
    await sallyport.test.complete(id, chosen).catch(() => {})
    const sent = gateway.requests.filter((r) => r.path.endsWith('/complete')).map((r) => r.body)
    const bodies = sent.map((body) => (typeof body === 'string' ? JSON.parse(body) : body))
    const both = { card: 'insufficient_funds' }
    const french = { card: 'cartes_bancaires_visa', network: 'cartes_bancaires' }
    expect(bodies).toEqual([both, both, { card: 'visa' }, {}, french])
  })

  it('an expired capture throws customer.abandoned', async () => {
    const { id } = await sallyport.captures.create(ask)
    await sallyport.test.expire(id)
    expect((await caught(sallyport.captures.completed(id))).code).toBe('customer.abandoned')
  })

  it("a token from a page is only taken when it is the capture's own", async () => {
    const { id } = await sallyport.captures.create(ask)
    gateway.fill(id)
    const capture = await sallyport.captures.completed(id)
    expect(assertToken(capture, capture.token.id)).toBe(capture.token.id)
    expect(() => assertToken(capture, 'tok_test_zzzzzzzzzzzzzzzzzzzzzzzzzz')).toThrow(SallyportError)
  })
})

describe('charging', () => {
  it('the same token and reference carry the same key from any client; another reference carries another', async () => {
    const token = await tokenOf()
    const other = createSallyport({ baseUrl: gateway.url, secretKey: gateway.secretKey })
    const charge = { token, ...amount, reference: 'order-7' }
    const [first, second] = [await sallyport.charges.create(charge), await other.charges.create(charge)]
    expect(second.id).toBe(first.id)
    await sallyport.charges.create({ ...charge, reference: 'order-8' })
    const keys = gateway.requests.filter((r) => r.path === '/v1/charges').map((r) => r.key)
    expect(keys[0]).toBe(keys[1])
    expect(keys[2]).not.toBe(keys[0])
    expect(keys[0]).toMatch(/^sp_[a-z]{26}$/)
  })

  it('the same reference with another amount is refused, not charged', async () => {
    const token = await tokenOf()
    await sallyport.charges.create({ token, ...amount, reference: 'order-7' })
    const error = await caught(
      sallyport.charges.create({ token, amount_minor: 100, currency: 'EUR', reference: 'order-7' }),
    )
    expect([error.code, error.status, error.retryable]).toEqual(['request.idempotency_conflict', 422, false])
  })

  it('an answer that got lost is asked for again with the same key: one charge', async () => {
    const token = await tokenOf()
    gateway.faults.push({ path: /POST .v1.charges/, hangUp: 'after' }, { path: /POST .v1.charges/, hangUp: 'before' })
    await sallyport.charges.create({ token, ...amount, reference: 'order-7' })
    const sent = gateway.requests.filter((r) => r.path === '/v1/charges')
    expect(sent).toHaveLength(3)
    expect(new Set(sent.map((r) => r.key)).size).toBe(1)
    expect(gateway.events.filter((event) => event.type === 'charge.created')).toHaveLength(1)
  })

  it("503 and a key in flight are waited for; a proxy's 502 too", async () => {
    const token = await tokenOf()
    gateway.faults.push(
      { path: /charges/, code: 'system.unavailable' },
      { path: /charges/, code: 'request.idempotency_in_flight', retryAfterMs: 5 },
      { path: /charges/, status: 502 },
    )
    expect((await sallyport.charges.create({ token, ...amount, reference: 'a' })).state).toBe('captured')
  })

  it('where nothing answers, the message says where, and why', async () => {
    const gone = await startFakeGateway()
    await gone.close()
    const lost = createSallyport({ baseUrl: gone.url, secretKey: gone.secretKey, retryBaseMs: 1 })
    const error = await caught(lost.captures.create(ask))
    expect(error.code).toBe('system.unavailable')
    expect(error.message).toContain(`No answer from ${gone.url} (ECONNREFUSED)`)
  })

  it('a refusal that names a member has it in its message', async () => {
    gateway.faults.push({ path: /captures/, code: 'request.malformed', param: 'amount.currency' })
    expect((await caught(sallyport.captures.create(ask))).message).toMatch(/ The member: amount\.currency\.$/)
    gateway.faults.push({ path: /captures/, code: 'request.malformed', param: '4242424242424242' })
    expect((await caught(sallyport.captures.create(ask))).message).not.toContain('4242')
  })

  it('retries are bounded', async () => {
    const token = await tokenOf()
    for (let n = 0; n < 9; n += 1) gateway.faults.push({ path: /charges/, code: 'system.unavailable' })
    expect((await caught(sallyport.charges.create({ token, ...amount, reference: 'a' }))).code).toBe(
      'system.unavailable',
    )
    expect(gateway.requests.filter((r) => r.path === '/v1/charges')).toHaveLength(5)
  })

  it('a decline is an answer; an unknown outcome is resolved by asking', async () => {
    const declined = await sallyport.charges.create({ token: await tokenOf('declined'), ...amount, reference: 'a' })
    expect([declined.state, declined.error?.code]).toEqual(['declined', 'processor.declined'])
    const { id } = await sallyport.captures.create({ ...ask, amount: { amount_minor: 1991, currency: 'EUR' } })
    gateway.fill(id)
    const { token } = await sallyport.captures.completed(id)
    const unknown = await sallyport.charges.create({
      token: token.id,
      amount_minor: 1991,
      currency: 'EUR',
      reference: 'late',
    })
    expect(unknown.state).toBe('unknown')
    expect((await sallyport.charges.settled(unknown.id)).state).toBe('captured')
  })

  it('two equal parts of an authorization are two when named apart, one when named alike', async () => {
    const token = await tokenOf()
    const { id } = await sallyport.charges.create({ token, ...amount, reference: 'a', operation: 'authorize' })
    const take = (reference: string) => sallyport.charges.capture(id, { amount_minor: 3000, reference })
    expect((await take('first parcel')).amount_captured_minor).toBe(3000)
    expect((await take('first parcel')).amount_captured_minor).toBe(3000)
    expect((await take('second parcel')).amount_captured_minor).toBe(6000)
    const other = sallyport.charges.capture(id, { amount_minor: 2400, reference: 'first parcel' })
    expect((await caught(other)).code).toBe('request.idempotency_conflict')
    // @ts-expect-error: a part has a name
    const nameless = sallyport.charges.capture(id, { amount_minor: 2400 })
    expect(await caught(nameless)).toBeInstanceOf(TypeError)
    expect((await sallyport.charges.capture(id, { amount_minor: 2400, idempotencyKey: 'third' })).state).toBe(
      'captured',
    )
  })

  it('two equal partial refunds are two when named apart, one when named alike', async () => {
    const { id } = await sallyport.charges.create({ token: await tokenOf(), ...amount, reference: 'a' })
    await sallyport.charges.refund(id, { amount_minor: 1000, reference: 'breakfast' })
    await sallyport.charges.refund(id, { amount_minor: 1000, reference: 'breakfast' })
    expect(
      (await sallyport.charges.refund(id, { amount_minor: 1000, reference: 'parking' })).amount_refunded_minor,
    ).toBe(2000)
    expect((await sallyport.charges.refund(id)).state).toBe('refunded')
  })
})

describe('errors and secrets', () => {
  it('an error tells code, status, who must act and the request id', async () => {
    const error = await caught(sallyport.captures.get('cap_zzzzzzzzzzzzzzzzzzzzzzzzzz'))
    expect(error).toBeInstanceOf(SallyportError)
    expect([error.code, error.status, error.who, error.retryable]).toEqual([
      'request.not_found',
      404,
      'integrator',
      false,
    ])
    expect(error.requestId).toMatch(/^req_/)
  })

  it('no error shows the secret key, and neither does the client', async () => {
    const key = 'sk_test_wrongwrongwrongwrong'
    const wrong = createSallyport({ baseUrl: gateway.url, secretKey: key })
    const leaky = createSallyport({
      baseUrl: gateway.url,
      secretKey: key,
      retriesMax: 0,
      fetch: () => Promise.reject(new TypeError(`Bearer ${key} is an invalid header value`)),
    })
    const shown = [
      inspect(await caught(wrong.captures.list({ conversation: 'a' })), { depth: 9 }),
      inspect(await caught(leaky.captures.list({ conversation: 'a' })), { depth: 9 }),
      inspect(wrong, { depth: 9, showHidden: true }),
      JSON.stringify(wrong),
    ]
    for (const text of shown) expect(text).not.toContain('wrongwrong')
    expect(() => createSallyport({ baseUrl: gateway.url, secretKey: 'sk_live_1234\n5678' })).toThrow(
      /^secretKey: not a secret key/,
    )
  })

  it('the key does not travel in clear to another machine unless that is said at the call', () => {
    const secretKey = gateway.secretKey
    expect(() => createSallyport({ baseUrl: 'http://pay.example', secretKey })).toThrow(/https/)
    expect(() =>
      createSallyport({ baseUrl: 'http://pay.example', secretKey, dangerouslyAllowHttp: true }),
    ).not.toThrow()
  })

  it('an answer of another shape is an error and never half an answer', async () => {
    const odd = createSallyport({
      baseUrl: gateway.url,
      secretKey: gateway.secretKey,
      retriesMax: 0,
      fetch: async () => Response.json({ id: 'cap_1', state: 7 }),
    })
    expect((await caught(odd.captures.create(ask))).code).toBe('system.internal')
  })

  it('a path is never made from anything but an id', async () => {
    expect((await caught(sallyport.tokens.get('../captures'))).code).toBe('request.malformed')
    expect(gateway.requests).toHaveLength(0)
  })
})
