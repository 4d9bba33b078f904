import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chargeAnswer, tokenAnswer } from '../../protocol/agent-http.ts'
import { type RunningGateway, startCharging, type TestCharging } from '../testing/charging.ts'
import { mintToken } from '../testing/mint.ts'

let charging: TestCharging
let gateway: RunningGateway
beforeAll(async () => {
  charging = await startCharging()
  gateway = await charging.startEgress({ timeoutMs: 1_500 })
})
afterAll(() => charging?.close())

const allowance = async (token: string) => {
  const rows = await charging.sql<{ uses_left: number; uses_reserved: number; uses_settled: number }>(
    'select uses_left, uses_reserved, uses_settled from allowances where token = $1',
    [token],
  )
  return rows[0]
}
const types = async (id: string) => (await charging.events(id)).map(({ type, sequence }) => `${sequence} ${type}`)

describe('a sale', () => {
  test('goes from a token to captured, with contiguous events and the allowance settled', async () => {
    const { token, captureId } = await mintToken(charging.vault)
    const { charge, replayed } = await gateway.charge({ token, reference: 'order-1' })
    expect(chargeAnswer.parse(charge)).toMatchObject({
      state: 'captured',
      amount_captured_minor: 8_000,
      reference: 'order-1',
      capture_id: captureId,
      card: { brand: 'visa', last4: '4242' },
    })
    expect(replayed).toBe(false)
    expect(await types(charge.id)).toEqual(['1 charge.created', '2 charge.captured'])
    const [created] = await charging.events(charge.id)
    expect(created?.conversation).toBe('talk-1')
    expect(await allowance(token)).toEqual({ uses_left: 0, uses_reserved: 0, uses_settled: 1 })
    expect(await charging.payments({ reference: charge.id })).toBe(1)
    expect(await charging.payments({ order: 'order-1' })).toBe(1)
  })

  test('of a declined card is declined, spends no allowance, and another card of the talk goes through', async () => {
    const bad = await mintToken(charging.vault, 'declined')
    const { charge } = await gateway.charge({ token: bad.token })
    expect(charge).toMatchObject({
      state: 'declined',
      error: { code: 'processor.declined', who: 'customer', retryable: false },
    })
    expect(await types(charge.id)).toEqual(['1 charge.created', '2 charge.declined'])
    expect(await allowance(bad.token)).toEqual({ uses_left: 1, uses_reserved: 0, uses_settled: 0 })
    const good = await mintToken(charging.vault, 'mastercard')
    expect((await gateway.charge({ token: good.token })).charge.state).toBe('captured')
  })

  test('says which decline it was, and the second charge of the token that its CVC is spent', async () => {
    const { token } = await mintToken(charging.vault, 'insufficient_funds')
    const first = await gateway.charge({ token })
    expect(first.charge.error).toMatchObject({ code: 'processor.insufficient_funds' })
    expect(first.charge.error?.cvc).toBeUndefined()
    expect(await charging.sql('select from cvc where token = $1', [token])).toHaveLength(0)
    const second = await gateway.charge({ token })
    expect(second.charge.id).not.toBe(first.charge.id)
    expect(second.charge.error).toMatchObject({ code: 'processor.insufficient_funds', cvc: 'spent' })
  })

  test('of a card that asks for a challenge waits for it, and is captured when the challenge is passed', async () => {
    const { token } = await mintToken(charging.vault, 'challenge')
    const { charge } = await gateway.charge({ token })
    expect(charge).toMatchObject({ state: 'action_required', next_action: { kind: '3ds' } })
    expect(await allowance(token)).toEqual({ uses_left: 0, uses_reserved: 1, uses_settled: 0 })
    const rows = await charging.sql<{ processor_ref: string }>('select processor_ref from charges where id = $1', [
      charge.id,
    ])
    await fetch(`${charging.processor.url}/v1/payments/${rows[0]?.processor_ref}/challenge`, {
      method: 'POST',
      body: JSON.stringify({ result: 'passed' }),
      headers: { authorization: `Bearer ${charging.processor.secret}`, 'content-type': 'application/json' },
    })
    expect((await gateway.get(charge.id)).state).toBe('captured')
    expect(await types(charge.id)).toEqual(['1 charge.created', '2 charge.action_required', '3 charge.captured'])
  })
})

describe('a charge that waits for a challenge', () => {
  test('may be voided, and gives its allowance back', async () => {
    const { token } = await mintToken(charging.vault, 'challenge')
    const { charge } = await gateway.charge({ token })
    expect((await gateway.change(charge.id, 'void')).charge.state).toBe('voided')
    expect(await allowance(token)).toEqual({ uses_left: 1, uses_reserved: 0, uses_settled: 0 })
    expect(await types(charge.id)).toEqual(['1 charge.created', '2 charge.action_required', '3 charge.voided'])
  })
})

