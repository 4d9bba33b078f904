import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSallyport, type Sallyport, type SallyportEvent } from '../../agent/index.ts'
import { type Stack, type StackProcess, startStack } from '../testing/stack.ts'

/** The whole deployment with two of each process on one database, and the processor's own books as the witness. */
describe('one charge for one key', () => {
  let stack: Stack
  let sallyport: Sallyport
  beforeAll(async () => {
    stack = await startStack({
      env: { SALLYPORT_OF_EACH: '2', SALLYPORT_DEMO: '0', SALLYPORT_PROCESSOR_TIMEOUT_MS: '1000' },
    })
    sallyport = createSallyport({ baseUrl: stack.urls.gateway, secretKey: stack.tenant.secret_key })
  }, 100_000)
  afterAll(() => stack.stop())

  const tokenFor = async (amountMinor: number): Promise<string> => {
    const { id } = await sallyport.captures.create({
      conversation: 'talk-1',
      purpose: 'pay',
      amount: { amount_minor: amountMinor, currency: 'EUR' },
    })
    const { token } = await sallyport.test.complete(id)
    if (token === undefined) throw new Error('the test route must complete')
    return token.id
  }
  /** As a client without our library would send it. */
  const post = async (
    key: string,
    body: object,
  ): Promise<{ status: number; body: { id: string; state: string; code?: string } }> => {
    const response = await fetch(`${stack.urls.gateway}/v1/charges`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: {
        authorization: `Bearer ${stack.tenant.secret_key}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
    })
    return { status: response.status, body: (await response.json()) as { id: string; state: string } }
  }
  const payments = async (charge: string): Promise<number> => {
    const secret = processorSecret(stack)
    const response = await fetch(`${stack.urls.processor}/v1/payments?reference=${charge}`, {
      headers: { authorization: `Bearer ${secret}` },
    })
    const { count } = (await response.json()) as { count: number }
    return count
  }
  const eventsOf = async (charge: string): Promise<SallyportEvent[]> => {
    const found: SallyportEvent[] = []
    for await (const event of sallyport.events({ conversation: 'talk-1', signal: AbortSignal.timeout(1_500) }))
      if (event.subject === charge) found.push(event)
    expect(found.map((event) => event.sequence)).toEqual(found.map((_, index) => index + 1))
    return found
  }

  it('the same key and body is the same charge; another body is 422', async () => {
    const body = { token: await tokenFor(8000), amount_minor: 8000, currency: 'EUR' }
    const first = await post('order-1', body)
    const again = await post('order-1', body)
    expect(first.status).toBe(201)
    expect(again).toEqual({ status: 200, body: first.body })
    expect(await post('order-1', { ...body, amount_minor: 7999 })).toMatchObject({
      status: 422,
      body: { code: 'request.idempotency_conflict' },
    })
    expect(await payments(first.body.id)).toBe(1)
  })

  it('two clients at once make one charge', async () => {
    const body = { token: await tokenFor(8100), amount_minor: 8100, currency: 'EUR' }
    const answers = await Promise.all([post('order-2', body), post('order-2', body), post('order-2', body)])
    const done = answers.filter((answer) => answer.status < 300)
    for (const answer of answers) expect([200, 201, 409]).toContain(answer.status)
    expect(new Set(done.map((answer) => answer.body.id)).size).toBe(1)
    const settled = await post('order-2', body)
    expect(settled.body.state).toBe('captured')
    expect(await payments(settled.body.id)).toBe(1)
  })

  it.each([
    ['a 5xx after success', 8092],
    ['a time-out', 8091],
  ])(
    '%s ends as unknown, the same key or a get finds the one charge',
    async (name, amount) => {
      const body = { token: await tokenFor(amount), amount_minor: amount, currency: 'EUR' }
      const first = await post(`order-${amount}`, body)
      expect(first.body.state, name).toBe('unknown')
      const again =
        amount === 8092 ? (await post(`order-${amount}`, body)).body : await sallyport.charges.get(first.body.id)
      expect(again).toMatchObject({ id: first.body.id, state: 'captured' })
      expect(await payments(first.body.id)).toBe(1)
      expect((await eventsOf(first.body.id)).map((event) => event.type)).toEqual([
        'charge.created',
        'charge.unknown',
        'charge.captured',
      ])
    },
    30_000,
  )

  it('every process may be restarted or killed between: the same charge, one payment, known or not', async () => {
    const body = { token: await tokenFor(8200), amount_minor: 8200, currency: 'EUR' }
    const lost = { token: await tokenFor(8392), amount_minor: 8392, currency: 'EUR' }
    const [known, unknown] = [await post('order-3', body), await post('order-4', lost)]
    expect([known.body.state, unknown.body.state]).toEqual(['captured', 'unknown'])
    for (const name of ['intake', 'keeper'] as const)
      await Promise.all([name, `${name}.2` as const].map((one) => stack.restart(one)))
    await stack.restart('processor')
    for (const name of ['egress', 'keyd', 'gateway'] as const)
      await Promise.all([name, `${name}.2` as const].map((one) => stack.kill(one)))
    expect(await post('order-3', body)).toMatchObject({ status: 200, body: known.body })
    expect((await post('order-4', lost)).body).toMatchObject({ id: unknown.body.id, state: 'captured' })
    for (const { body } of [known, unknown]) expect(await payments(body.id)).toBe(1)
  }, 100_000)

  it('while one of two is killed, captures and charges go through the other', async () => {
    const names = ['keyd', 'egress', 'intake', 'keeper'] satisfies StackProcess[]
    const before = stack.output().length
    for (const name of names) process.kill(stack.pid(name), 'SIGKILL')
    // Nobody is waited for: the supervisor brings them back in a while.
    const paid = await post('order-7', { token: await tokenFor(8400), amount_minor: 8400, currency: 'EUR' })
    expect(paid.body.state).toBe('captured')
    const back = (name: StackProcess): boolean => stack.output().slice(before).includes(`${name} is back`)
    await vi.waitFor(() => expect(names.filter((name) => !back(name))).toEqual([]), 30_000)
    // The keeper that was killed had numbered them, perhaps: the other takes its lease over within five seconds.
    await vi.waitFor(
      async () =>
        expect((await eventsOf(paid.body.id)).map((event) => event.type)).toEqual([
          'charge.created',
          'charge.captured',
        ]),
      20_000,
    )
    expect(await payments(paid.body.id)).toBe(1)
  }, 60_000)

  it('a second reference on a spent token is refused: nothing is charged twice by another key', async () => {
    const body = { token: await tokenFor(8300), amount_minor: 8300, currency: 'EUR' }
    expect((await post('order-5', body)).body.state).toBe('captured')
    const other = await post('order-6', body)
    expect(other.status).toBeGreaterThanOrEqual(400)
  })
})

const processorSecret = (stack: Stack): string =>
  JSON.parse(readFileSync(join(stack.home, 'config', 'processor.json'), 'utf8')).secret
