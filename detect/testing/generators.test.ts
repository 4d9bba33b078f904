import { describe, expect, test } from 'vitest'
import { casesOf, families, sets } from './families.ts'
import { development, heldOut } from './flavor.ts'
import { noiseClasses, quietClasses } from './noise-classes.ts'
import { published } from './numbers.ts'
import { checkDigit, seeded } from './random.ts'
import { zeros } from './scripts.ts'
import { score } from './score.ts'
import { unseenFamilies } from './unseen-families.ts'

const names = [...Object.keys(families), ...Object.keys(unseenFamilies)]

test('the same seed gives the same cases, another seed others', () => {
  for (const name of names) {
    const [one, again, other] = [sets.development, sets.development, sets.heldOut].map((set) => casesOf(name, set, 5))
    expect(again, name).toEqual(one)
    expect(other, name).not.toEqual(one)
  }
})

test('what is expected lies in its turn, begins and ends with what carries a digit, and no empty place is there', () => {
  for (const name of names) {
    for (const { turns, expected } of casesOf(name, sets.development, 10)) {
      expect(expected.length, name).toBeGreaterThan(0)
      for (const { places } of expected) {
        for (const { turn, start, end } of places) {
          const text = turns[turn]?.text ?? ''
          expect(start >= 0 && start < end && end <= text.length, `${name}: ${text}`).toBe(true)
          expect(text.slice(start, end).trim(), name).toBe(text.slice(start, end))
        }
      }
    }
  }
})

test('the two flavors share no sentence, so that one can be held out of the making of rules', () => {
  for (const [name, words] of Object.entries(development)) {
    const others = new Set(Object.entries(heldOut).flatMap(([own, list]) => (own === name ? list.flat() : [])))
    expect(
      words.flat().filter((word: string) => word !== '' && others.has(word)),
      name,
    ).toEqual([])
  }
})

test('every number that is planted as a published one passes Luhn', () => {
  expect(published.filter((number) => checkDigit(number.slice(0, -1)) !== number.slice(-1))).toEqual([])
  expect(new Set(published).size).toBe(published.length)
})

test('every script with decimal digits is written in: Unicode has more than sixty', () => {
  expect(zeros.length).toBeGreaterThan(60)
  for (const name of [0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xff10, 0x1d7ce, 0x1e950]) expect(zeros).toContain(name)
})

describe('the classes of noise', () => {
  test('are 28, and the quiet ones are among them', () => {
    expect(Object.keys(noiseClasses)).toHaveLength(28)
    expect(quietClasses.filter((name) => !(name in noiseClasses))).toEqual([])
  })
  const shapes: Readonly<Record<string, RegExp>> = {
    imei: /^\d{15}$/,
    epoch_ms: /1[4-9]\d{11}$|20\d{11}$/,
    yyyymmddhhmmss: /^20[1-3]\d[01]\d[0-3]\d[0-2]\d[0-5]\d[0-5]\d$/,
    snowflake_18: /^\d{18}$/,
    iccid_19: /^89\d{17}$/,
    usps_22: /^9\d{21}$/,
    float_16: /^0\.\d{16}$/,
    iban_de: /^DE\d{2} ?(\d{4} ?){4}\d{2}$/,
    uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/,
    phones: /\d{4}.+\d{4}/,
    digits_40: /^\d{40}$/,
  }
  test.each(Object.entries(shapes))('%s has its form', (name, shape) => {
    const random = seeded(3)
    for (let index = 0; index < 200; index += 1) expect(noiseClasses[name]?.(random)).toMatch(shape)
  })
})

describe('the score', () => {
  const [plain] = casesOf('written: plain', sets.development, 1)
  if (plain === undefined) throw new Error('no case')
  const [
    {
      places: [place],
    } = { places: [] },
  ] = plain.expected
  if (place === undefined) throw new Error('no place')

  test('counts what is found, what is covered, what is exact and what is not there', () => {
    const wrong = { turn: 0, start: 0, end: place.start }
    const short = { ...place, end: place.end - 1 }
    const none = { expected: 1, found: 0, covered: 0, exact: 0, extra: 0 }
    expect(score(plain, [])).toEqual(none)
    expect(score(plain, [{ kind: 'pan', spans: [place] }])).toEqual({ ...none, found: 1, covered: 1, exact: 1 })
    expect(score(plain, [{ kind: 'pan', spans: [short] }])).toEqual({ ...none, found: 1 })
    expect(score(plain, [{ kind: 'cvc', spans: [place] }])).toEqual(none)
    expect(score(plain, [{ kind: 'pan', spans: [wrong] }])).toEqual({ ...none, extra: 1 })
  })
})