describe('an authorization', () => {
  test('is captured in parts, then refunded in parts, with the sums in answers and events', async () => {
    const { token } = await mintToken(charging.vault)
    const { charge } = await gateway.charge({ token, operation: 'authorize' })
    expect(charge).toMatchObject({ state: 'authorized', amount_authorized_minor: 8_000, amount_captured_minor: 0 })
    const { id } = charge
    expect((await gateway.change(id, 'capture', { amount_minor: 5_000 })).charge).toMatchObject({
      state: 'partially_captured',
      amount_captured_minor: 5_000,
    })
    expect((await gateway.change(id, 'capture')).charge).toMatchObject({
      state: 'captured',
      amount_captured_minor: 8_000,
    })
    expect((await gateway.change(id, 'refund', { amount_minor: 3_000 })).charge).toMatchObject({
      state: 'partially_refunded',
      amount_refunded_minor: 3_000,
    })
    await expect(gateway.change(id, 'refund', { amount_minor: 5_001 })).rejects.toMatchObject({
      code: 'request.malformed',
      param: 'amount_minor',
    })
    expect((await gateway.change(id, 'refund', { amount_minor: 5_000 })).charge).toMatchObject({
      state: 'refunded',
      amount_refunded_minor: 8_000,
    })
    await expect(gateway.change(id, 'refund')).rejects.toMatchObject({ code: 'system.conflict' })
    const events = await charging.events(id)
    expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6])
    expect(events.flatMap(({ data }) => ('amount_refunded_minor' in data ? [data.amount_refunded_minor] : []))).toEqual(
      [3_000, 8_000],
    )
    expect(events.flatMap(({ data }) => ('amount_captured_minor' in data ? [data.amount_captured_minor] : []))).toEqual(
      [5_000, 8_000],
    )
  })

  test('is voided before its capture and not after it', async () => {
    const { token } = await mintToken(charging.vault, 'visa', {
      mandate: { uses: 2, amount_max_minor: 9_000, currency: 'EUR' },
    })
    const one = await gateway.charge({ token, operation: 'authorize', reference: 'a' })
    expect((await gateway.change(one.charge.id, 'void')).charge.state).toBe('voided')
    const two = await gateway.charge({ token, operation: 'authorize', reference: 'b' })
    await gateway.change(two.charge.id, 'capture')
    await expect(gateway.change(two.charge.id, 'void')).rejects.toMatchObject({ code: 'system.conflict' })
  })

  test('is captured once by one key: the same key and body repeat the answer, another body is a conflict', async () => {
    const { token } = await mintToken(charging.vault)
    const { charge } = await gateway.charge({ token, operation: 'authorize' })
    const first = await gateway.change(charge.id, 'capture', { amount_minor: 1_000, key: 'k' })
    const again = await gateway.change(charge.id, 'capture', { amount_minor: 1_000, key: 'k' })
    expect([first.replayed, again.replayed]).toEqual([false, true])
    expect(again.charge.amount_captured_minor).toBe(1_000)
    await expect(gateway.change(charge.id, 'capture', { amount_minor: 2_000, key: 'k' })).rejects.toMatchObject({
      code: 'request.idempotency_conflict',
    })
  })

  test('whose capture fails with a 5xx after success says so, and the same key then learns that it was captured', async () => {
    const { token } = await mintToken(charging.vault)
    const { charge } = await gateway.charge({ token, operation: 'authorize' })
    const lost = await gateway.change(charge.id, 'capture', { amount_minor: 1_092, key: 'lost' })
    expect(lost.charge).toMatchObject({ state: 'authorized', error: { code: 'processor.unknown_outcome' } })
    await expect(gateway.change(charge.id, 'capture', { amount_minor: 100 })).rejects.toMatchObject({
      code: 'system.conflict',
    })
    const found = await gateway.change(charge.id, 'capture', { amount_minor: 1_092, key: 'lost' })
    expect(found.charge).toMatchObject({ state: 'partially_captured', amount_captured_minor: 1_092 })
    expect(found.charge.error).toBeUndefined()
    expect(await types(charge.id)).toEqual([
      '1 charge.created',
      '2 charge.authorized',
      '3 charge.unknown',
      '4 charge.captured',
    ])
  })
})

