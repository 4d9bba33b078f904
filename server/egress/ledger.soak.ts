/**
 * A thousand charges at once on one token, again and again for as long as `npm run soak` says, while egress is killed at every
 * point of a charge's way and at any other moment. What the processor took never exceeds the mandate.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCharging, type TestCharging } from '../testing/charging.ts'
import { freshSeed, seeded, shuffled } from '../testing/seeded.ts'
import { crashPoints } from './testing/crash-points.ts'
import { chargeUnderKills } from './testing/ledger-under-kills.ts'

const minutes = Number(process.env['SALLYPORT_SOAK_MINUTES'] ?? 3)
const say = (line: string): void => void process.stderr.write(`${line}\n`)
const uses = 6
const chargesMax = 1_000

let charging: TestCharging
beforeAll(async () => {
  charging = await startCharging()
}, 60_000)
afterAll(() => charging?.close())

test(
  `${minutes} minutes of ${chargesMax} charges at once on a token of ${uses} uses, egress killed everywhere`,
  async () => {
    const seed = freshSeed()
    const random = seeded(seed)
    say(`seed ${seed} (SALLYPORT_SOAK_SEED)`)
    const until = Date.now() + minutes * 60_000
    const killed = new Map<string, number>()
    let [round, spentWhole] = [0, 0]
    let waiting = shuffled(crashPoints, random)
    while (Date.now() < until || (waiting.length > 0 && round < 40)) {
      round += 1
      const began = Date.now()
      // Every fourth time the thousand; between, fewer come sooner to every point of the way.
      const charges = round % 4 === 1 ? chargesMax : 100
      const next = waiting.length > 0 ? waiting : shuffled(crashPoints, random)
      const points = next.map((point) => ({ ...point, nth: 1 + Math.floor(random() * 2) }))
      const end = await chargeUnderKills({ charging, uses, charges, points, repeat: true, anyMomentMs: 1_500, random })
      for (const at of end.killedAt) killed.set(at, (killed.get(at) ?? 0) + 1)
      waiting = shuffled(
        crashPoints.filter(({ step, moment }) => !killed.has(`${step} ${moment}`)),
        random,
      )
      const { atProcessor, ledger } = end
      const seconds = Math.round((Date.now() - began) / 1_000)
      const how = JSON.stringify([...end.ends])
      say(`${charges} charges in ${seconds} s: ${end.killedAt.length} kills, ${how}, ${atProcessor.count} payments`)
      expect(atProcessor.count, 'the mandate').toBeLessThanOrEqual(uses)
      expect(atProcessor.sum, 'the mandate in money').toBeLessThanOrEqual(uses * 700)
      expect(atProcessor.twice, 'no order is paid twice').toEqual([])
      expect(ledger.sum, 'the ledger says what the processor says').toBe(atProcessor.sum)
      expect(ledger).toMatchObject({ reserved: 0, settled: atProcessor.count, left: uses - atProcessor.count })
      expect(end.heldGrants).toBe(0)
      expect(end.match.findings, 'every opening is accounted for').toEqual([])
      if (atProcessor.count === uses) spentWhole += 1
    }
    for (const [at, times] of [...killed].sort()) say(`${String(times).padStart(5)}  ${at}`)
    expect(crashPoints.map(({ step, moment }) => `${step} ${moment}`).filter((at) => !killed.has(at))).toEqual([])
    expect(spentWhole, 'the mandate was also used up').toBeGreaterThan(0)
  },
  (minutes + 20) * 60_000,
)
