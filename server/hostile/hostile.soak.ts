/** The properties of hostile.test.ts with fresh seeds for as long as `npm run soak` says, and more at once. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findCanary } from './canary.ts'
import type { Doors } from './door.ts'
import { quickLimits, startDoors } from './doors.ts'
import { collected, floodsHold } from './floods.ts'
import { brokenBytesHold, everyMemberHolds, requestsHold } from './storm.ts'

const minutes = Number(process.env['SALLYPORT_SOAK_MINUTES'] ?? 5)
const say = (line: string): void => void process.stderr.write(`${line}\n`)

let doors: Doors
beforeAll(async () => {
  quickLimits()
  doors = await startDoors()
}, 60_000)
afterAll(() => doors?.close())

test(
  `${minutes} minutes of junk at every door`,
  async () => {
    const until = Date.now() + minutes * 60_000
    let before: ReturnType<typeof collected> | null = null
    for (let round = 1; Date.now() < until; round += 1) {
      const seed = Date.now() % 2_147_483_647
      await doors.refresh()
      await Promise.all(
        doors.all.map(async (door) => {
          await requestsHold(door, { seed, runs: 600 })
          await brokenBytesHold(door, { seed, runs: 3 })
          await everyMemberHolds(door, seed)
        }),
      )
      if (round % 5 === 1) for (const door of doors.all) await floodsHold(door)
      expect(findCanary(doors.log()), 'the log').toBeNull()
      doors.forgetLog()
      const after = collected()
      // The first round fills caches and pools.
      before ??= after
      const memory = `${Math.round(after.heapMb)} MB of heap, ${Math.round(after.rssMb)} MB in all`
      say(
        `round ${round}, seed ${seed}: good; ${memory}; ${Math.max(0, Math.round((until - Date.now()) / 1_000))} s left`,
      )
      expect(after.heapMb - before.heapMb).toBeLessThan(48)
      expect(after.rssMb - before.rssMb).toBeLessThan(300)
    }
  },
  (minutes + 3) * 60_000,
)
