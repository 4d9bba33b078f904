import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { deflateRawSync, gzipSync } from 'node:zlib'
import type pino from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Card } from '../../crypto/card-bytes.ts'
import { Pan } from '../../crypto/pan.ts'
import { Secret } from '../../crypto/secret.ts'
import { makeLog } from '../log.ts'
import type { Processor, Reply, Template } from '../processors/processor.ts'
import { sandbox } from '../processors/sandbox/adapter.ts'
import { ask } from './ask.ts'
import type { ChargeRow } from './charge-row.ts'
import type { Egress } from './context.ts'
import { makeReach } from './reach.ts'
import { readAnswer } from './read-answer.ts'
import { scrub } from './scrub.ts'

/** A processor that gives the card number back, in every spelling that we know of. */
const number = '4539578763621486'
const grouped = (by: string): string => number.replace(/(\d{4})(?=\d)/g, `$1${by}`)
const hex = Buffer.from(number).toString('hex')
const encodings: Record<string, string> = {
  plain: number,
  spaced: grouped(' '),
  hyphens: grouped('-'),
  no_break_spaces: grouped('\u00a0'),
  reversed: [...number].reverse().join(''),
  base64: Buffer.from(number).toString('base64'),
  base64_within: Buffer.from(`{"n":"${number}"}`).toString('base64'),
  base64url_shifted: Buffer.from(`ab${number}cd`).toString('base64url'),
  hex,
  url: hex.replace(/../g, '%$&'),
  html: [...number].map((digit) => `&#${digit.charCodeAt(0)};`).join(''),
  full_width: [...number].map((digit) => String.fromCodePoint(0xff10 + Number(digit))).join(''),
  utf16: [...number].join('\\u0000'),
}
/** Beyond a search by value: what the allow-list alone stops. */
const beyond: Record<string, string> = {
  gzip: gzipSync(number).toString('base64'),
  deflate: deflateRawSync(number).toString('base64'),
  halves: `${number.slice(0, 8)} and ${number.slice(8)}`,
}
const spellings = { ...encodings, ...beyond }
/** JSON's own escapes, which JSON.parse undoes. */
const jsonEscapes = hex.replace(/../g, '\\u00$&')

const id = `pay_${'a'.repeat(26)}`
/** The answer as raw text, since JSON.stringify would not write escapes. */
const answerWith = (text: string, where: string): string =>
  `{"id":"${where === 'id' ? text : id}","status":"captured","amount_captured":80,"amount_refunded":0,"echo":${where === 'member' ? `"${text}"` : '""'},"deep":[{"${where === 'name' ? text : 'x'}":1}]}`

let server: Server
let respond: (request: IncomingMessage, response: ServerResponse) => void
let baseUrl: string
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().once('end', () => respond(request, response))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // sound: it listens on TCP
})
afterAll(() => server.close())

const lines: string[] = []
const log = makeLog('egress', { write: (line: string) => void lines.push(line) } as pino.DestinationStream)
const makeEgress = (): Egress =>
  ({
    config: { mode: 'sandbox', processor_timeout_ms: 500, dangerously_allow_http: true },
    credentials: { borrow: async () => new Secret(Buffer.from('sk')), drop: () => undefined, wipe: () => undefined },
    processors: new Map([['sandbox', sandbox]]),
    reach: makeReach(),
    log,
  }) as unknown as Egress // sound: `ask` touches nothing else

const row = (): ChargeRow =>
  ({ id: 'chg_x', processor: 'sandbox', account: 'acct_x', tenant: 'ten_x', base_url: baseUrl }) as ChargeRow
const card = (): Card => ({ number: new Pan(Buffer.from(number)), expMonth: 3, expYear: 2031 })
const order = {
  amountMinor: 80,
  currency: 'EUR',
  operation: 'sale',
  idempotencyKey: 'k',
  reference: 'chg_x',
  token: 'tok_x',
} as const

