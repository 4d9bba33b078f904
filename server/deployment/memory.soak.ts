/**
 * A hundred thousand cards become tokens in a whole deployment, one in ten is charged, and no process grows: by what a full
 * collection of garbage leaves of each heap, over the second half (`sallyport_heap_kept_bytes`). The cards come without a code,
 * whose key keyd holds for five minutes: a hundred a second would be thirty thousand of them, and no leak. What each has from
 * the system is printed beside it: it follows the garbage, too, and says nothing within megabytes.
 * `SALLYPORT_SOAK_TOKENS` makes fewer; the growth is reckoned up to a hundred thousand.
 */
import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Role, roles } from '../config.ts'
import { ownSocket } from '../database/run-folder.ts'
import { TestFrame } from '../testing/frame.ts'
import { type Stack, startStack } from '../testing/stack.ts'
import { shopOrigin } from '../testing/vault.ts'
import { slopeOf } from './testing/slope.ts'

const total = Number(process.env['SALLYPORT_SOAK_TOKENS'] ?? 100_000)
const atOnce = 12
const windows = 20
const megabyte = 1_048_576
const say = (line: string): void => void process.stderr.write(`${line}\n`)

let stack: Stack
beforeAll(async () => {
  stack = await startStack({
    env: {
      SALLYPORT_DEMO: '0',
      SALLYPORT_OPENS_PER_MINUTE: '1000000',
      SALLYPORT_ORIGINS: shopOrigin,
      SALLYPORT_COLLECT_AT_SCRAPE: '1',
    },
  })
}, 120_000)
afterAll(() => stack?.stop(), 60_000)

interface Sample {
  tokens: number
  kept: number
  resident: number
}

const metric = (text: string, name: string): number =>
  Number(new RegExp(`^sallyport_${name}_bytes (\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN)

function metricsOf(role: Role): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: ownSocket(stack.home, role), path: '/metrics' }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      answer.once('end', () => resolve(text))
    })
    outgoing.once('error', reject)
    outgoing.end()
  })
}

const amount = { amount_minor: 100, currency: 'EUR' }

async function agent(path: string, body: object, key: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${stack.direct.gateway}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.tenant.secret_key}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify(body),
  })
  if (answer.status > 201) throw new Error(`${path}: ${answer.status}`)
  return answer.json()
}

async function tokenize(number: number): Promise<void> {
  const asked = { conversation: `talk-${number}`, purpose: 'pay', amount, fields: ['number', 'expiry'] }
  const capture = await agent('/v1/captures', asked, `capture-${number}`)
  const frame = new TestFrame(stack.direct.capture, String(capture['id']))
  const { body: attached } = await frame.attach(String(capture['client_secret']), [shopOrigin])
  const sealed = await frame.seal(attached, { number: '4242424242424242' })
  const { status, body } = await frame.submit(attached, sealed)
  if (status !== 200) throw new Error(`submit: ${status}`)
  if (number % 10 === 0) await agent('/v1/charges', { token: body.token, ...amount }, `charge-${number}`)
}

/** The least of each window: what was kept by whatever was under way at a collection is not in it. */
function growth(seen: readonly Sample[], member: 'kept' | 'resident'): number {
  const least: { x: number; y: number }[] = []
  for (let at = 0; at < windows; at += 1) {
    const inside = seen.filter(({ tokens }) => Math.floor((tokens / (total + 1)) * windows) === at && tokens > 0)
    const values = inside.map((one) => one[member]).filter((value) => value > 0)
    if (values.length > 0) least.push({ x: inside[0]?.tokens ?? 0, y: Math.min(...values) })
  }
  const half = least.slice(Math.floor(least.length / 2))
  return slopeOf(half.map(({ x, y }) => ({ x: x / 100_000, y: y / megabyte })))
}

test(`${total} tokens, and no process grows by a megabyte in a hundred thousand`, async () => {
  const seen = new Map<Role, Sample[]>(roles.map((role) => [role, []]))
  const began = Date.now()
  let next = 0
  let made = 0
  let failed = 0
  const one = async (): Promise<void> => {
    while (next < total) {
      const number = next++
      await tokenize(number).then(
        () => (made += 1),
        async () => {
          failed += 1
          await delay(100)
        },
      )
    }
  }
  const looks = async (): Promise<void> => {
    let said = 0
    while (made + failed < total) {
      await delay(2_000)
      for (const role of roles) {
        const text = await metricsOf(role)
        seen.get(role)?.push({ tokens: made, kept: metric(text, 'heap_kept'), resident: metric(text, 'resident') })
      }
      if (made - said < total / windows) continue
      said = made
      const line = roles.map((role) => {
        const { kept = 0, resident = 0 } = seen.get(role)?.at(-1) ?? {}
        const slope = growth(seen.get(role) ?? [], 'kept')
        return `${role} ${(kept / megabyte).toFixed(1)}/${(resident / megabyte).toFixed(0)}/${slope.toFixed(1)}`
      })
      const seconds = Math.round((Date.now() - began) / 1_000)
      say(`${seconds} s: ${made} tokens, ${failed} failed; MB kept/resident/grown: ${line.join(', ')}`)
    }
  }
  await Promise.all([looks(), ...Array.from({ length: atOnce }, one)])
  expect(failed, 'hardly any failed').toBeLessThan(total / 100)
  for (const role of roles) {
    const of = seen.get(role) ?? []
    const [kept, resident] = [growth(of, 'kept'), growth(of, 'resident')]
    say(`${role.padEnd(8)} ${kept.toFixed(2)} MB kept, ${resident.toFixed(2)} MB resident more in 100,000 tokens`)
  }
  for (const role of roles) expect(growth(seen.get(role) ?? [], 'kept'), role).toBeLessThan(1)
}, 7_200_000)
