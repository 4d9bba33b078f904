/**
 * A hundred thousand cards become tokens in a whole deployment, one in ten is charged, and no process grows: by what full
 * collections of garbage leave of each heap, over the second half (`sallyport_heap_kept_bytes`; nothing is forced, and no inspector
 * is opened). What each has from the system is printed beside it, and bounded more widely: it follows the garbage, too.
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
const samples = 50
const megabyte = 1_048_576
const say = (line: string): void => void process.stderr.write(`${line}\n`)

let stack: Stack
beforeAll(async () => {
  stack = await startStack({
    env: { SALLYPORT_DEMO: '0', SALLYPORT_OPENS_PER_MINUTE: '1000000', SALLYPORT_ORIGINS: shopOrigin },
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
  const asked = { conversation: `talk-${number}`, purpose: 'pay', amount }
  const capture = await agent('/v1/captures', asked, `capture-${number}`)
  const frame = new TestFrame(stack.direct.capture, String(capture['id']))
  const { body: attached } = await frame.attach(String(capture['client_secret']), [shopOrigin])
  const sealed = await frame.seal(attached, { number: '4242424242424242', cvc: '123' })
  const { status, body } = await frame.submit(attached, sealed)
  if (status !== 200) throw new Error(`submit: ${status}`)
  if (number % 10 === 0) await agent('/v1/charges', { token: body.token, ...amount }, `charge-${number}`)
}

test(`${total} tokens, and no process grows by a megabyte in a hundred thousand`, async () => {
  const seen = new Map<Role, Sample[]>(roles.map((role) => [role, []]))
  const began = Date.now()
  let made = 0
  let failed = 0
  for (let sample = 1; sample <= samples; sample += 1) {
    const until = Math.round((total * sample) / samples)
    let next = made
    const one = async (): Promise<void> => {
      while (next < until) {
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
    await Promise.all(Array.from({ length: atOnce }, one))
    for (const role of roles) {
      const text = await metricsOf(role)
      seen.get(role)?.push({ tokens: made, kept: metric(text, 'heap_kept'), resident: metric(text, 'resident') })
    }
    const seconds = Math.round((Date.now() - began) / 1_000)
    const line = roles.map((role) => {
      const last = seen.get(role)?.at(-1)
      return `${role} ${((last?.kept ?? 0) / megabyte).toFixed(1)}/${((last?.resident ?? 0) / megabyte).toFixed(0)}`
    })
    say(`${seconds} s: ${made} tokens, ${failed} failed; MB kept/resident: ${line.join(', ')}`)
  }
  expect(failed, 'hardly any failed').toBeLessThan(total / 100)
  const grown = Object.fromEntries(
    roles.map((role) => {
      const half = (seen.get(role) ?? []).slice(samples / 2)
      const per = (member: 'kept' | 'resident') =>
        slopeOf(half.map((one) => ({ x: one.tokens / 100_000, y: one[member] / megabyte })))
      return [role, { kept: per('kept'), resident: per('resident') }]
    }),
  )
  for (const [role, { kept, resident }] of Object.entries(grown)) {
    say(`${role.padEnd(8)} ${kept.toFixed(2)} MB kept and ${resident.toFixed(2)} MB resident in 100,000 tokens`)
  }
  for (const [role, { kept }] of Object.entries(grown)) expect(kept, role).toBeLessThan(1)
}, 7_200_000)
