import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { SallyportError } from '../../protocol/errors.ts'
import { makeSecrets } from '../init/secrets.ts'
import type { Processor } from '../processors/processor.ts'
import { sandbox } from '../processors/sandbox/adapter.ts'
import {
  type ChargeCall,
  gatewayTo,
  type Reply,
  type RunningGateway,
  startCharging,
  type TestCharging,
  type TestGateway,
} from '../testing/charging.ts'
import { mintToken } from '../testing/mint.ts'

let charging: TestCharging
beforeAll(async () => {
  charging = await startCharging()
})
afterAll(() => charging?.close())

const gateways: RunningGateway[] = []
const start: TestCharging['startEgress'] = async (options) => {
  const gateway = await charging.startEgress(options)
  gateways.push(gateway)
  return gateway
}
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.close()
})

const types = async (id: string) => (await charging.events(id)).map(({ type, sequence }) => `${sequence} ${type}`)
const many = { mandate: { uses: 20, amount_max_minor: 50_000, currency: 'EUR' } }
const allowance = async (token: string) =>
  (await charging.sql('select uses_left, uses_reserved, uses_settled from allowances where token = $1', [token]))[0]

/** As the agent's client does: the same request again while it may be. */
async function persist(gateway: TestGateway, request: ChargeCall): Promise<Reply> {
  const deadline = Date.now() + 15_000
  for (;;) {
    try {
      return await gateway.charge(request)
    } catch (error) {
      if (!(error instanceof SallyportError) || !error.retryable || Date.now() > deadline) throw error
      await delay(Math.min(error.retryAfterMs ?? 100, 500))
    }
  }
}

describe('the same key and body', () => {
  test('give the same charge, sent once', async () => {
    const gateway = await start()
    const { token } = await mintToken(charging.vault)
    const request = { token, key: randomUUID() }
    const first = await gateway.charge(request)
    const second = await gateway.charge(request)
    expect(second).toEqual({ charge: first.charge, replayed: true })
    expect(await charging.payments({ reference: first.charge.id })).toBe(1)
    expect(await types(first.charge.id)).toEqual(['1 charge.created', '2 charge.captured'])
  })

  test('with another body are a conflict, also while the first is under way', async () => {
    const gateway = await start({ timeoutMs: 6_000 })
    const { token } = await mintToken(charging.vault, 'visa', many)
    const request = { token, key: randomUUID(), reference: 'r-conflict' }
    const slow = gateway.charge({ ...request, amount_minor: 1_093 })
    await delay(400)
    await expect(gateway.charge({ ...request, amount_minor: 1_094 })).rejects.toMatchObject({
      code: 'request.idempotency_conflict',
    })
    expect((await slow).charge.state).toBe('captured')
    await expect(gateway.charge({ ...request, amount_minor: 1_094 })).rejects.toMatchObject({
      code: 'request.idempotency_conflict',
    })
  })

  test('after a 5xx that followed success learn that it was captured, with one payment at the processor', async () => {
    const gateway = await start()
    const { token } = await mintToken(charging.vault)
    const request = { token, amount_minor: 4_092, key: randomUUID() }
    const lost = await gateway.charge(request)
    expect(lost.charge).toMatchObject({ state: 'unknown', error: { code: 'processor.unknown_outcome' } })
    expect(await allowance(token)).toEqual({ uses_left: 0, uses_reserved: 1, uses_settled: 0 })
    const found = await gateway.charge(request)
    expect(found).toMatchObject({ replayed: true, charge: { id: lost.charge.id, state: 'captured' } })
    expect(found.charge.error).toBeUndefined()
    expect(await charging.payments({ reference: lost.charge.id })).toBe(1)
    expect(await types(lost.charge.id)).toEqual(['1 charge.created', '2 charge.unknown', '3 charge.captured'])
    expect(await allowance(token)).toEqual({ uses_left: 0, uses_reserved: 0, uses_settled: 1 })
  })

  test('from two clients at once make one payment', async () => {
    const gateway = await start({ timeoutMs: 6_000 })
    const beside = await start({ besides: makeSecrets().request.egress })
    const { token } = await mintToken(charging.vault)
    // The second egress is not keyd's egress: it may begin, and its opening is refused; the charge is still one.
    const request = { token, amount_minor: 2_093, key: randomUUID() }
    const outcomes = await Promise.all(
      [gateway.charge(request), gateway.charge(request), beside.charge(request)].map((one) =>
        one.catch((error: unknown) => error),
      ),
    )
    const codes = outcomes.map((one) => (one instanceof SallyportError ? one.code : 'answered'))
    expect(codes.filter((code) => code === 'answered').length).toBeLessThanOrEqual(1)
    expect(codes).toContain('request.idempotency_in_flight')
    const { charge } = await persist(gateway, request)
    expect(charge.state).toBe('captured')
    expect(await charging.payments({ reference: charge.id })).toBe(1)
  })
})

