/** Card testing met at the door, in full size. The short form is card-testing.test.ts. */
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { cardLimits } from '../card-limits.ts'
import { makePool } from '../database/pool.ts'
import { promRegistry } from '../metrics/prom.ts'
import { type TestDatabases, testDatabases } from '../testing/postgres.ts'
import { silent } from '../testing/vault.ts'
import { cardDoor } from './card-door.ts'
import { attack, customers, play, type SimulatedCard } from './testing/simulated-cards.ts'
import { rememberingDoor, timedPairs, welch } from './testing/timed-cards.ts'

describe('10,000 cards from 500 addresses, and 5,000 customers', () => {
  let databases: TestDatabases
  let db: pg.Pool
  // Each run has days of its own: addresses are counted over all tenants, and what a later day wrote would not expire on an earlier.
  let startMs = Date.UTC(2030, 0, 1)
  beforeAll(async () => {
    databases = await testDatabases(['vault'])
    db = makePool(databases.vault.url('intake'))
    vi.useFakeTimers({ toFake: ['Date'], now: startMs })
  })
  afterAll(async () => {
    vi.useRealTimers()
    await db?.end()
    await databases?.drop()
  })
  const played = async (tenant: string, cards: SimulatedCard[], limits = cardLimits, silenced = false) => {
    const audit = (fact: object): Promise<string> => Promise.resolve(JSON.stringify(fact))
    const door = cardDoor({ db, key: Buffer.alloc(32, 7), limits, log: silent, registry: promRegistry(), audit })
    const now = (ms: number): void => void vi.setSystemTime(ms)
    startMs += 7 * 86_400_000
    const passed = await play(door, cards, { tenant, startMs, now, silent: silenced })
    await door.close()
    return passed
  }

  const attacks: { name: string; bins: number; hours: number; seed?: number }[] = [
    { name: 'a bought list in ten minutes', bins: 400, hours: 1 / 6 },
    { name: 'a bought list in an hour', bins: 400, hours: 1 },
    { name: 'a sweep through one issuer in eight hours', bins: 1, hours: 8 },
    { name: 'a bought list in eight hours', bins: 400, hours: 8 },
    ...[12, 13, 14, 15].map((seed) => ({ name: `another in eight hours (seed ${seed})`, bins: 400, hours: 8, seed })),
  ]
  test.each(attacks)(
    '$name: at most 20 pass',
    async ({ name, bins, hours, seed = 11 }) => {
      const passed = await played(name, attack({ cards: 10_000, addresses: 500, bins, hours, seed }))
      console.log(`${name}: ${passed} of 10,000 pass`)
      expect(passed).toBeLessThanOrEqual(20)
    },
    300_000,
  )

  test('with a limit an address alone thousands pass (control)', async () => {
    const alone = { perAddress: cardLimits.perAddress, perBin: 1e6, unproven: 1e6 }
    const cards = attack({ cards: 10_000, addresses: 500, bins: 400, hours: 1 / 6, seed: 11 })
    const passed = await played('control', cards, alone, true)
    console.log(`an address's limit alone: ${passed} of 10,000 pass`)
    expect(passed).toBeGreaterThan(1_000)
  }, 300_000)

  test.each([21, 22, 23])(
    'of 5,000 ordinary captures at most 5 are touched (seed %i)',
    async (seed) => {
      const passed = await played(`ordinary ${seed}`, customers({ captures: 5_000, seed }))
      console.log(`ordinary, seed ${seed}: ${5_000 - passed} of 5,000 touched`)
      expect(5_000 - passed).toBeLessThanOrEqual(5)
    },
    300_000,
  )
})

describe('how long intake takes to answer', () => {
  test('known against new numbers, 10,000 pairs: |t| below 4.5', async () => {
    const { known, new: fresh } = await timedPairs(10_000)
    const t = welch(known, fresh)
    console.log(`known against new, 10,000 pairs: t = ${t.toFixed(2)}`)
    expect(Math.abs(t)).toBeLessThan(4.5)
  }, 1_800_000)

  test('a door that lets those go that it remembers is found out (control)', async () => {
    const { known, new: fresh } = await timedPairs(1_000, rememberingDoor)
    const t = welch(known, fresh)
    console.log(`with an early return, 1,000 pairs: t = ${t.toFixed(2)}`)
    expect(Math.abs(t)).toBeGreaterThan(4.5)
  }, 600_000)
})
