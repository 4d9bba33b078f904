import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startFakeGateway, type FakeGateway } from '../../agent/testing/gateway.ts'
import type { EntryBody } from '../talk.ts'
import { startAgent, type Agent } from './agent.ts'
import { understand } from './understand.ts'

let gateway: FakeGateway
let agent: Agent
let entries: EntryBody[]

beforeEach(async () => {
  gateway = await startFakeGateway()
  entries = []
  agent = startAgent({
    conversation: 'chat_test',
    gatewayUrl: gateway.url,
    secretKey: gateway.secretKey,
    write: (entry) => entries.push(entry),
    typing: () => {},
    pause: async () => {},
  })
})
afterEach(async () => {
  agent.close()
  await gateway.close()
})

const said = (): string[] =>
  entries.flatMap((entry) => (entry.kind === 'said' && entry.by === 'agent' ? [entry.text] : []))
const received = (): string[] => entries.flatMap((entry) => (entry.kind === 'received' ? [entry.name] : []))
const until = (holds: () => void): Promise<void> => vi.waitFor(holds, { timeout: 5000, interval: 5 })
const hears = (part: RegExp): Promise<void> => until(() => expect(said().join('\n')).toMatch(part))
const forms = (): string[] => entries.flatMap((entry) => (entry.kind === 'form' ? [entry.capture_id] : []))

async function toForm(item = 'Lantern Room, one night'): Promise<string> {
  const before = forms().length
  agent.hear(item)
  await hears(/Shall I take the payment/)
  agent.hear('Yes, pay by card')
  await until(() => expect(forms()).toHaveLength(before + 1))
  await until(() => expect(received()).toContain('capture.created'))
  return forms().at(-1) ?? ''
}

