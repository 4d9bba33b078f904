/**
 * A shop under load while every process, the supervisor and the database are killed (SIGKILL) at random, fifty times in ten
 * minutes: `npm run soak -- crash --minutes 10`. Afterwards every promise is held against the books of all parties.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePorts } from '../testing/free-ports.ts'
import { freshSeed, seeded, shuffled } from '../testing/seeded.ts'
import { type Stack, startStack } from '../testing/stack.ts'
import { shopOrigin } from '../testing/vault.ts'
import { kill, type Victim, victims } from './testing/kill.ts'
import { nothingLost, withCommands } from './testing/nothing-lost.ts'
import { type OutsideProcessor, takeOutside } from './testing/outside-processor.ts'
import { openShop } from './testing/shop.ts'

const minutes = Number(process.env['SALLYPORT_SOAK_MINUTES'] ?? 5)
const killsMin = Math.round(minutes * 5)
const say = (line: string): void => void process.stderr.write(`${line}\n`)

let home: string
let stack: Stack
let env: Record<string, string>
let outside: OutsideProcessor
let folder: string
const start = async (): Promise<void> => {
  stack = await startStack({ home, env })
}
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'sallyport-crash-'))
  const [gateway = 0, intake = 0, processor = 0] = await freePorts(3)
  env = {
    SALLYPORT_DEMO: '0',
    // A database that waits for the disk: without that a kill of it may lose what was said.
    SALLYPORT_DURABLE: '1',
    SALLYPORT_OPENS_PER_MINUTE: '100000',
    SALLYPORT_ORIGINS: shopOrigin,
    SALLYPORT_GATEWAY_PORT: String(gateway),
    SALLYPORT_INTAKE_PORT: String(intake),
    SALLYPORT_PROCESSOR_PORT: String(processor),
  }
  await start()
  folder = mkdtempSync(join(tmpdir(), 'sallyport-outside-'))
  outside = await takeOutside(stack, folder)
}, 120_000)
afterAll(async () => {
  // What ended without being killed says so here.
  if (stack !== undefined) say(`what the supervisor said last:\n${stack.output().slice(-3_000)}`)
  await stack?.stop()
  await outside?.close()
  for (const one of [home, folder]) if (one !== undefined) rmSync(one, { recursive: true, force: true })
}, 60_000)

test(
  `${minutes} minutes of kills: nothing that was acknowledged is lost, and nothing happens twice`,
  async () => {
    const seed = freshSeed()
    const random = seeded(seed)
    say(`seed ${seed} (SALLYPORT_SOAK_SEED)`)
    const shop = openShop(() => stack, { people: 4, keptOf: 6, random })
    const killed = new Map<Victim, number>()
    const [began, until] = [Date.now(), Date.now() + minutes * 60_000]
    let round: Victim[] = []
    for (let kills = 1; Date.now() < until || kills <= killsMin; kills += 1) {
      await delay(random() * Math.max(500, (until - began) / killsMin - 4_000))
      if (round.length === 0) round = shuffled(victims, random)
      const first = round.pop() ?? 'egress'
      killed.set(first, (killed.get(first) ?? 0) + 1)
      const gone = [kill(first, { stack: () => stack, startAgain: start })]
      // Now and then another one before the first is back.
      const second = random() < 0.2 && first !== 'supervisor' ? round.find((one) => one !== 'supervisor') : undefined
      if (second !== undefined) {
        round.splice(round.indexOf(second), 1)
        killed.set(second, (killed.get(second) ?? 0) + 1)
        await delay(random() * 300)
        gone.push(kill(second, { stack: () => stack, startAgain: start }))
      }
      await Promise.all(gone)
      const seconds = Math.round((Date.now() - began) / 1_000)
      say(
        `${String(seconds).padStart(4)} s: ${first}${second === undefined ? '' : ` and ${second}`}; ${shop.tokens.length} tokens, ` +
          `${shop.orders.size} orders, ${shop.events.length} events, ${shop.again()} came again, ${shop.wrong.length} wrong`,
      )
    }
    const checked = await nothingLost(stack, shop, outside.books, withCommands)
    say(['killed:', ...victims.map((one) => `${String(killed.get(one) ?? 0).padStart(5)}  ${one}`)].join('\n'))
    say(`checked: ${JSON.stringify(checked)}`)
    expect(
      victims.filter((one) => !killed.has(one)),
      'each was killed',
    ).toEqual([])
  },
  (minutes + 6) * 60_000,
)
