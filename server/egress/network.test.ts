/** The network that the person chose for a card that two serve: from the sealed bytes to the processor's request. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { captureAnswer, tokenAnswer } from '../../protocol/agent-http.ts'
import { type RunningGateway, startCharging, type TestCharging } from '../testing/charging.ts'
import { TestFrame, type TypedCard } from '../testing/frame.ts'

let charging: TestCharging
let gateway: RunningGateway
beforeAll(async () => {
  charging = await startCharging()
  gateway = await charging.startEgress({ timeoutMs: 1_500 })
})
afterAll(() => charging?.close())

const french = '4000002500001001'
const mandate = { uses: 5, amount_max_minor: 50_000, currency: 'EUR' }

async function submitted(card: TypedCard) {
  const { id, clientSecret } = await charging.vault.createCapture({ mandate })
  const frame = new TestFrame(charging.vault.intakeUrl, id)
  const { body: attached } = await frame.attach(clientSecret)
  const { body, status } = await frame.submit(attached, await frame.seal(attached, { cvc: '737', ...card }))
  return { id, frame, attached, body, status }
}
const captureOf = async (id: string) => {
  const path = `/captures/${id}?tenant=${charging.tenant}`
  return captureAnswer.parse(((await charging.vault.asGateway('GET', path)) as { capture: unknown }).capture)
}
const charged = async (token: string) => {
  const { charge } = await gateway.charge({ token, reference: `order-${randomUUID()}` })
  expect(charge.state).toBe('captured')
  return (await charging.payment(charge.id)) ?? {}
}

/** By the sandbox's own route. */
const played = async (card: string, network?: string) => {
  const { id } = await charging.vault.createCapture({ mandate })
  const body = { tenant: charging.tenant, card, ...(network && { network }) }
  const answer = await charging.vault.asGateway('POST', `/test/captures/${id}/complete`, body)
  return { capture: captureAnswer.parse((answer as { capture: unknown }).capture) }
}

describe('a card that two networks serve', () => {
  test('is offered with the ranges by which the form knows it', async () => {
    const { attached } = await submitted({ number: french })
    expect(attached.cobadges?.some((row) => row.startsWith('cartes_bancaires/visa '))).toBe(true)
  })

  test.each(['cartes_bancaires', 'visa'])(
    'is charged over %s where the person chose it, each time, and the agent reads which',
    async (network) => {
      const { id, body } = await submitted({ number: french, network })
      const token = body.token ?? ''
      const face = { brand: 'visa', last4: '1001', network }
      expect((await captureOf(id)).card).toMatchObject(face)
      expect(await charged(token)).toMatchObject({ network })
      expect(await charged(token)).toMatchObject({ network })
      const read = await gateway.call('GET', `/tokens/${token}?tenant=${charging.tenant}`)
      expect(tokenAnswer.parse(read).card).toMatchObject(face)
      const completed = (await charging.events(id)).at(-1)
      expect(completed).toMatchObject({ type: 'capture.completed', data: { card: face } })
    },
  )

  test('is charged as its processor does where the person chose nothing: no network is in the request', async () => {
    const { id, body } = await submitted({ number: french })
    expect((await captureOf(id)).card).not.toHaveProperty('network')
    expect(await charged(body.token ?? '')).not.toHaveProperty('network')
  })

  test('keeps its network when its code is asked for alone', async () => {
    const { body } = await submitted({ number: french, network: 'cartes_bancaires' })
    const token = body.token ?? ''
    await charged(token)
    const { id, clientSecret } = await charging.vault.createCapture({ token, fields: ['cvc'] })
    const frame = new TestFrame(charging.vault.intakeUrl, id)
    const { body: attached } = await frame.attach(clientSecret)
    expect(attached).not.toHaveProperty('cobadges')
    await frame.submit(attached, await frame.sealCode(attached, '737'))
    expect((await captureOf(id)).card).toMatchObject({ network: 'cartes_bancaires' })
    expect(await charged(token)).toMatchObject({ network: 'cartes_bancaires', cvc_check: 'passed' })
  })

  test.each([
    ['of another card', { number: '4242424242424242', network: 'cartes_bancaires' }],
    ['that is not on this one', { number: french, network: 'mastercard' }],
  ])('a network %s is refused: it is no choice that the form gives', async (_why, card) => {
    const { body, id } = await submitted(card)
    expect(body).toMatchObject({ code: 'input.not_accepted', field: 'number' })
    expect((await captureOf(id)).state).not.toBe('completed')
  })

  test.each([
    ['cartes_bancaires_visa', 'visa', 'cartes_bancaires'],
    ['cartes_bancaires_visa', 'visa', 'visa'],
    ['cartes_bancaires_mastercard', 'mastercard', 'cartes_bancaires'],
    ['cartes_bancaires_mastercard', 'mastercard', undefined],
  ])('an agent is tested with %s, a %s, and %s without a browser', async (card, brand, network) => {
    const { capture } = await played(card, network)
    expect(capture.card).toMatchObject({ brand, last4: '1001' })
    expect(capture.card?.network).toBe(network)
    expect((await charged(capture.token?.id ?? '')).network).toBe(network)
  })

  test('an agent is tested with no network that the card does not have', async () => {
    for (const [card, network] of [
      ['visa', 'cartes_bancaires'],
      ['cartes_bancaires_visa', 'mastercard'],
    ] as const)
      await expect(played(card, network)).rejects.toMatchObject({ code: 'input.not_accepted' })
    await expect(played('cartes_bancaires_visa', '4000 0025')).rejects.toMatchObject({ code: 'request.malformed' })
  })

  test('is told of before the end by nothing: no event but the last names a network', async () => {
    const { id, frame, clientSecret } = await (async () => {
      const { id, clientSecret } = await charging.vault.createCapture({ mandate })
      return { id, clientSecret, frame: new TestFrame(charging.vault.intakeUrl, id) }
    })()
    const { body: attached } = await frame.attach(clientSecret)
    const item = { kind: 'completed', field: 'number', brand: 'visa', last4: '1001' }
    expect((await frame.progress(attached, [{ ...item, network: 'cartes_bancaires' }])).status).toBe(400)
    expect((await frame.progress(attached, [item])).status).toBe(200)
    await frame.submit(attached, await frame.seal(attached, { number: french, cvc: '737', network: 'visa' }))
    const events = await charging.events(id)
    expect(events.filter((event) => JSON.stringify(event).includes('network')).map(({ type }) => type)).toEqual([
      'capture.completed',
    ])
  })
})
