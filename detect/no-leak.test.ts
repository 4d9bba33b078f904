/** No prefix of what was let through shows seven digits in a row of a number that the oracle finds in the whole talk. */
import { describe, expect, test } from 'vitest'
import * as api from './index.ts'
import { casesOf, families, sets } from './testing/families.ts'
import { findNumbers, shows, tellable } from './testing/oracle.ts'
import { singles, stream, whole } from './testing/run.ts'
import { score } from './testing/score.ts'

/** Each case whose planted number the oracle finds, and whose masked form does not show seven of it by itself. */
const planted = Object.keys(families)
  .filter((name) => !name.startsWith('suspect'))
  .flatMap((name) =>
    Object.values(sets).flatMap((set) =>
      casesOf(name, set, 5).flatMap((one) => {
        const digits = one.expected[0]?.digits
        const found =
          digits !== undefined && tellable(digits) && findNumbers(one.turns).some((number) => number.digits === digits)
        return found ? [{ name, one, digits }] : []
      }),
    ),
  )

/** What was let through only grows: later prefixes show what earlier ones did, but an encoding is read as a whole. */
const leaksOf = (digits: string, prefixes: ReadonlyMap<string, readonly string[]>): string[] =>
  [...prefixes.values()].flatMap((texts) => {
    const moments = [...new Set(texts)]
    const some = moments.filter(
      (_, index) => index === moments.length - 1 || index % Math.ceil(moments.length / 6) === 0,
    )
    return some.filter((text) => shows(digits, text)).slice(0, 1)
  })

describe.each([
  ['message by message', whole],
  ['character by character', singles],
])('%s', (_name, cut) => {
  test('what is found never got out, at no moment', () => {
    const leaks: string[] = []
    let missed = 0
    for (const { name, one, digits } of planted) {
      const { findings, prefixes } = stream(api, one, cut)
      const { found, expected } = score(one, findings)
      if (found < expected) missed += 1
      else
        leaks.push(
          ...leaksOf(digits, prefixes).map(
            (text) => `${name}: ${JSON.stringify(one.turns)} let through ${JSON.stringify(text)}`,
          ),
        )
    }
    expect(planted.length).toBeGreaterThan(300)
    expect(leaks).toEqual([])
    expect(missed / planted.length).toBeLessThan(0.05)
  })
})

/** A number of a brand that begins with 22, as "twenty" does not: its unit alone makes the tens a head. */
test.each([
  ['English', 'twenty two', 'zero', 'four'],
  ['Portuguese', 'vinte e dois', 'zero', 'quatro'],
  ['French', 'vingt deux', 'zéro', 'quatre'],
])('tens wait for their unit: of a number of 22 no seventh digit gets out (%s)', (_language, head, zero, four) => {
  const text = `${head} ${Array(13).fill(zero).join(' ')} ${four}`
  const [kept] = api.redact(text).text.split('█')
  for (const cut of [singles, whole]) {
    const { prefixes, release, findings } = stream(api, { turns: [{ speaker: 'customer', text }], expected: [] }, cut)
    expect(findings.map(({ kind }) => kind)).toEqual(['pan'])
    for (const prefix of [...prefixes.values()].flat().filter((one) => !one.includes('█')))
      expect(kept).toContain(prefix.trim())
    expect(release).toBe(api.redact(text).text)
  }
})

test('the control: without a guard the oracle sees every one of them get out', () => {
  const unguarded = planted.filter(({ one, digits }) =>
    shows(
      digits,
      one.turns
        .filter((turn) => turn.speaker === 'customer')
        .map(({ text }) => text)
        .join('\n'),
    ),
  )
  expect(unguarded.length / planted.length).toBeGreaterThan(0.98)
})
