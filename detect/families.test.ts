/** What is found of each family of cards, in both sets: what rules were made with, and what was held out. */
import { describe, expect, test } from 'vitest'
import * as api from './index.ts'
import { casesOf, families, sets } from './testing/families.ts'
import { findIn } from './testing/run.ts'
import { type Score, score, sum } from './testing/score.ts'

const perFamily = 24
const scored = (set: (typeof sets)[keyof typeof sets]): [string, Score][] =>
  Object.keys(families).map((name) => [
    name,
    sum(casesOf(name, set, perFamily).map((one) => score(one, findIn(api, one)))),
  ])

describe.each([
  [sets.development, 0.98, 0.8],
  [sets.heldOut, 0.95, 0.7],
] as const)('$name', (set, inAll, least) => {
  const found = scored(set)
  const of = (part: (name: string) => boolean): Score => sum(found.flatMap(([name, one]) => (part(name) ? [one] : [])))

  test(`${100 * inAll} of a hundred are found, and in each family ${100 * least}`, () => {
    const all = of(() => true)
    const weak = found.filter(([, { found: count, expected }]) => count / expected < least)
    expect(weak.map(([name, one]) => `${name} ${one.found}/${one.expected}`)).toEqual([])
    expect(all.found / all.expected).toBeGreaterThanOrEqual(inAll)
  })

  test('what is found is covered to its last digit, and its places are exact', () => {
    const all = of(() => true)
    expect(all.covered / all.found).toBeGreaterThanOrEqual(0.98)
    expect(all.exact / all.found).toBeGreaterThanOrEqual(0.95)
  })

  test('a finding that touches no card is one in a hundred at the most', () => {
    const all = of(() => true)
    expect(all.extra / (all.extra + all.found)).toBeLessThanOrEqual(0.01)
  })

  test.each([
    ['spoken English', /^spoken en/],
    ['spoken in other languages', /^spoken (?!en)/],
    ['one wrong digit, after the agent asked', /^suspect.*armed/],
  ])('%s: 97 of a hundred', (_name, pattern) => {
    const all = of((name) => pattern.test(name))
    expect(all.found / all.expected).toBeGreaterThanOrEqual(0.97)
  })
})