describe('what a mandate does not cover', () => {
  test('is refused with the reason and makes no charge', async () => {
    const { token } = await mintToken(charging.vault)
    await expect(gateway.charge({ token, amount_minor: 50_001 })).rejects.toMatchObject({
      code: 'policy.amount_exceeds_mandate',
    })
    await expect(gateway.charge({ token, currency: 'USD' })).rejects.toMatchObject({
      code: 'policy.amount_exceeds_mandate',
    })
    await expect(gateway.charge({ token, processor: 'other' })).rejects.toMatchObject({
      code: 'policy.account_not_allowed',
    })
    await expect(gateway.charge({ token: `tok_test_${'z'.repeat(26)}` })).rejects.toMatchObject({
      code: 'request.not_found',
    })
    expect(await charging.sql('select from charges where token = $1', [token])).toHaveLength(0)
    expect((await gateway.charge({ token })).charge.state).toBe('captured')
    await expect(gateway.charge({ token })).rejects.toMatchObject({ code: 'policy.purpose_not_allowed' })
  })

  test('is refused for a token that was minted without an amount', async () => {
    const { token } = await mintToken(charging.vault, 'visa', {
      mandate: undefined,
      amount: undefined,
      purpose: 'save',
    })
    await expect(gateway.charge({ token })).rejects.toMatchObject({ code: 'policy.purpose_not_allowed' })
  })

  test('is refused where the grant says another thing than the request', async () => {
    const { token } = await mintToken(charging.vault)
    const other = await mintToken(charging.vault)
    const wrong = [
      { amount_minor: 1 },
      { currency: 'USD' },
      { token: other.token },
      { operation: 'authorize' },
      { mode: 'live' },
      { charge: `chg_${'a'.repeat(26)}` },
      { egress: 'another' },
      { tenant: `ten_${'a'.repeat(26)}` },
      { exp: Math.floor(Date.now() / 1000) - 30, iat: Math.floor(Date.now() / 1000) - 60 },
    ] as const
    for (const claims of wrong) {
      await expect(gateway.charge({ token }, claims), JSON.stringify(claims)).rejects.toMatchObject({
        code: 'auth.forbidden',
      })
    }
    await expect(gateway.charge({ token }, { account: `acct_${'a'.repeat(26)}` })).rejects.toMatchObject({
      code: 'policy.account_not_allowed',
    })
    expect(await charging.sql('select from charges where token = $1', [token])).toHaveLength(0)
  })
})

describe('a token', () => {
  test('is read with what is left of it, and not by another tenant', async () => {
    const { token, captureId } = await mintToken(charging.vault, 'amex', {
      mandate: { uses: 3, amount_max_minor: 9_000, currency: 'EUR' },
    })
    await gateway.charge({ token, reference: 'one' })
    const answer = tokenAnswer.parse(await gateway.call('GET', `/tokens/${token}?tenant=${charging.tenant}`))
    expect(answer).toMatchObject({
      uses: 3,
      uses_left: 2,
      state: 'active',
      capture_id: captureId,
      card: { brand: 'amex', last4: '0005' },
    })
    const stranger = `ten_${'q'.repeat(26)}`
    await expect(gateway.call('GET', `/tokens/${token}?tenant=${stranger}`)).rejects.toMatchObject({
      code: 'request.not_found',
    })
  })

  test('that is erased cannot be charged, and the answer of its old charge is still given under its key', async () => {
    const { token } = await mintToken(charging.vault, 'visa', {
      mandate: { uses: 2, amount_max_minor: 9_000, currency: 'EUR' },
    })
    const before = await gateway.charge({ token, reference: 'kept', key: 'before-erasing' })
    const { body } = await gateway.prepare({ token, reference: 'kept', key: 'before-erasing' })
    await charging.vault.asGateway('POST', `/tokens/${token}/erase`, { tenant: charging.tenant })
    await expect(gateway.charge({ token, reference: 'later' })).rejects.toMatchObject({ code: 'request.not_found' })
    expect(await gateway.call('POST', '/charges', { ...body, grant: '' })).toMatchObject({
      charge: { id: before.charge.id, state: 'captured' },
      replayed: true,
    })
  })
})

describe('a record that a later version wrote', () => {
  test('is an error to try again, decides nothing about the charge, and opens once this version knows it', async () => {
    const { token } = await mintToken(charging.vault)
    const request = { token, key: 'later-version' }
    const version = (n: number) => charging.sql('update records set version = $2 where token = $1', [token, n])
    await version(9)
    for (let i = 0; i < 4; i += 1)
      await expect(gateway.charge(request)).rejects.toMatchObject({ code: 'system.unavailable' })
    expect(await allowance(token)).toEqual({ uses_left: 1, uses_reserved: 0, uses_settled: 0 })
    await version(1)
    expect((await gateway.charge(request)).charge.state).toBe('captured')
  })
})
