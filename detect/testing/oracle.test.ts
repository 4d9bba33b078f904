import { describe, expect, test } from 'vitest'
import { closure, projectImports } from '../../architecture/graph.ts'
import { casesOf, families, sets } from './families.ts'
import { findNumbers, shows, tellable } from './oracle.ts'
import { seeded } from './random.ts'

const customer = (text: string) => [{ speaker: 'customer', text }]
const planted = Object.keys(families).flatMap((name) =>
  Object.values(sets).flatMap((set) =>
    casesOf(name, set, 6).flatMap(({ turns, expected }) =>
      expected.flatMap(({ kinds, digits }) =>
        digits === undefined || kinds.includes('pan_suspect') ? [] : [{ name, turns, digits }],
      ),
    ),
  ),
)

test('the oracle imports nothing of detect/ beside itself, and no package', () => {
  const reached = [...closure(projectImports(), 'detect/testing/oracle.ts').keys()].sort()
  expect(reached).toEqual([
    'detect/testing/numerals.ts',
    'detect/testing/oracle-cells.ts',
    'detect/testing/oracle-parts.ts',
    'detect/testing/oracle.ts',
  ])
})

describe('the oracle', () => {
  test('finds what the generators plant: 995 of a thousand, in every family nine of ten', () => {
    const missed = planted.filter(({ turns, digits }) => !findNumbers(turns).some((number) => number.digits === digits))
    expect(planted.length).toBeGreaterThan(800)
    expect(missed.length / planted.length, missed.map(({ name }) => name).join(', ')).toBeLessThan(0.005)
    for (const name of new Set(missed.map(({ name }) => name))) {
      const of = planted.filter((one) => one.name === name).length
      expect(missed.filter((one) => one.name === name).length / of, name).toBeLessThan(0.1)
    }
  })

  test('sees the digits of a planted number in its text, and not where all but six and four are masked', () => {
    for (const { turns, digits } of planted.filter(({ name }) => /^written: (plain|spaces|every|two)/.test(name))) {
      const text = turns.map((turn) => turn.text).join('\n')
      expect(shows(digits, text), text).toBe(true)
    }
    for (const digits of ['4217651111111119', '378282246310005', '6011000990139424']) {
      const hidden = digits.length - 10
      expect(shows(digits, `card ${digits.slice(0, 6)}${'*'.repeat(hidden)}${digits.slice(-4)} ok`)).toBe(false)
      expect(shows(digits, `card ${digits.slice(0, 6)} ${digits.slice(6, 7)} and more`)).toBe(true)
      expect(shows(digits, `card ${digits.slice(0, 6)} and no more`)).toBe(false)
      expect(shows(digits, `it ends in ${digits.slice(-7)}`)).toBe(true)
    }
  })

  test.each([
    ['4217 six five one one', true],
    ['four two one seven, six five one', true],
    ['four two one seven, six five', false],
    ['&#52;&#50;&#49;&#55;&#54;&#53;&#49;', true],
    ['４２１７６５１', true],
    ['the first four are 4217, then 651', true],
    ['NDIxNzY1MTExMTExMTExOQ==', true],
  ])('of 4217651111111119, "%s" shows seven in a row: %s', (text, expected) => {
    expect(shows('4217651111111119', text)).toBe(expected)
  })

  test('finds nothing in numbers that fail Luhn, and joins no two speakers', () => {
    const random = seeded(5)
    for (let index = 0; index < 200; index += 1) {
      const payload = `400000${random.digits(9)}`
      const all = [...Array(10).keys()].map((last) => findNumbers(customer(`${payload}${last}`)).length)
      expect(all.filter((count) => count > 0)).toHaveLength(1)
    }
    expect(findNumbers([...customer('4242 4242'), { speaker: 'agent', text: '4242 4242' }])).toEqual([])
    const two = findNumbers([...customer('4242 4242'), ...customer('4242 4242')])
    expect(two.map(({ digits }) => digits)).toContain('4242424242424242')
  })

  test('says where: from the first to the last character that carries a digit, in each turn', () => {
    const turns = [
      { speaker: 'customer', text: 'it is 4242 42' },
      { speaker: 'agent', text: 'go on' },
      { speaker: 'customer', text: 'and 42 4242 four two ok' },
    ]
    expect(findNumbers(turns).filter(({ digits }) => digits.length === 16)).toEqual([])
    const [found] = findNumbers([...turns, { speaker: 'customer', text: '42' }]).filter(
      ({ digits }) => digits.length === 16,
    )
    expect(found?.places).toEqual([
      { turn: 0, start: 6, end: 13 },
      { turn: 2, start: 4, end: 20 },
      { turn: 3, start: 0, end: 2 },
    ])
  })

  test('knows the numbers whose masked form shows seven of them by itself', () => {
    expect(['4242424242424242', '4111111111111111', '4217651111111119', '378282246310005'].map(tellable)).toEqual([
      false,
      false,
      false,
      true,
    ])
  })
})