/** What an adapter gets to see, and what it makes of it. */
async function authorize(body: string | Buffer, headers: Record<string, string> = {}, status = 200) {
  respond = (_request, response) => response.writeHead(status, headers).end(body)
  const seen: Reply[] = []
  const outcome = await ask(makeEgress(), {
    row: row(),
    card: card(),
    beforeFirstByte: async () => undefined,
    run: (processor: Processor, send) =>
      processor.authorize(order, async (template: Template) => {
        const reply = await send(template)
        seen.push(reply)
        return reply
      }),
  })
  return { seen, outcome }
}

const clean = (what: unknown): void => {
  const text = JSON.stringify(what)
  for (const spelling of [...Object.values(spellings), jsonEscapes]) expect(text).not.toContain(spelling)
  expect(text.replaceAll(/[^0-9]/g, '')).not.toContain(number)
}

describe('a processor that echoes the card number', () => {
  test.each([...Object.entries(spellings), ['json_escapes', jsonEscapes]])(
    'as %s reaches neither adapter, outcome nor log',
    async (_name, text) => {
      lines.length = 0
      for (const where of ['member', 'name', 'id']) {
        const { seen, outcome } = await authorize(answerWith(text, where))
        clean([seen, outcome, lines])
        // Where it stands in a member that nobody asked for, the outcome is as good as ever (rule: a success stays one).
        expect(outcome.state).toBe(where === 'id' ? 'unknown' : 'captured')
      }
    },
  )

  test('in an error, a 5xx, a header, a redirect or a compressed answer reaches nobody either', async () => {
    lines.length = 0
    const answers = [
      await authorize(`{"error":{"code":"card_declined","message":"${number} is bad"}}`, {}, 402),
      await authorize(`{"error":{"code":"${number}"}}`, {}, 402),
      await authorize(number, {}, 500),
      await authorize('{}', { 'x-echo': number }),
      await authorize('', { location: `${baseUrl}/${number}` }, 302),
      await authorize(gzipSync(answerWith(number, 'member')), { 'content-encoding': 'gzip' }),
      await authorize(`not json ${number}`),
      await authorize('x'.repeat(70_000)),
    ]
    clean([answers, lines])
    expect(answers.map(({ outcome }) => outcome.state)).toEqual([
      'failed',
      'unknown',
      'unknown',
      'failed',
      'unknown',
      'unknown',
      'unknown',
      'unknown',
    ])
  })

  test('is stopped by the scrubber where the allow-list is taken away', () => {
    for (const [name, text] of Object.entries({ ...encodings, jsonEscapes })) {
      const bytes = Buffer.from(answerWith(text, 'member'), 'utf8')
      expect(scrub(bytes, card().number), name).toBeGreaterThan(0)
      clean([JSON.parse(bytes.toString('utf8'))])
    }
  })

  test('is stopped by the allow-list where the scrubber is taken away', () => {
    const allow: Template['allow'] = {
      id: { pointer: '/id', type: 'id', pattern: /^pay_[a-z]{26}$/ },
      status: { pointer: '/status', type: 'enum', values: ['captured'] },
    }
    for (const text of [...Object.values(spellings), jsonEscapes]) {
      clean(readAnswer(Buffer.from(answerWith(text, 'member')), allow))
      expect(() => readAnswer(Buffer.from(answerWith(text, 'id')), allow)).toThrow()
    }
    // Even an adapter with a careless pattern gets no run of twelve digits.
    expect(() =>
      readAnswer(Buffer.from(answerWith(number, 'id')), { id: { pointer: '/id', type: 'id', pattern: /./ } }),
    ).toThrow()
  })

  test('would reach the adapter if neither were there (control)', () => {
    for (const text of Object.values(spellings)) expect(() => clean(JSON.parse(answerWith(text, 'member')))).toThrow()
  })

  test('loses nothing but the card number: other digits of an answer stay', () => {
    const bytes = Buffer.from(`{"a":4539578763621487,"b":"4539 5787","c":"2031"}`)
    expect(scrub(bytes, card().number)).toBe(0)
    expect(bytes.toString()).toBe(`{"a":4539578763621487,"b":"4539 5787","c":"2031"}`)
  })
})
