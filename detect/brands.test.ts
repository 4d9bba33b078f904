import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { build } from 'vite'
import vectors from './brands.vectors.json' with { type: 'json' }
import { brandInfo, brandOf, brands, candidatesOf, groupingOf, isTestNumber, luhn } from './index.ts'
import { testNumbers } from './test-numbers.ts'

const anyDigits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 19 })

test.each(vectors.numbers)('$digits is $brand: $why', ({ digits, brand, groups }) => {
  const found = brandOf(digits)
  expect(found?.brand).toBe(brand)
  expect(found?.lengths).toContain(digits.length)
  expect(luhn(digits)).toBe(true)
  const used: number[] = []
  for (const size of found?.grouping ?? []) if (used.reduce((sum, n) => sum + n, 0) < digits.length) used.push(size)
  expect(used).toEqual(groups.length > used.length ? groups.slice(0, used.length) : groups)
})

test.each(vectors.typing)('while typing "$digits": $why', ({ digits, brand, among }) => {
  expect(brandOf(digits)?.brand ?? null).toBe(brand)
  const candidates = candidatesOf(digits)
  for (const name of among) expect(candidates).toContain(name)
  if (among.length === 0) expect(candidates).toEqual([])
})

test.each(vectors.luhn)('Luhn of "$digits": $why', ({ digits, ok }) => {
  expect(luhn(digits)).toBe(ok)
  expect(luhn(new TextEncoder().encode(digits))).toBe(ok)
})

describe('properties', () => {
  test('Luhn finds every single wrong digit', () => {
    fc.assert(
      fc.property(fc.constantFrom(...testNumbers), fc.nat(), fc.integer({ min: 1, max: 9 }), (number, at, by) => {
        const index = at % number.length
        const wrong = String((Number(number[index]) + by) % 10)
        expect(luhn(number.slice(0, index) + wrong + number.slice(index + 1))).toBe(false)
      }),
    )
  })

  test('a brand that is named is among the candidates, and more digits never bring a new one', () => {
    fc.assert(
      fc.property(anyDigits, fc.constantFrom(...'0123456789'), (digits, next) => {
        const before = candidatesOf(digits)
        const found = brandOf(digits)
        if (found !== null) expect(before).toContain(found.brand)
        for (const brand of candidatesOf(digits + next)) expect(before).toContain(brand)
      }),
    )
  })

  test('the groups of every brand and length hold that many digits', () => {
    for (const brand of brands) {
      for (const length of brandInfo(brand).lengths) {
        const room = groupingOf(brand, length).reduce((sum, size) => sum + size, 0)
        expect(room, `${brand} ${length}`).toBeGreaterThanOrEqual(length)
      }
    }
  })

  test('both ends of every range have the same count of digits', () => {
    for (const brand of brands) {
      for (const range of brandInfo(brand).prefixes.split(' ')) expect(range).toMatch(/^(\d+)$|^(\d+)-(?=\d+$)/)
      for (const [lo = '', hi = lo] of brandInfo(brand)
        .prefixes.split(' ')
        .map((range) => range.split('-'))) {
        expect(hi.length).toBe(lo.length)
        expect(hi >= lo).toBe(true)
      }
    }
  })
})

describe('published test numbers', () => {
  test('each passes its own check digit and has a brand of its length', () => {
    for (const number of testNumbers) {
      expect(luhn(number), number).toBe(true)
      expect(brandOf(number)?.lengths, number).toContain(number.length)
    }
  })

  test('the processors outcomes below 4000 00 are among them, other numbers are not', () => {
    for (const number of ['4000000000000002', '4000000000003220', '4000000000009995', '4000008260000000']) {
      expect(isTestNumber(number)).toBe(true)
    }
    for (const number of ['4539578763621486', '400000000000000', '5399999999999999', '']) {
      expect(isTestNumber(number)).toBe(false)
    }
  })
})

test('what the frame loads of it is at most 3 kB gzip', async () => {
  const output = await build({
    logLevel: 'silent',
    configFile: false,
    build: { write: false, lib: { entry: 'detect/cards.ts', formats: ['es'] }, minify: true },
  })
  const [result] = [output].flat()
  const code = result !== undefined && 'output' in result ? result.output[0].code : ''
  expect(code.length).toBeGreaterThan(1_000)
  expect(gzipSync(code).length).toBeLessThanOrEqual(3_072)
})
