/** A whole card in one text, in any way people keep one, against what was meant; and texts that are none. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brandOf } from '../../detect/brands.ts'
import { luhn } from '../../detect/luhn.ts'
import { testNumbers } from '../../detect/test-numbers.ts'
import { parseExpiry } from './expiry.ts'
import { wholeCard } from './whole-card.ts'

const numbers = fc.constantFrom(...testNumbers)
const scripts = fc.constantFrom(0, 0x660 - 0x30, 0xff10 - 0x30)
const inScript = (text: string, by: number): string =>
  text.replaceAll(/\d/g, (digit) => String.fromCodePoint(digit.charCodeAt(0) + by))

const written = fc.record({
  number: numbers,
  every: fc.constantFrom(0, 4, 6),
  gap: fc.constantFrom(' ', '-', '\u00a0', '.', ' - '),
  month: fc.integer({ min: 1, max: 12 }),
  year: fc.integer({ min: 2027, max: 2045 }),
  expiry: fc.constantFrom('mm/yy', 'm/yy', 'mm / yyyy', 'mm-yy', 'mm.yyyy', 'yyyy-mm', 'mm yy', 'mmyy', 'mm／yy'),
  code: fc.boolean(),
  labels: fc.constantFrom(
    ['', '', ''],
    ['Card: ', 'Exp: ', 'CVC: '],
    ['Kartennummer ', 'gültig bis ', 'Prüfziffer '],
    ['№ ', 'до ', ''],
  ),
  between: fc.constantFrom('\n', ' ', '\t', ', ', ' | ', '\r\n', '; '),
  around: fc.constantFrom(['', ''], ['  ', '\n'], ['Pay with ', ' please.'], ['', '\nJane Doe']),
  script: scripts,
})

describe('complaint 17: a card pasted whole', () => {
  it('fills number, expiry and code, in whatever way it is written', () => {
    fc.assert(
      fc.property(written, ({ number, every, gap, month, year, expiry, code, labels, between, around, script }) => {
        const groups = every === 0 ? number : number.replaceAll(new RegExp(`\\d{${every}}(?=\\d)`, 'g'), `$&${gap}`)
        const date = expiry
          .replace('yyyy', String(year))
          .replace('yy', String(year).slice(2))
          .replace('mm', String(month).padStart(2, '0'))
          .replace('m', String(month))
        const cvc = '7391'.slice(0, brandOf(number)?.cvcLength ?? 3)
        const parts = [labels[0] + groups, labels[1] + date, ...(code ? [labels[2] + cvc] : [])]
        const text = inScript(around[0] + parts.join(between) + around[1], script)
        const found = wholeCard(text)
        // Then date and number might be one longer number, and the person puts them where they belong.
        const longer = number + date.replaceAll(/\D/g, '')
        const fits = brandOf(number)?.lengths.includes(longer.length)
        if (fits && (luhn(longer) || expiry === 'mmyy')) return
        if (found === null) expect.fail(`nothing in ${JSON.stringify(text)}`)
        expect(found.number, text).toBe(number)
        expect(parseExpiry(found.expiry), text).toEqual({ month, year })
        expect(found.cvc, text).toBe(code ? cvc : undefined)
      }),
      { numRuns: Number(process.env['RUNS'] ?? 1_500) },
    )
  })

  it.each([
    ['4242 4242 4242 4242 12/34 123', { number: '4242424242424242', expiry: '1234', cvc: '123' }],
    ['4242424242424242,12/34', { number: '4242424242424242', expiry: '1234' }],
    [
      'Number: 3782 822463 10005\nExpires: 2034-01\nCode: 7373',
      { number: '378282246310005', expiry: '012034', cvc: '7373' },
    ],
    // As a field of one line would have it.
    ['424242424242424212/34', { number: '4242424242424242', expiry: '1234' }],
    // A slip in the number stays the number's own error.
    ['4242 4242 4242 4241 12/34 123', { number: '4242424242424241', expiry: '1234', cvc: '123' }],
    // A code of another length, or a postal code beside it: none is clear.
    ['4242 4242 4242 4242 12/34 1234', { number: '4242424242424242', expiry: '1234' }],
    ['4242 4242 4242 4242 12/34 123 94105', { number: '4242424242424242', expiry: '1234' }],
  ])('%j', (text, found) => {
    expect(wholeCard(text)).toEqual(found)
  })

  it.each([
    ['4242 4242 4242 4242'],
    ['12/34'],
    ['4242 4242 4242 4242 99/99'],
    ['order 12/34 of 5'],
    [''],
    ['1111 1111 1111 12/34'],
  ])('%j is none: an ordinary paste', (text) => {
    expect(wholeCard(text)).toBeNull()
  })

  it('is never found in a number alone, however it is grouped: typing by keys never moves a digit away', () => {
    fc.assert(
      fc.property(
        numbers,
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 19, maxLength: 19 }),
        (number, sizes) => {
          const ends = sizes.map((_, at) => sizes.slice(0, at).reduce((sum, size) => sum + size, 0))
          const groups = sizes.map((size, at) => number.slice(ends[at], (ends[at] ?? 0) + size)).filter(Boolean)
          expect(wholeCard(groups.join(' ')), groups.join(' ')).toBeNull()
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('ends in time for any text', () => {
    const started = performance.now()
    for (const text of ['1'.repeat(100_000), '4 - '.repeat(25_000), '4242.'.repeat(20_000)]) wholeCard(text)
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})
