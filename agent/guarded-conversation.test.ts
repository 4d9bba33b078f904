import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Guard } from '../detect/finding.ts'
import { createGuard } from '../detect/index.ts'
import { createSallyport, type GuardedConversationOptions, type Sallyport } from './index.ts'
import { type FakeGateway, startFakeGateway } from './testing/gateway.ts'

let gateway: FakeGateway
let sallyport: Sallyport
beforeEach(async () => {
  gateway = await startFakeGateway()
  sallyport = createSallyport({ baseUrl: gateway.url, secretKey: gateway.secretKey, retryBaseMs: 1, retriesMax: 1 })
})
afterEach(() => gateway.close())

const number = '4242 4242 4242 4242'
const talkOf = (more: Partial<GuardedConversationOptions> = {}) =>
  sallyport.guardConversation({ conversation: 'chat_one', ...more })
async function* typed(text: string, size = 1): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
}
async function all(source: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const chunk of source) text += chunk
  return text
}
const leaks = () => gateway.requests.filter(({ path }) => path === '/v1/leaks').map(({ body }) => body)

describe('a guarded conversation', () => {
  it('gives neither side the card of the other, and tells the gateway where it was found', async () => {
    const talk = talkOf()
    const heard = talk.customer(`sure, ${number}`)
    expect(heard).toMatchObject({ text: 'sure, [card number removed]', held: false, turn: 1 })
    expect(await all(talk.modelStream(typed(`You said ${number}, right?`)))).toBe(
      'You said 4242 42[card number removed], right?',
    )
    await talk.end()
    expect(leaks()).toEqual([
      {
        ...{ conversation: 'chat_one', surface: 'agent_in', action: 'scrubbed' },
        findings: [expect.objectContaining({ kind: 'pan', spans: [{ turn: 1, start: 6, end: 25 }] })],
      },
      {
        ...{ conversation: 'chat_one', surface: 'agent_out', action: 'scrubbed' },
        findings: [expect.objectContaining({ kind: 'pan', spans: [{ turn: 2, start: 9, end: 28 }] })],
      },
    ])
    // Its own port may be 42421.
    const { host } = new URL(gateway.url)
    expect(JSON.stringify(gateway.requests).replaceAll(host, '')).not.toContain('4242')
    expect(gateway.events.map(({ type }) => type)).toEqual(['leak.detected', 'leak.detected'])
  })

  it('finds a number over several turns, with the other side speaking between', async () => {
    const talk = talkOf({ report: false })
    expect(talk.model('What is your card number?').text).toBe('What is your card number?')
    const said = [talk.customer('4242 4242'), talk.model('Go on.'), talk.customer('4242 4242')]
    expect(said.map(({ text }) => text).join(' ')).not.toMatch(/4242 4242/)
    expect(said[2]?.findings[0]).toMatchObject({ kind: 'pan', spans: [{ turn: 2 }, { turn: 4 }] })
    expect(said[2]?.amend).toMatchObject([{ turn: 2 }])
    await talk.end()
  })

  it('does not join the digits of the two', async () => {
    const talk = talkOf({ report: false })
    const said = [talk.customer('room 4242 4242'), talk.model('4242 4242')]
    expect(said.flatMap(({ findings }) => findings)).toEqual([])
    await talk.end()
    expect(leaks()).toEqual([])
  })

  it('armed, it takes three digits alone for the code that was asked for; not armed, for a number (control)', () => {
    const plain = talkOf({ report: false })
    expect(plain.customer('123').findings).toEqual([])
    const armed = talkOf({ report: false })
    armed.arm('cvc')
    expect(armed.customer('123')).toMatchObject({ text: '[security code removed]', findings: [{ kind: 'cvc' }] })
  })

  it('a stream that was cut off ends its turn when the next begins', async () => {
    const talk = talkOf({ report: false })
    for await (const _chunk of talk.modelStream(typed('one moment please', 4))) break
    expect(await all(talk.modelStream(typed('Back again.', 4)))).toBe('Back again.')
    expect(talk.model('x').turn).toBe(3)
  })

  it('a web stream comes out as one', async () => {
    const source = new ReadableStream<string>({
      start(controller) {
        controller.enqueue(`it is ${number}`)
        controller.close()
      },
    })
    const reader = talkOf({ report: false }).customerStream(source).getReader()
    expect(await reader.read()).toMatchObject({ value: expect.not.stringContaining('4242 4242') })
  })

  it('hears of findings at once, by side', () => {
    const seen: string[] = []
    const talk = talkOf({
      report: false,
      onFindings: ({ surface, findings }) => seen.push(`${surface} ${findings.length}`),
    })
    talk.customer(number)
    talk.model('Thank you.')
    talk.model(number)
    expect(seen).toEqual(['agent_in 1', 'agent_out 1'])
  })

  it('a report that cannot be told stops no turn, and is told at the end', async () => {
    gateway.faults.push({ path: /leaks/, code: 'auth.unauthenticated' })
    const talk = talkOf()
    expect(talk.customer(number).text).toBe('[card number removed]')
    expect(talk.customer('thanks').text).toBe('thanks')
    await expect(talk.end()).rejects.toMatchObject({ code: 'auth.unauthenticated' })
  })

  it('lets nothing on any more once its detector has failed, on either side', async () => {
    const guard = createGuard()
    let broken = false
    const failing: Guard = {
      arm: (kind, options) => guard.arm(kind, options),
      flush: () => guard.flush(),
      push: (chunk, options) => {
        if (broken) throw new Error(`no: ${chunk}`)
        return guard.push(chunk, options)
      },
    }
    const talk = talkOf({ report: false, guard: failing })
    expect(talk.customer('hello').text).toBe('hello')
    broken = true
    const refused = expect.objectContaining({ code: 'shield.unavailable' })
    expect(() => talk.customer(number)).toThrow(refused)
    broken = false
    expect(() => talk.model('hello')).toThrow(refused)
    await expect(all(talk.modelStream(typed('hello')))).rejects.toMatchObject({ code: 'shield.unavailable' })
    await expect(talk.end()).rejects.toMatchObject({ code: 'shield.unavailable' })
  })
})
