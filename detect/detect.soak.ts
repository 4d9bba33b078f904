/** The long form of what `npm test` runs of the detector: seeds of this moment, all of a family, a hundred megabytes. */
import { describe, expect, test } from 'vitest'
import * as api from './index.ts'
import { compare } from './testing/brute-force.ts'
import { doublings, hostileUnits } from './testing/doublings.ts'
import { casesOf, families, sets } from './testing/families.ts'
import { falseAlarms, quietClasses } from './testing/noise-classes.ts'
import { shows, tellable } from './testing/oracle.ts'
import { seeded } from './testing/random.ts'
import { at, findIn, singles, stream } from './testing/run.ts'
import { score, sum } from './testing/score.ts'

const minutes = Number(process.env['SALLYPORT_SOAK_MINUTES'] ?? 5)
const seed = Date.now() % 1_000_000
const names = Object.keys(families)
const untilMs = (share: number): number => Date.now() + minutes * 60_000 * share
console.log(`the seed of this run: ${seed}`)

test('of cases of this moment: 200 random cuts each, and every prefix of every stream', {
  timeout: minutes * 120_000,
}, () => {
  const random = seeded(seed)
  const end = untilMs(0.4)
  let streams = 0
  const leaks: string[] = []
  for (let round = 0; Date.now() < end; round += 1) {
    for (const name of names) {
      for (const one of casesOf(name, { ...sets.development, seed: seed + round }, 1)) {
        const all = stream(api, one, singles)
        const digits = one.expected[0]?.digits
        if (digits !== undefined && tellable(digits) && score(one, all.findings).found === one.expected.length) {
          const moments = new Set([...all.prefixes.values()].flat())
          for (const prefix of moments) if (shows(digits, prefix)) leaks.push(`${name}: ${prefix}`)
        }
        for (let cut = 0; cut < 200; cut += 1) {
          const pieces = stream(api, one, (text) =>
            at(
              ...Array.from({ length: random.between(1, 12) }, () => random.below(text.length + 1)).sort(
                (a, b) => a - b,
              ),
            )(text),
          )
          expect(pieces.findings, JSON.stringify(one.turns)).toEqual(all.findings)
          expect(pieces.release, JSON.stringify(one.turns)).toBe(all.release)
          streams += 1
        }
      }
      if (Date.now() > end) break
    }
  }
  console.log(`${streams} streams`)
  expect(leaks.slice(0, 10)).toEqual([])
})

test('every cut into two gives what the whole gives, of a case of each family', { timeout: 600_000 }, () => {
  for (const one of names.flatMap((name) => casesOf(name, { ...sets.development, seed }, 1))) {
    const all = stream(api, one)
    const longest = Math.max(...one.turns.map(({ text }) => text.length))
    for (let place = 1; place < longest; place += 1) {
      const pieces = stream(api, one, at(place))
      expect(pieces.findings, JSON.stringify(one.turns)).toEqual(all.findings)
      expect(pieces.release, JSON.stringify(one.turns)).toBe(all.release)
    }
  }
})

test('against brute force, a million streams or as many as there is time for', { timeout: minutes * 120_000 }, () => {
  const end = untilMs(0.3)
  let streams = 0
  for (let round = 0; Date.now() < end && streams < 1_000_000; round += 1) {
    const { unsound, missed } = compare(api, seed + round, 10_000)
    expect([...unsound, ...missed]).toEqual([])
    streams += 10_000
  }
  console.log(`${streams} streams against brute force`)
})

describe('with a seed of this moment', () => {
  test('the classes of noise keep their bounds', { timeout: 300_000 }, () => {
    const shares = falseAlarms(seed, 10_000, (text) => api.detect(text).length > 0)
    const all = [...shares.values()]
    expect(all.reduce((total, one) => total + one, 0) / all.length).toBeLessThanOrEqual(0.01)
    // One in a thousand, and three standard deviations of that in 10,000.
    for (const name of quietClasses) expect(shares.get(name), name).toBeLessThanOrEqual(0.002)
  })

  test.each([
    [sets.development, 0.98],
    [sets.heldOut, 0.95],
  ] as const)('$name: the families keep their recall', { timeout: 600_000 }, (set, least) => {
    const all = sum(
      names.flatMap((name) => casesOf(name, { ...set, seed }, 200).map((one) => score(one, findIn(api, one)))),
    )
    console.log(
      `${set.name}: ${all.found} of ${all.expected}, covered ${all.covered}, exact ${all.exact}, extra ${all.extra}`,
    )
    expect(all.found / all.expected).toBeGreaterThanOrEqual(least)
  })
})

describe('ten megabytes are ten times one', () => {
  test.each(hostileUnits)('of %j', { timeout: 900_000 }, (unit) => {
    expect(doublings(unit, 10 * 2 ** 20, (text) => void api.detect(text), 1)).toBeLessThanOrEqual(2.2)
  })
})

test('a hundred megabytes of digits neither throw nor hang', { timeout: 600_000 }, () => {
  const digits = '4'.repeat(100_000_000)
  expect(() => api.detect(digits)).not.toThrow()
  const guard = api.createGuard()
  let heldMax = 0
  for (let from = 0; from < digits.length; from += 65_536) {
    heldMax = Math.max(heldMax, guard.push(digits.slice(from, from + 65_536), { turn: 0 }).held)
  }
  guard.flush()
  expect(heldMax).toBeLessThanOrEqual(1_024)
})
