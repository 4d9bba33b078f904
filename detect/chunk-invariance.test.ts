/** The same findings, and the same text let through, for every way of cutting the input. */
import { describe, expect, test } from 'vitest'
import type { Case } from './testing/case.ts'
import { casesOf, families, sets } from './testing/families.ts'
import * as api from './index.ts'
import { seeded } from './testing/random.ts'
import { at, type Cut, findIn, singles, stream, whole } from './testing/run.ts'
import { noiseClasses } from './testing/noise-classes.ts'

const message = (text: string): Case => ({ turns: [{ speaker: 'customer', text }], expected: [] })
const noise = Object.values(noiseClasses).map((make) => message(make(seeded(11))))
const cards = Object.keys(families).flatMap((name) => casesOf(name, sets.development, 1))

function expectSame(one: Case, cut: Cut, name: string): void {
  const [all, pieces] = [stream(api, one, whole), stream(api, one, cut)]
  const text = JSON.stringify(one.turns.map((turn) => turn.text))
  expect(pieces.findings, `${name}: ${text}`).toEqual(all.findings)
  expect(pieces.release, `${name}: ${text}`).toBe(all.release)
}

describe.each([
  ['cards', cards],
  ['noise', noise],
])('of %s', (_name, cases) => {
  test('single characters give what the whole gives', () => {
    for (const one of cases) expectSame(one, singles, 'singles')
  })

  // `npm run soak` cuts all of them everywhere.
  test('every cut into two gives what the whole gives, in every sixth of them', () => {
    for (const one of cases.filter((_, index) => index % 6 === 0)) {
      const longest = Math.max(...one.turns.map(({ text }) => text.length))
      for (let place = 1; place < Math.min(longest, 160); place += 1) expectSame(one, at(place), `cut at ${place}`)
    }
  })

  test('random cuts into many give what the whole gives', () => {
    const random = seeded(200)
    for (const one of cases) {
      for (let round = 0; round < 6; round += 1) {
        const cut: Cut = (text) =>
          at(
            ...Array.from({ length: random.between(1, 9) }, () => random.below(text.length + 1)).sort((a, b) => a - b),
          )(text)
        expectSame(one, cut, 'random cuts')
      }
    }
  })
})

test('of short texts, every pair of cuts gives what the whole gives', () => {
  const texts = [
    '4242 4242 4242 4242',
    'is 378282246310005.',
    'four two for two oh one',
    '&#52;&#50;&#49;',
    'cvc: 123',
    'exp 12/29 ok',
    '4️⃣2️⃣ 4️⃣2️⃣',
    '\ud83d\ude00 4111\u00ad1111',
  ]
  for (const text of texts) {
    for (let first = 1; first < text.length; first += 1) {
      for (let second = first; second < text.length; second += 1)
        expectSame(message(text), at(first, second), `${first}, ${second}`)
    }
  }
})

test('a guard finds in one message what `detect` finds, and lets through what `redact` does', () => {
  for (const one of [...cards, ...noise].filter(({ turns, armed }) => turns.length === 1 && armed === undefined)) {
    const text = one.turns[0]?.text ?? ''
    const { findings, release } = stream(api, one, singles)
    expect(findings, text).toEqual(findIn(api, one))
    expect(release, text).toBe(api.redact(text).text)
  }
})
