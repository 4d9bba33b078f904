/** The properties that both the short and the long form run: how often and with which seed is theirs to say. */
import fc from 'fast-check'
import { brokenBytes } from './broken-bytes.ts'
import { findCanary, pansIn } from './canary.ts'
import type { Door } from './door.ts'
import { canary, everyMember, type Junk, junk, spoil, type Spoiled } from './junk.ts'
import { judge } from './judge.ts'
import { exchange, type WireAnswer } from './wire.ts'

export interface StormOptions {
  seed: number
  runs: number
}

/** These answer when something happens, or after a while. */
const waits = /\/(watch|feed|events|talk)$/
const streams = /\/(talk|events)$/

/**
 * A good answer may hold the caller's own words, but no card number: the gateway refuses them. A processor and a shop
 * say what they were told; intake believes the gateway, which has looked.
 */
const keepsCards = /^(processor|shop|intake, inner door)$/

/** Any request at all, with good credentials or without. */
export const requestsHold = (door: Door, { seed, runs }: StormOptions): Promise<void> =>
  fc.assert(
    fc.asyncProperty(junk, (one) => holds(door, one)),
    { seed, numRuns: runs, includeErrorInReport: true },
  )

/** Each member of each good body, spoiled in every way there is. */
export async function everyMemberHolds(door: Door, seed: number, oneOf?: number): Promise<void> {
  const [text = ''] = fc.sample(canary, { seed, numRuns: 1 })
  for (const one of everyMember(door, text, oneOf)) await holds(door, one)
}

async function holds(door: Door, one: Junk): Promise<void> {
  const spoiled = await spoil(door, one)
  const head = spoiled.method === 'HEAD'
  const mayWait = waits.test(spoiled.route.path) || isSlowPayment(door, spoiled)
  const { answers, ended } = await exchange(door.connect, [spoiled.bytes], {
    head,
    waitMs: mayWait ? 1_000 : 8_000,
  })
  if (mayWait && ended === 'late') return
  const [answer] = answers
  if (answer === undefined) throw new Error(`${door.name}: no answer (${ended}) to ${shown(spoiled)}`)
  if (isSlowPayment(door, spoiled) && answer.status >= 500) return
  // A declined payment is an answer, not a refusal.
  if (door.name === 'processor' && answer.status === 402) return
  if (!keepsCards.test(door.name)) {
    const digits = answer.body.toString('latin1').replace(/[ .-]/g, '')
    const pan = pansIn(spoiled.bytes.toString('latin1')).find((one) => digits.includes(one))
    if (pan !== undefined) complain(door, ['a card number comes back'], answer, spoiled)
  }
  complain(door, judge(answer, { spelling: door.spelling, head }), answer, spoiled)
}

/** Bytes that are broken on purpose, at a route that is there. */
export const brokenBytesHold = (door: Door, { seed, runs }: StormOptions): Promise<void> =>
  fc.assert(
    fc.asyncProperty(canary, fc.nat(1_000), async (text, at) => {
      const bodied = door.routes.filter(({ method, path }) => method === 'POST' && !streams.test(path))
      const route = bodied[at % Math.max(1, bodied.length)] ?? { method: 'POST', path: '/nothing' }
      const path = route.path.replace(/\{[a-z_]+\}/g, () => door.id(route))
      const credentials = await door.credentials({ method: route.method, path, body: Buffer.alloc(0) })
      await Promise.all(
        brokenBytes(route.method, path, credentials, text).map(async (broken) => {
          const { bytes, answers: wanted = 1, halfClose = false, silent = false } = broken
          const { answers, ended, rest } = await exchange(door.connect, [bytes], { answers: wanted, halfClose })
          if (ended === 'late') throw new Error(`${door.name} holds on to ${broken.name}`)
          if (answers.length < wanted && !silent) throw new Error(`${door.name} has no answer to ${broken.name}`)
          const echo = findCanary(rest.toString('latin1'))
          if (echo !== null) throw new Error(`${door.name} sends ${broken.name} back: ${echo}`)
          for (const answer of answers) {
            const faults = judge(answer, { spelling: door.spelling, head: false })
            if (faults.length > 0)
              throw new Error(`${door.name}, ${broken.name}: ${faults.join('; ')}\n${said(answer)}`)
          }
        }),
      )
    }),
    // Not made smaller: the list is short enough, and each try may wait.
    { seed, numRuns: runs, endOnFailure: true, includeErrorInReport: true },
  )

/** The sandbox processor's own language: an amount that ends in 91 to 93 is not answered, failed or slow. */
function isSlowPayment(door: Door, { body }: Spoiled): boolean {
  if (door.name !== 'processor') return false
  const amount = /"amount":(\d+)/.exec(body.toString('latin1'))?.[1] ?? ''
  return /9[123]$/.test(amount)
}

function complain(door: Door, faults: readonly string[], answer: WireAnswer, spoiled: Spoiled): void {
  if (faults.length > 0) throw new Error(`${door.name}: ${faults.join('; ')}\nto ${shown(spoiled)}\n${said(answer)}`)
}

const shown = ({ bytes }: Spoiled): string => JSON.stringify(bytes.subarray(0, 1_500).toString('latin1'))
const said = ({ status, headers, body }: WireAnswer): string =>
  `${status} ${JSON.stringify(headers)}\n${body.subarray(0, 600).toString('utf8')}`
