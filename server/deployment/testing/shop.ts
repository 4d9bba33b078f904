/**
 * A shop under way: people who type cards into frames, an agent that charges what comes of it, and one that follows the
 * events. All of them behave well: what is not answered is sent again with the same key, and nobody gives up.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { AttachAnswer } from '../../../protocol/capture-http.ts'
import { TestFrame } from '../../testing/frame.ts'
import type { Random } from '../../testing/seeded.ts'
import type { Stack } from '../../testing/stack.ts'
import { shopOrigin } from '../../testing/vault.ts'

export interface Acknowledged {
  token: string
  capture: string
  uses: number
}

export interface SeenEvent {
  id: string
  subject: string
  sequence: number
  type: string
}

export interface Shop {
  /** Tokens of which a person, or the agent, was told. */
  tokens: Acknowledged[]
  /** Of each order, what its charge came to. */
  orders: Map<string, string>
  /** In the order in which they came. */
  events: SeenEvent[]
  /** What nobody should have been told. */
  wrong: string[]
  /** Answers that said to come again, and connections that broke. */
  again(): number
  /** No new people; those who are there finish. */
  close(): Promise<void>
  /** Charges what was kept for the end: tokens that saw the kills and were not opened yet. */
  chargeKept(): Promise<number>
  /** Until the events have come to this many, or nothing new comes; then the reader ends. */
  readEvents(count: number): Promise<void>
}

interface Told {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

const patienceMs = 120_000
const amount = { amount_minor: 4_200, currency: 'EUR' }
const cards = ['4242424242424242', '5555555555554444', '378282246310005']
/** Answers after which one comes again: nobody is there, busy, or it did not say what became of it. */
const mayComeAgain = ({ status, body }: Told): boolean =>
  status === 429 || status >= 500 || body['code'] === 'request.idempotency_in_flight'

/** @param people how many at once. `keptOf`: one of so many tokens is charged at the end alone. */
export function openShop(
  stack: () => Stack,
  { people, keptOf, random }: { people: number; keptOf: number; random: Random },
): Shop {
  const tokens: Acknowledged[] = []
  const kept: Acknowledged[] = []
  const orders = new Map<string, string>()
  const events: SeenEvent[] = []
  const wrong: string[] = []
  let open = true
  let reading = true
  let again = 0
  let made = 0

  /** Tries until it is answered for good. `same` is called anew each time, and must ask for the same. */
  async function patiently(what: string, same: () => Promise<Told>): Promise<Told> {
    for (const until = Date.now() + patienceMs; ; again += 1) {
      const told = await same().catch(() => null)
      if (told !== null && !mayComeAgain(told)) return told
      const how = told === null ? 'no answer' : `${told.status} ${String(told.body['code'])}`
      if (Date.now() > until) throw new Error(`${what} was not answered in two minutes (${how})`)
      const askedMs = Number(told?.headers.get('retry-after') ?? 0) * 1_000
      await delay(Math.max(50, askedMs) + random() * 200)
    }
  }

  const agent = (method: string, path: string, body?: object, key?: string): Promise<Told> =>
    patiently(`${method} ${path.replace(/[a-z]{26}/g, '…')}`, async () => {
      const answer = await fetch(`${stack().direct.gateway}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${stack().tenant.secret_key}`,
          'content-type': 'application/json',
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(60_000),
      })
      return { status: answer.status, headers: answer.headers, body: await answer.json() }
    })

  /**
   * What a person and their frame do; the token, or null where the end was told to the agent alone. Undefined where a form is
   * closed because five tries came to nothing: then the agent asks anew.
   */
  async function type(captureId: string, secret: string): Promise<string | null | undefined> {
    const frame = new TestFrame(stack().direct.capture, captureId)
    const typed = { number: cards[Math.floor(random() * cards.length)] ?? '', cvc: '1234' }
    const card = { ...typed, cvc: typed.number.length === 15 ? '1234' : '123' }
    for (;;) {
      const told = await patiently('attach', () => frame.attach(secret, [shopOrigin]).then(asTold))
      if (told.status !== 200) {
        if (told.body['state'] === 'failed') return undefined
        // The end itself is what a frame is told that comes back after its answer was lost.
        if (told.body['state'] !== 'completed')
          wrong.push(`a frame was refused: ${told.status} ${String(told.body['code'])}`)
        return null
      }
      // Sound: intake's answer to an attach that it took.
      let attached = told.body as unknown as AttachAnswer
      for (;;) {
        const sealed = await frame.seal(attached, card)
        const answer = await patiently('submit', () => frame.submit(attached, sealed).then(asTold))
        if (answer.status === 200) return String(answer.body['token'])
        const { code, key } = answer.body
        if (code === 'input.too_many_attempts') return undefined
        if (code !== 'channel.key_expired') break
        attached = { ...attached, key: key as AttachAnswer['key'] } // sound: a refusal of this code brings one
      }
    }
  }
  const asTold = ({ status, headers, body }: { status: number; headers: Headers; body: object }): Told => ({
    status,
    headers,
    body: { ...body },
  })

