/**
 * Junk, floods and slow clients at the screen's door. It gives text back by its nature, so what must come back nowhere is
 * a card number whole, and nothing at all of what is refused.
 */
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { detect } from '../../detect/index.ts'
import { findCanary, panCanary, pansIn, textCanary } from '../hostile/canary.ts'
import type { Door } from '../hostile/door.ts'
import { faultsOf, floodsHold, peakMb, slowClients } from '../hostile/floods.ts'
import { spellings } from '../hostile/spellings.ts'
import { brokenBytesHold } from '../hostile/storm.ts'
import { httpLimits, screenLimits } from '../http-limits.ts'
import { keys, type TestScreen, testScreen } from './testing/screen.ts'

const seed = 20_260_727
const usual = { ...screenLimits }
const check = httpLimits.connectionsCheckMs
let screen: TestScreen
let door: Door
beforeAll(async () => {
  // In seconds that a test can wait. Sound: an object of ours, which only its type freezes.
  Object.assign(screenLimits, {
    headersTimeoutMs: 1_500,
    requestTimeoutMs: 7_000,
    bodyMsMax: 1_500,
    silenceMsMax: 1_500,
  })
  Object.assign(httpLimits, { connectionsCheckMs: 250 })
  screen = await testScreen()
  const { port } = new URL(screen.url)
  door = {
    name: 'screen',
    connect: (): Socket => connect({ host: '127.0.0.1', port: Number(port), noDelay: true }),
    routes: [{ method: 'POST', path: '/v1/screen' }],
    spelling: spellings.outer,
    bodyBytesMax: httpLimits.screenBodyBytesMax,
    id: () => '',
    query: () => '',
    body: () => ({ conversation: 'talk-1', turns: [{ speaker: 'customer', text: 'hello' }] }),
    credentials: async () => [['authorization', `Bearer ${keys.first}`]],
  }
})
afterAll(async () => {
  await screen.close()
  Object.assign(screenLimits, usual)
  Object.assign(httpLimits, { connectionsCheckMs: check })
})

const canary = fc.oneof(panCanary, textCanary)
const junk = fc.oneof(canary, fc.jsonValue(), fc.string({ unit: 'binary' }), fc.constantFrom(null, {}, [], -1, 1e300))
const refused = (answer: { status: number; text: string }): boolean => {
  if (answer.status === 200) return false
  expect([400, 401, 408, 413, 429]).toContain(answer.status)
  const problem = JSON.parse(answer.text)
  const members: readonly string[] = spellings.outer.members
  expect(Object.keys(problem).filter((name) => !members.includes(name))).toEqual([])
  expect(findCanary(answer.text)).toBeNull()
  return true
}

describe(`whatever comes (seed ${seed})`, () => {
  it('a body with junk for any member is refused with a typed problem that holds nothing of it', async () => {
    const members = ['conversation', 'channel', 'arm', 'turns', 'end', 'pan'] as const
    const body = { conversation: 'talk-1', turns: [{ speaker: 'customer', text: 'hello' }] }
    let count = 0
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...members), junk, async (name, value) => {
        if (refused(await screen.say({ ...body, [name]: value }))) count += 1
      }),
      { seed, numRuns: 150 },
    )
    expect(count).toBeGreaterThan(75)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('speaker', 'text', 'more'), junk, async (name, value) => {
        refused(await screen.say({ ...body, turns: [{ speaker: 'customer', text: 'x', [name]: value }] }))
      }),
      { seed, numRuns: 100 },
    )
  })

  it('a text of any characters comes back without the number in it', async () => {
    let planted = 0
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 30 }), panCanary, async (noise, pan) => {
        const text = `${noise.replace(/[\d\p{L}]/gu, '')} pay with ${pan} ok`
        const { status, body } = await screen.say({ conversation: `talk-${planted}`, turns: [{ speaker: 'a', text }] })
        // Half of a surrogate pair is no text.
        if (status === 400) return
        planted += 1
        expect(pansIn(body['turns'][0].text)).toEqual([])
        expect(detect(body['turns'][0].text)).toEqual([])
        // Control: it was there.
        expect(pansIn(text)).toHaveLength(1)
      }),
      { seed, numRuns: 60 },
    )
    expect(planted).toBeGreaterThan(20)
  })

  it.each([
    ['a type that is none of ours', { type: 'application/json' }, 400],
    ['no conversation', { query: { conversation: '' } }, 400],
    ['a card number as conversation', { query: { conversation: '4242 4242 4242 4242' } }, 400],
    ['a speaker that is none', { query: { speaker: '4242' } }, 400],
    ['a member of its own', { query: { more: 'x' } }, 400],
    ['a key that is none', { key: 'sk_live_4242' }, 401],
  ])('a stream with %s is refused before anything is read', async (_what, options, status) => {
    const answer = await screen.stream(['4242'], options)
    expect(answer.status).toBe(status)
    expect(JSON.stringify(answer.frames)).not.toContain('4242')
  })

  it('a stream of bytes that are no text, and one without end, end in a problem', async () => {
    const bad = await screen.stream(['ok ', new Uint8Array([0xff, 0xfe]), 'more'])
    expect(bad.frames.at(-1)).toMatchObject({ problem: { code: 'request.malformed' } })
    const long = await screen.stream(
      Array.from({ length: 40 }, () => 'no digits here '.repeat(2_000)),
      { pauseMs: 0 },
    )
    expect(long.frames.at(-1)).toMatchObject({ problem: { code: 'request.too_large' } })
  })

  it('a stream in which nothing comes any more ends in a problem, and its speaker may go on', async () => {
    const silent = await screen.stream(['my card is 4242 42'], { query: { conversation: 'silent' }, pauseMs: 2_000 })
    expect(silent.frames.at(-1)).toMatchObject({ problem: { code: 'request.timeout' } })
    const next = await screen.say({ conversation: 'silent', turns: [{ speaker: 'customer', text: 'hello' }] })
    expect(next.body['turns'][0]).toMatchObject({ turn: 2, text: 'hello' })
  })

  it('without the form of a key nobody is heard', async () => {
    for (const key of [null, '', 'sk_test_short', `pk_test_${'a'.repeat(26)}`])
      expect((await screen.say({ conversation: 'a', turns: [] }, { key })).status).toBe(401)
  })

  it('bytes that are not quite HTTP are answered with typed problems', async () => {
    await brokenBytesHold(door, { seed, runs: 1 })
  }, 60_000)

  it('whoever is slow is let go, and told', async () => {
    for (const one of await slowClients(door, 10_000)) {
      expect(one.ended).toBe('closed')
      expect(one.answers.map(({ status }) => status)).toEqual([408])
      expect(faultsOf(door, one)).toEqual([])
    }
  }, 30_000)

  it('of bodies of 50 MB, headers without end and unread answers it takes little', async () => {
    expect(await peakMb(() => floodsHold(door))).toBeLessThan(75)
  }, 60_000)

  it('nothing that was sent is in a log line, nor a key', () => {
    expect(screen.log().length).toBeGreaterThan(20_000)
    expect(findCanary(screen.log())).toBeNull()
    expect(screen.log()).not.toContain(keys.first)
  })
})