describe('a reference', () => {
  test('is needed for a token of many uses', async () => {
    const gateway = await start()
    const { token } = await mintToken(charging.vault, 'visa', many)
    await expect(gateway.charge({ token })).rejects.toMatchObject({
      code: 'policy.reference_required',
      param: 'reference',
    })
  })

  test('is charged once whatever keys a confused client makes, through declared outcomes and lost ones', async () => {
    const gateway = await start()
    const { token } = await mintToken(charging.vault, 'visa', many)
    const request = { token, amount_minor: 3_092, reference: 'order-chaos' }
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => persist(gateway, { ...request, key: randomUUID() })),
    )
    const last = await persist(gateway, { ...request, key: randomUUID() })
    expect(new Set([...replies, last].map(({ charge }) => charge.id)).size).toBe(1)
    expect(await charging.payments({ order: 'order-chaos' })).toBe(1)
    await delay(1_100)
    expect((await gateway.get(last.charge.id)).state).toBe('captured')
    expect(await allowance(token)).toEqual({ uses_left: 19, uses_reserved: 0, uses_settled: 1 })
    await expect(gateway.charge({ ...request, amount_minor: 3_000 })).rejects.toMatchObject({
      code: 'request.idempotency_conflict',
      param: 'reference',
    })
    // Nor is an order authorized that was sold.
    await expect(gateway.charge({ ...request, operation: 'authorize' })).rejects.toMatchObject({
      code: 'request.idempotency_conflict',
      param: 'reference',
    })
    const other = { ...request, amount_minor: 3_000, operation: 'authorize' as const, reference: 'order-authorized' }
    expect((await gateway.charge(other)).charge.state).toBe('authorized')
    await expect(gateway.charge({ ...other, key: randomUUID(), operation: 'sale' })).rejects.toMatchObject({
      code: 'request.idempotency_conflict',
    })
  })

  test('that was declined may be charged again', async () => {
    const gateway = await start()
    const { token } = await mintToken(charging.vault, 'insufficient_funds', many)
    const first = await gateway.charge({ token, reference: 'again' })
    const second = await gateway.charge({ token, reference: 'again' })
    expect([first.charge.state, second.charge.state]).toEqual(['declined', 'declined'])
    expect(second.charge.id).not.toBe(first.charge.id)
  })
})

