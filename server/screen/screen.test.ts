/** The screen over HTTP: what comes back, what the gateway hears, what is remembered and for how long. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createGuard } from '../../detect/index.ts'
import { leakReport } from '../../protocol/leaks.ts'
import { screenKeeps } from './limits.ts'
import { keys, type TestScreen, testScreen } from './testing/screen.ts'

let screen: TestScreen
let now: number
beforeEach(async () => {
  now = 1_800_000_000_000
  screen = await testScreen({ now: () => now })
})
afterEach(() => screen.close())

const number = '4242 4242 4242 4242'
const customer = (text: string) => ({ speaker: 'customer', text })
const say = (...turns: object[]) => screen.say({ conversation: 'talk-1', turns })
const digits = (text: string): string => text.replace(/\D/g, '')

describe('POST /v1/screen', () => {
  it('gives turns back without card data, with findings by turn', async () => {
    const { status, body } = await say(customer(`it is ${number}`), { speaker: 'agent', text: 'Thank you.' })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      turns: [
        { speaker: 'customer', turn: 1, text: 'it is [card number removed]', held: false, findings: [{ kind: 'pan' }] },
        { speaker: 'agent', turn: 2, text: 'Thank you.', findings: [] },
      ],
      findings: [],
    })
  })

  it('joins a number over turns and requests, and says which earlier text to mend', async () => {
    const first = await say(customer('my card: 4242 4242'))
    expect(first.body['turns'][0]).toMatchObject({ text: 'my card: 4242 42[number held back]', held: true })
    const second = await say({ speaker: 'agent', text: 'Go on.' }, customer('4242 4242'))
    expect(second.body['turns'][1]).toMatchObject({
      text: '[card number removed]',
      findings: [{ kind: 'pan', spans: [{ turn: 1 }, { turn: 3 }] }],
      amend: [{ turn: 1, start: 9, end: 18 }],
    })
  })

  it('armed, it takes the code that was asked for; not armed, not (control)', async () => {
    expect((await say(customer('123'))).body['turns'][0].text).toBe('123')
    const armed = { conversation: 'talk-2', arm: [{ kind: 'cvc', turns: 1 }], turns: [customer('123')] }
    expect((await screen.say(armed)).body['turns'][0].text).toBe('[security code removed]')
  })

  it('tells the gateway findings alone, with the caller’s own key', async () => {
    await say(customer(`it is ${number}`))
    await screen.running.reports.settled()
    expect(screen.told).toHaveLength(1)
    const [{ authorization, body }] = screen.told as [(typeof screen.told)[0]]
    expect(authorization).toBe(`Bearer ${keys.first}`)
    expect(leakReport.parse(body)).toMatchObject({
      conversation: 'talk-1',
      surface: 'screen',
      action: 'scrubbed',
      findings: [{ kind: 'pan', spans: [{ turn: 1, start: 6, end: 25 }] }],
    })
    expect(JSON.stringify(screen.told)).not.toMatch(/4242/)
  })

  it('a report is tried again under one key while the gateway is away, and not where it refuses', async () => {
    screen.answers.push(503, 429)
    await say(customer(number))
    await screen.running.reports.settled()
    expect(screen.told).toHaveLength(3)
    expect(new Set(screen.told.map(({ key }) => key)).size).toBe(1)
    screen.answers.push(401)
    await say(customer(number))
    await screen.running.reports.settled()
    expect(screen.told).toHaveLength(4)
    screen.answers.push(500, 500, 500, 500)
    await say(customer(number))
    await screen.running.reports.settled()
    const metrics = await (await fetch(`${screen.url}/metrics`)).text()
    expect(metrics).toContain('sallyport_screen_reports_total{result="told"} 1')
    expect(metrics).toContain('sallyport_screen_reports_total{result="refused"} 1')
    expect(metrics).toContain('sallyport_screen_reports_total{result="lost"} 1')
    expect(metrics).toContain('sallyport_screen_findings_total{kind="pan"} 3')
    expect(screen.log()).toContain('report.lost')
  })
})

describe('what is remembered', () => {
  it('never joins two callers’ digits, whatever they call their conversations', async () => {
    const half = { conversation: 'talk-1', turns: [customer('card 4242 4242')] }
    await screen.say(half)
    const other = await screen.say(half, { key: keys.second })
    expect(other.body['turns'][0]).toMatchObject({ turn: 1, findings: [] })
    // Control: the first caller's own second half is the rest of it.
    expect((await screen.say(half)).body['turns'][0].findings).toHaveLength(1)
  })

  it('nor two conversations of one caller', async () => {
    await screen.say({ conversation: 'talk-1', turns: [customer('card 4242 4242')] })
    const other = await screen.say({ conversation: 'talk-2', turns: [customer('card 4242 4242')] })
    expect(other.body['turns'][0].findings).toEqual([])
  })

  it('is forgotten two minutes after the last turn', async () => {
    await say(customer('card 4242 4242'))
    now += screenKeeps.rememberMs
    expect((await say(customer('wait'))).body['turns'][0].turn).toBe(2)
    now += screenKeeps.rememberMs + 1
    expect((await say(customer('4242 4242'))).body['turns'][0]).toMatchObject({ turn: 1, findings: [] })
  })

  it('is forgotten at the end of the talk', async () => {
    await say(customer('card 4242 4242'))
    await screen.say({ conversation: 'talk-1', turns: [], end: true })
    expect((await say(customer('4242 4242'))).body['turns'][0]).toMatchObject({ turn: 1, findings: [] })
  })

  it('is bounded: a conversation too many is refused, and takes no other’s place', async () => {
    await screen.close()
    screen = await testScreen({ now: () => now, max: 2 })
    const of = (conversation: string, text: string) => screen.say({ conversation, turns: [customer(text)] })
    await of('a', 'card 4242 4242')
    await of('b', 'hello')
    const refused = await of('c', 'hello')
    expect([refused.status, refused.body['code']]).toEqual([429, 'request.rate_limited'])
    expect((await of('a', '4242 4242')).body['turns'][0].findings).toHaveLength(1)
    now += screenKeeps.rememberMs + 1
    expect((await of('c', 'hello')).status).toBe(200)
  })

  it('has a bounded number of speakers', async () => {
    const turns = ['a', 'b', 'c', 'd'].map((speaker) => ({ speaker, text: 'hello' }))
    expect((await say(...turns)).status).toBe(200)
    expect((await say({ speaker: 'e', text: 'hello' })).body).toMatchObject({
      code: 'request.malformed',
      param: 'speaker',
    })
  })
})

describe('POST /v1/screen/stream', () => {
  it('releases text while it comes, and of a number at most six digits before it is found', async () => {
    const pieces = ['My card ', 'is 42', '42 4', '242 42', '42 4242', ', thanks']
    const { status, after, text, frames } = await screen.stream(pieces, { pauseMs: 60 })
    expect(status).toBe(200)
    // While the request is still under way.
    expect(after[4]).toMatch(/^My card is/)
    for (const released of after) expect(digits(released).length).toBeLessThanOrEqual(6)
    expect(text).toBe('My card is 4242 42[card number removed], thanks')
    expect(frames.at(-1)).toMatchObject({ turn: 1, held: false, findings: [{ kind: 'pan' }], amend: [] })
    // Control: what was sent had it whole.
    expect(digits(pieces.join(''))).toBe(digits(number))
  })

  it('is a turn of its conversation: its tail counts for the next request', async () => {
    const { text } = await screen.stream(['card 4242', ' 4242'])
    expect(text).toBe('card 4242 42[number held back]')
    expect((await say(customer('4242 4242'))).body['turns'][0]).toMatchObject({ turn: 2, findings: [{ kind: 'pan' }] })
  })

  it('takes a character that comes in two pieces as one', async () => {
    const bytes = new TextEncoder().encode('ok 😀.')
    expect((await screen.stream([bytes.subarray(0, 5), bytes.subarray(5)])).text).toBe('ok 😀.')
  })

  it('of a speaker whose turn is under way is refused; of another it is not', async () => {
    const first = screen.stream(['one moment ', 'please'], { pauseMs: 150 })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await say(customer('hello'))).body['code']).toBe('system.conflict')
    expect((await say({ speaker: 'agent', text: 'hello' })).status).toBe(200)
    expect((await first).text).toBe('one moment please')
    expect((await say(customer('hello'))).status).toBe(200)
  })

  it('that its sender leaves is a turn all the same, and holds nobody up', async () => {
    const { after } = await screen.stream(['it is 4242 4242 '], { leave: true, pauseMs: 400 })
    expect(after).toEqual(['it is 4242 42'])
    await expect.poll(async () => (await say({ speaker: 'customer', text: '' })).status).toBe(200)
    const last = await say(customer('4242 4242'))
    expect(last.body['turns'][0].findings[0].spans).toMatchObject([{ turn: 1 }, { turn: last.body['turns'][0].turn }])
  })
})

describe('a detector that fails', () => {
  it('lets nothing on: the request is refused, a stream ends in a problem, and the conversation is dropped', async () => {
    await screen.close()
    screen = await testScreen({
      makeGuard: (options) => {
        const guard = createGuard(options)
        return {
          arm: (kind, how) => guard.arm(kind, how),
          flush: () => guard.flush(),
          push: (chunk, how) => {
            if (chunk.includes('break')) throw new Error(`no: ${chunk}`)
            return guard.push(chunk, how)
          },
        }
      },
    })
    const refused = await say(customer(`break ${number}`))
    expect([refused.status, refused.body['code']]).toEqual([503, 'shield.unavailable'])
    expect(refused.text).not.toContain('4242')
    const streamed = await screen.stream(['card 4242 4242 ', `break ${number}`])
    expect(digits(streamed.text).length).toBeLessThanOrEqual(6)
    expect(streamed.frames.at(-1)).toMatchObject({ problem: { code: 'shield.unavailable' } })
    expect(screen.log()).not.toContain('4242')
    // Control: without the failure it goes on, as a new conversation.
    expect((await say(customer('hello'))).body['turns'][0]).toMatchObject({ turn: 1, text: 'hello' })
  })
})

it('answers for its health, and is ready while its detector finds what it must', async () => {
  for (const path of ['/healthz', '/readyz']) {
    const response = await fetch(screen.url + path)
    expect([response.status, await response.json()]).toEqual([200, { ok: true }])
  }
})
