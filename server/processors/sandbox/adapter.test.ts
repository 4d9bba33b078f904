import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Pan } from '../../../crypto/pan.ts'
import { Secret } from '../../../crypto/secret.ts'
import { ask } from '../../egress/ask.ts'
import type { ChargeRow } from '../../egress/charge-row.ts'
import type { Egress } from '../../egress/context.ts'
import { makeReach } from '../../egress/reach.ts'
import { silent } from '../../testing/vault.ts'
import { type ContractSubject, processorContract } from '../testing/contract.ts'
import { sandbox } from './adapter.ts'
import { type RunningSandbox, startSandbox } from './server/start.ts'

const secret = 'sp_sandbox_test'

async function makeSandbox(): Promise<ContractSubject> {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  const server = await startSandbox({ port: 0, state_file: join(folder, 'state.json'), secret })
  const egress = {
    config: { mode: 'sandbox', processor_timeout_ms: 2_000, dangerously_allow_http: true },
    credentials: { borrow: async () => new Secret(Buffer.from(secret)), drop: () => undefined, wipe: () => undefined },
    processors: new Map([['sandbox', sandbox]]),
    reach: makeReach(),
    log: silent,
  } as unknown as Egress // sound: `ask` touches nothing else
  const row = {
    id: 'chg_x',
    processor: 'sandbox',
    account: 'a',
    tenant: 't',
    base_url: `http://127.0.0.1:${server.port}`,
  } as ChargeRow
  return {
    processor: sandbox,
    currency: 'EUR',
    cards: {
      good: '4242424242424242',
      declined: '4000000000000002',
      insufficientFunds: '4000000000009995',
      challenged: '4000000000003220',
    },
    ask: (number, run) =>
      ask(egress, {
        row,
        run,
        ...(number === null
          ? {}
          : {
              card: {
                number: new Pan(Buffer.from(number)),
                expMonth: 12,
                expYear: 2031,
                cvc: new Secret(Buffer.from('123')),
              },
            }),
      }),
    close: async () => {
      await server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

processorContract('sandbox', makeSandbox)

describe('the sandbox processor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  const file = join(folder, 'state.json')
  const card = { number: '4242424242424242', exp_month: 12, exp_year: 2031, cvc: '123' }
  const order = { amount: 8_000, currency: 'EUR', capture: true, reference: 'r', card }
  let server: RunningSandbox
  const call = (method: string, path: string, body?: object, key?: string, signal?: AbortSignal) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${secret}`,
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  beforeAll(async () => {
    server = await startSandbox({ port: 0, state_file: file, secret })
  })
  afterAll(async () => {
    await server.close()
    rmSync(folder, { recursive: true })
  })

  test('takes its own key alone', async () => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/v1/payments`, {
      headers: { authorization: 'Bearer other' },
    })
    expect(answer.status).toBe(401)
  })

  test('fails with a 5xx after success for amounts ending in 92, and knows the payment under the same key', async () => {
    const lost = await call('POST', '/v1/payments', { ...order, amount: 1_092, reference: 'r92' }, 'k92')
    expect(lost.status).toBe(500)
    const again = await call('POST', '/v1/payments', { ...order, amount: 1_092, reference: 'r92' }, 'k92')
    expect(await again.json()).toMatchObject({ status: 'captured', amount: 1_092 })
    expect(await (await call('GET', '/v1/payments?reference=r92')).json()).toMatchObject({ count: 1 })
  })

  test('does not answer for amounts ending in 91, though the payment is made, and is slow for those ending in 93', async () => {
    const cut = call(
      'POST',
      '/v1/payments',
      { ...order, amount: 1_091, reference: 'r91' },
      'k91',
      AbortSignal.timeout(700),
    )
    await expect(cut).rejects.toThrow()
    expect(await (await call('GET', '/v1/payments?reference=r91')).json()).toMatchObject({
      count: 1,
      data: [{ status: 'captured' }],
    })
    const started = Date.now()
    expect((await call('POST', '/v1/payments', { ...order, amount: 1_093 }, 'k93')).status).toBe(200)
    expect(Date.now() - started).toBeGreaterThanOrEqual(2_900)
  })

  test('accepts any published test number that is valid, and declines what is not a card number', async () => {
    for (const number of [
      '5555555555554444',
      '378282246310005',
      '6011111111111117',
      '3530111333300000',
      '30569309025904',
    ]) {
      expect((await call('POST', '/v1/payments', { ...order, card: { ...card, number } }, number)).status, number).toBe(
        200,
      )
    }
    const wrong = await call('POST', '/v1/payments', { ...order, card: { ...card, number: '4242424242424241' } }, 'bad')
    expect([wrong.status, await wrong.json()]).toMatchObject([
      402,
      { status: 'declined', error: { code: 'incorrect_number' } },
    ])
    const old = await call('POST', '/v1/payments', { ...order, card: { ...card, exp_year: 2020 } }, 'old')
    expect(await old.json()).toMatchObject({ error: { code: 'expired_card' } })
  })

  test('refuses what is malformed, without saying what it was', async () => {
    for (const body of [
      {},
      { ...order, amount: '8000' },
      { ...order, amount: -1 },
      { ...order, card: null },
      { ...order, capture: 1 },
    ]) {
      const answer = await call('POST', '/v1/payments', body, 'malformed')
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ error: { code: 'invalid_request' } })
    }
  })

  test('remembers payments and keys over a restart, in a file without card numbers', async () => {
    const made = await (await call('POST', '/v1/payments', { ...order, reference: 'kept' }, 'kept')).json()
    await server.close()
    server = await startSandbox({ port: 0, state_file: file, secret })
    expect(await (await call('POST', '/v1/payments', { ...order, reference: 'kept' }, 'kept')).json()).toEqual(made)
    expect((await call('POST', '/v1/payments', { ...order, reference: 'other' }, 'kept')).status).toBe(409)
    expect(await (await call('GET', '/v1/payments?reference=kept')).json()).toMatchObject({ count: 1 })
    const text = readFileSync(file, 'utf8')
    expect(text).toContain('"last4":"4242"')
    expect(text).not.toContain('42424242')
    expect(text).not.toContain('"123"')
  })
})