describe('an unknown outcome', () => {
  test('of a time-out is resolved by get', async () => {
    const gateway = await start({ timeoutMs: 700 })
    const { token } = await mintToken(charging.vault)
    const { charge } = await gateway.charge({ token, amount_minor: 5_091 })
    expect(charge.state).toBe('unknown')
    expect(await gateway.get(charge.id)).toMatchObject({ state: 'captured', amount_captured_minor: 5_091 })
    expect(await charging.payments({ reference: charge.id })).toBe(1)
  })

  test('is resolved by itself after five seconds', async () => {
    const gateway = await start()
    const { token } = await mintToken(charging.vault)
    const { charge } = await gateway.charge({ token, amount_minor: 6_092 })
    const state = async () => (await charging.sql('select state from charges where id = $1', [charge.id]))[0]
    await expect.poll(state, { timeout: 15_000, interval: 250 }).toEqual({ state: 'captured' })
    expect(await types(charge.id)).toEqual(['1 charge.created', '2 charge.unknown', '3 charge.captured'])
  })

  /** The first request is lost after its first byte: the processor never sees the payment. */
  const losing = (): { processor: Processor; keys: string[] } => {
    const keys: string[] = []
    const authorize: Processor['authorize'] = async (request, send) => {
      keys.push(request.idempotencyKey)
      if (keys.length > 1) return sandbox.authorize(request, send)
      await sandbox.get({ reference: request.reference }, send)
      throw new Error('lost')
    }
    return { processor: { ...sandbox, authorize }, keys }
  }

  test('of which the processor knows nothing is sent again by the same request, with the same processor key', async () => {
    const { processor, keys } = losing()
    const gateway = await start({ processors: [processor] })
    const { token } = await mintToken(charging.vault)
    const request = { token, key: randomUUID() }
    const lost = await gateway.charge(request)
    expect(lost.charge.state).toBe('unknown')
    expect((await gateway.get(lost.charge.id)).state).toBe('unknown')
    const sent = await gateway.charge(request)
    expect(sent.charge).toMatchObject({ id: lost.charge.id, state: 'captured' })
    expect(keys).toHaveLength(2)
    expect(keys[0]).toBe(keys[1])
    expect(keys[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(await charging.payments({ reference: lost.charge.id })).toBe(1)
    expect(await types(lost.charge.id)).toEqual(['1 charge.created', '2 charge.unknown', '3 charge.captured'])
  })

  test('is not sent again with another body: without the CVC that it went out with it stays unknown', async () => {
    const { processor, keys } = losing()
    const gateway = await start({ processors: [processor] })
    const { token } = await mintToken(charging.vault)
    const request = { token, key: randomUUID() }
    await gateway.charge(request)
    await charging.sql('delete from cvc where token = $1', [token])
    expect((await gateway.charge(request)).charge.state).toBe('unknown')
    expect(keys).toHaveLength(1)
  })

  test('is not sent again once the processor has forgotten the key', async () => {
    const { processor, keys } = losing()
    const gateway = await start({ processors: [processor] })
    const { token } = await mintToken(charging.vault)
    const request = { token, key: randomUUID() }
    const { charge } = await gateway.charge(request)
    await charging.sql("update attempts set sent_at = sent_at - interval '25 hours' where charge = $1", [charge.id])
    expect((await gateway.charge(request)).charge.state).toBe('unknown')
    expect(keys).toHaveLength(1)
    expect(await allowance(token)).toEqual({ uses_left: 0, uses_reserved: 1, uses_settled: 0 })
  })
})

describe('a processor that cannot be reached', () => {
  test('is an error to try again, spends nothing, and the same key goes through once it is back', async () => {
    const gateway = await start()
    const { token } = await mintToken(charging.vault)
    const request = { token, key: randomUUID() }
    await charging.processor.stop()
    try {
      for (let i = 0; i < 8; i += 1) {
        await expect(gateway.charge(request)).rejects.toMatchObject({ code: 'processor.unavailable' })
      }
      expect(await allowance(token)).toEqual({ uses_left: 1, uses_reserved: 0, uses_settled: 0 })
    } finally {
      await charging.processor.start()
    }
    const { charge } = await gateway.charge(request)
    expect(charge.state).toBe('captured')
    expect(await types(charge.id)).toEqual(['1 charge.created', '2 charge.captured'])
  })

  test('leaves room for a new key with the same reference: the charge that never left fails', async () => {
    const gateway = await start()
    const { token } = await mintToken(charging.vault, 'visa', many)
    await charging.processor.stop()
    await expect(gateway.charge({ token, reference: 'moved', key: 'moved-1' })).rejects.toMatchObject({
      code: 'processor.unavailable',
    })
    await charging.processor.start()
    const { charge } = await gateway.charge({ token, reference: 'moved', key: 'moved-2' })
    expect(charge.state).toBe('captured')
    expect((await gateway.charge({ token, reference: 'moved', key: 'moved-1' })).charge).toMatchObject({
      state: 'failed',
    })
    expect(await charging.payments({ order: 'moved' })).toBe(1)
    expect(await allowance(token)).toEqual({ uses_left: 19, uses_reserved: 0, uses_settled: 1 })
  })
})

describe("a key that its reference led to another key's charge", () => {
  test('makes a charge of its own where that one never left', async () => {
    const gateway = await start()
    const { token } = await mintToken(charging.vault, 'visa', many)
    await charging.processor.stop()
    await gateway.charge({ token, reference: 'led', key: 'led-1' }).catch(() => undefined)
    // In flight elsewhere while the second key comes.
    const held =
      "update charges set lease_holder = 'another:start', lease_until = clock_timestamp() + interval '4 seconds' where reference = 'led'"
    await charging.sql(held)
    await expect(gateway.charge({ token, reference: 'led', key: 'led-2' })).rejects.toMatchObject({
      code: 'request.idempotency_in_flight',
    })
    await charging.processor.start()
    await delay(4_100)
    const { chargeId } = await gateway.prepare({ token, reference: 'led', key: 'led-2' })
    expect((await gateway.charge({ token, reference: 'led', key: 'led-2' })).charge).toMatchObject({
      id: chargeId,
      state: 'captured',
    })
    expect(await charging.payments({ order: 'led' })).toBe(1)
  })
})

describe('a crash of egress', () => {
  test('between sending and settling leaves an unknown charge that the same key resolves: one payment', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'egress-'))
    const path = join(folder, 'config.json')
    writeFileSync(path, JSON.stringify({ ...charging.vault.configs.egress, processor_timeout_ms: 6_000 }), {
      mode: 0o600,
    })
    const env = { PATH: process.env['PATH'], SALLYPORT_CONFIG: path }
    const child: ChildProcess = spawn(process.execPath, ['server/egress/main.ts'], {
      env,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    await new Promise((resolve) => child.once('message', resolve))
    // The door is the same one, so a client of the next start reaches this one too.
    const gateway = gatewayTo(charging.vault)
    const { token } = await mintToken(charging.vault)
    const request = { token, amount_minor: 7_093, key: randomUUID() }
    const cut = gateway.charge(request).catch((error: unknown) => error)
    const { chargeId } = await gateway.prepare(request)
    for (let i = 0; i < 500 && (await charging.payments({ reference: chargeId })) === 0; i += 1) await delay(20)
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    expect(await cut).toMatchObject({ code: 'system.unavailable' })
    expect(await charging.sql('select state from charges where id = $1', [chargeId])).toEqual([{ state: 'sending' }])

    const next = await start()
    expect(await charging.sql('select state from charges where id = $1', [chargeId])).toEqual([{ state: 'unknown' }])
    expect((await next.charge(request)).charge).toMatchObject({ id: chargeId, state: 'captured' })
    expect(await charging.payments({ reference: chargeId })).toBe(1)
    expect(await types(chargeId)).toEqual(['1 charge.created', '2 charge.unknown', '3 charge.captured'])
    rmSync(folder, { recursive: true })
  })

  test('of another instance is noticed by its lease, and its charge goes on here', async () => {
    const hanging: Processor = {
      ...sandbox,
      authorize: async (request, send) => {
        await sandbox.authorize(request, send)
        return new Promise(() => undefined)
      },
    }
    const first = await start({ processors: [hanging] })
    const { token } = await mintToken(charging.vault)
    const request = { token, key: randomUUID() }
    void first.charge(request).catch(() => undefined)
    const { chargeId } = await first.prepare(request)
    for (let i = 0; i < 500 && (await charging.payments({ reference: chargeId })) === 0; i += 1) await delay(20)
    await expect(first.charge(request)).rejects.toMatchObject({ code: 'request.idempotency_in_flight' })
    await charging.sql(
      "update charges set lease_holder = 'another:start', lease_until = clock_timestamp() + interval '5 seconds' where id = $1",
      [chargeId],
    )
    const other = await start()
    await expect(other.charge(request)).rejects.toMatchObject({ code: 'request.idempotency_in_flight' })
    const { charge } = await persist(other, request)
    expect(charge.state).toBe('captured')
    expect(await charging.payments({ reference: chargeId })).toBe(1)
  })
})