describe('a payment in a conversation', () => {
  it("goes from the wish to the receipt, and the agent charges only after the server's event", async () => {
    const id = await toForm()
    gateway.fill(id)
    await hears(/booked\. Your order number is HR.[A-Z]{6}/)
    const order = received()
    expect(order.indexOf('POST /v1/charges')).toBeGreaterThan(order.indexOf('capture.completed'))
    expect(entries).toContainEqual(
      expect.objectContaining({ kind: 'receipt', brand: 'visa', last4: '4242', state: 'paid' }),
    )
  })

  it('opens the form for a customer who had begun to write a card and chose it, once there is something to pay', async () => {
    agent.wouldUseForm()
    await hears(/Gladly\. What shall it be/)
    expect(forms()).toEqual([])
    agent.hear('Lantern Room, one night')
    await hears(/Shall I take the payment/)
    agent.wouldUseForm()
    await until(() => expect(forms()).toHaveLength(1))
    agent.wouldUseForm()
    await hears(/still open above/)
    expect(forms()).toHaveLength(1)
  })

  it('a refused field brings a hint, once', async () => {
    const id = await toForm()
    gateway.act(id, { kind: 'attach', channel: 'web' })
    for (const _ of [1, 2]) gateway.act(id, { kind: 'field_rejected', epoch: 1, field: 'number', code: 'incomplete' })
    await hears(/a little short/)
    await until(() => expect(received().filter((name) => name === 'capture.field.rejected')).toHaveLength(2))
    expect(said().filter((text) => /a little short/.test(text))).toHaveLength(1)
  })

  it('of what is mended when it is heard of nothing is said', async () => {
    const id = await toForm()
    gateway.act(id, { kind: 'attach', channel: 'web' })
    gateway.act(id, { kind: 'field_rejected', epoch: 1, field: 'number', code: 'incomplete' })
    gateway.act(id, { kind: 'field_completed', epoch: 1, field: 'number' })
    gateway.act(id, { kind: 'field_rejected', epoch: 1, field: 'expiry', code: 'expired' })
    // The later one of the two has its word.
    await hears(/expired|past/)
    expect(said().filter((text) => /a little short/.test(text))).toEqual([])
  })

  it('a question is answered while the form waits, and the form goes on', async () => {
    const id = await toForm()
    agent.hear('Is it safe?')
    await hears(/last four digits and a reference/)
    await until(() => expect(received()).toEqual(expect.arrayContaining(['capture.suspended', 'capture.resumed'])))
    gateway.fill(id)
    await hears(/All set/)
  })

  it('a decline is followed by another form in the same talk, a retry of the first', async () => {
    const first = await toForm()
    gateway.fill(first, 'declined')
    await hears(/declined that card/)
    agent.hear('Use another card')
    await until(() => expect(forms()).toHaveLength(2))
    gateway.fill(forms()[1] ?? '')
    await hears(/All set/)
    const asked = gateway.requests.filter((request) => request.method === 'POST' && request.path === '/v1/captures')
    expect(asked[1]?.body).toMatchObject({ retry_of: first })
  })

  it('insufficient funds are told as such', async () => {
    gateway.fill(await toForm(), 'insufficient_funds')
    await hears(/not enough on that card/)
  })

  it('a form that did not come is offered by link: to the page alone, and one link however often it asks', async () => {
    const id = await toForm()
    const link = await agent.formLink(id)
    await hears(/two words, and they are “amber lantern”/)
    expect(await agent.formLink(id)).toEqual(link)
    expect(said().filter((text) => /amber lantern/.test(text))).toHaveLength(1)
    const secret = link?.url.split('#')[1] ?? ''
    expect(secret).toHaveLength(22)
    expect(JSON.stringify(entries)).not.toContain(secret)
    expect(JSON.stringify(entries)).not.toContain(link?.qr.path)
    expect(await agent.formLink(`cap_${'z'.repeat(26)}`)).toBe(null)
    gateway.fill(id)
    await hears(/All set/)
    expect(await agent.formLink(id)).toBe(null)
  })

  it('"not now" closes the form in a friendly way, and it can be shown again', async () => {
    await toForm()
    agent.hear('Not now')
    await hears(/closed and nothing was charged/)
    expect(entries).toContainEqual(expect.objectContaining({ kind: 'form_ended', state: 'canceled' }))
    agent.hear('Show the form again')
    await until(() => expect(forms()).toHaveLength(2))
  })

  it('an expired form is offered again', async () => {
    gateway.act(await toForm(), { kind: 'expire', reason: 'test' })
    await hears(/time ran out/)
    agent.hear('Show the form again')
    await until(() => expect(forms()).toHaveLength(2))
  })

  it('an unknown outcome is resolved by asking, never by charging again', async () => {
    gateway.fill(await toForm('Late checkout'))
    await hears(/checking with it/)
    await hears(/All set: Late checkout/)
    expect(gateway.requests.filter((request) => request.path === '/v1/charges')).toHaveLength(1)
  })

  it('a charge without any answer is asked for again with the same key, and no second card is asked for', async () => {
    const id = await toForm()
    for (let n = 0; n < 5; n += 1) gateway.faults.push({ path: /POST .v1.charges/, hangUp: 'after' })
    gateway.fill(id)
    await hears(/no answer about your payment/)
    agent.hear('Use another card')
    await hears(/All set/)
    expect(forms()).toHaveLength(1)
    expect(gateway.events.filter((event) => event.type === 'charge.created')).toHaveLength(1)
  }, 15_000)

  it('a refund is given on request, once', async () => {
    gateway.fill(await toForm())
    await hears(/All set/)
    agent.hear('Refund my order')
    await hears(/goes back to the same card/)
    agent.hear('Refund please')
    await hears(/refunded already/)
    expect(gateway.requests.filter((request) => request.path.endsWith('/refund'))).toHaveLength(1)
  })

  it('a gateway that is down is told in words', async () => {
    for (let n = 0; n < 9; n += 1) gateway.faults.push({ path: /POST .v1.captures/, code: 'system.unavailable' })
    agent.hear('Lantern Room, one night')
    agent.hear('Yes, pay by card')
    await hears(/does not answer just now/)
  }, 15_000)
})

describe('what the agent keeps', () => {
  it('a card number typed into the chat is neither kept nor repeated', async () => {
    agent.hear('my card is 4242 4242 4242 4242 ok')
    await hears(/do not type your card here/)
    expect(JSON.stringify(entries)).not.toContain('4242')
  })

  it('no client secret and no secret key is among what it shows', async () => {
    const id = await toForm()
    const secret = await agent.formSecret(id)
    expect(secret).toContain('secret')
    expect(await agent.formSecret('cap_zzzzzzzzzzzzzzzzzzzzzzzzzz')).toBeNull()
    expect(JSON.stringify(entries)).not.toContain(secret)
    expect(JSON.stringify(entries)).not.toContain(gateway.secretKey)
  })
})

it.each([
  ['Can I cancel later?', 'question'],
  ['Late checkout', 'item'],
  ['a room for tonight please', 'item'],
  ['Use another card', 'another_card'],
  ['cancel', 'not_now'],
  ['is my card safe here', 'question'],
  ['What is included?', 'question'],
  ['I want my money back', 'refund'],
  ['ok', 'pay'],
  ['Something else, please', 'catalogue'],
  ['purple monkey', 'unclear'],
  ['Thank you', 'thanks'],
  ['Not now', 'not_now'],
  ['Breakfast for two', 'item'],
  ['Pilot’s Loft, two nights', 'item'],
  ['Boat to the lighthouse', 'item'],
  ['No, thanks', 'not_now'],
])('"%s" is understood as %s', (text, kind) => {
  expect(understand(text).kind).toBe(kind)
})
