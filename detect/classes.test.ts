/** The decimal digits of the table against the engine's own, which may know newer ones. */
import { expect, test } from 'vitest'
import { classOf, classOfAstral, DIGIT } from './classes.ts'

const decimals = Array.from({ length: 0x11_0000 }, (_, point) => point).filter((point) =>
  /\p{Nd}/u.test(String.fromCodePoint(point)),
)
const classIn = (point: number): number => (point > 0xff_ff ? classOfAstral(point) : classOf(point))

test('each decimal digit of Unicode is a digit, and those of a script stand for nought to nine in their order', () => {
  const values = decimals.map((point) => classIn(point) - DIGIT)
  expect(decimals.length).toBeGreaterThanOrEqual(760)
  expect(decimals.filter((_, at) => values[at] !== at % 10).map((point) => point.toString(16))).toEqual([])
})

test('a letter is none (control)', () => {
  expect(classIn(0x61) >= DIGIT).toBe(false)
  expect(classIn(0x1_d400) >= DIGIT).toBe(false)
})