  async function charge(token: string, order: string, { lose = false } = {}): Promise<void> {
    const body = { token, ...amount, reference: order }
    const keys = lose ? [`${order}-one`, `${order}-two`] : [`${order}-one`]
    // Some are asked for twice at once, with a key of its own each: one order, one payment.
    const ends = await Promise.all(keys.map((key) => untilDefinite(body, key)))
    // The second key takes the place of a charge of which nothing had left: that one fails, and the order is paid all the same.
    const end = ends.find((one) => one === 'captured') ?? ends[0] ?? ''
    orders.set(order, end)
    if (end !== 'captured') wrong.push(`a charge came to ${end}`)
  }
  async function untilDefinite(body: object, key: string): Promise<string> {
    for (const until = Date.now() + patienceMs; ; again += 1) {
      const told = await agent('POST', '/v1/charges', body, key)
      const { state, code } = told.body
      if (told.status >= 400) return String(code)
      if (!['unknown', 'sending', 'created', 'pending'].includes(String(state))) return String(state)
      if (Date.now() > until) return String(state)
      await delay(200 + random() * 300)
    }
  }

  async function person(): Promise<void> {
    while (open) {
      made += 1
      const number = made
      const uses = number % 5 === 0 ? 3 : 1
      const mandate = { uses, amount_max_minor: amount.amount_minor, currency: amount.currency }
      const asked = { conversation: `talk-${number}`, purpose: 'pay', amount, mandate }
      const capture = await agent('POST', '/v1/captures', asked, `capture-${randomUUID()}`)
      if (capture.status > 201) {
        wrong.push(`a capture was refused: ${capture.status} ${String(capture.body['code'])}`)
        continue
      }
      const id = String(capture.body['id'])
      const token = await type(id, String(capture.body['client_secret']))
      if (token === undefined) continue
      const { body } = await agent('GET', `/v1/captures/${id}`)
      const told = (body['token'] as { id?: string } | undefined)?.id // sound: looked at, not trusted
      if (told === undefined || (token !== null && token !== told)) {
        wrong.push(
          `the person was told ${token === null ? 'nothing' : 'a token'}, and the agent hears of ${told === undefined ? 'none' : 'another'}`,
        )
        continue
      }
      const acknowledged = { token: told, capture: id, uses }
      tokens.push(acknowledged)
      if (number % keptOf === 0) kept.push(acknowledged)
      else {
        const names = Array.from({ length: uses }, (_, use) => `order-${number}-${use}`)
        await Promise.all(names.map((name) => charge(told, name, { lose: number % 4 === 0 })))
      }
    }
  }

  async function follow(): Promise<void> {
    let after: string | undefined
    while (reading) {
      const place = after === undefined ? '' : `&after=${encodeURIComponent(after)}`
      const told = await agent('GET', `/v1/events?wait_ms=500&limit=200${place}`)
      if (told.status !== 200) {
        wrong.push(`the events were refused: ${told.status} ${String(told.body['code'])}`)
        return
      }
      events.push(...(told.body['events'] as SeenEvent[])) // sound: the gateway parsed them
      after = String(told.body['next'])
    }
  }

  const failed = (error: unknown): void => {
    wrong.push(error instanceof Error ? error.message : 'unknown')
  }
  const busy = Array.from({ length: people }, () => person().catch(failed))
  const following = follow().catch(failed)
  return {
    tokens,
    orders,
    events,
    wrong,
    again: () => again,
    close: async () => {
      open = false
      await Promise.all(busy)
    },
    chargeKept: async () => {
      for (const { token } of kept) await charge(token, `kept-${token.slice(-8)}`)
      return kept.length
    },
    readEvents: async (count) => {
      for (const until = Date.now() + 30_000; events.length < count && Date.now() < until; ) await delay(50)
      reading = false
      await following
    },
  }
}
