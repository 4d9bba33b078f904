import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { brandOf } from '../../detect/brands.ts'
import { reformat } from '../caret.ts'
import { digitsOf } from '../digits.ts'
import { parseExpiry } from './expiry.ts'
import { declared } from './declared.ts'
import type { FieldRule, Surroundings } from './rule.ts'

// Sound: the same keys.
const rules = Object.fromEntries(Object.entries(declared).map(([name, { rule }]) => [name, rule])) as Record<
  keyof typeof declared,
  FieldRule
>

const around = (number = '', more: Partial<Surroundings> = {}): Surroundings => ({
  card: brandOf(number),
  now: new Date(2026, 5, 15),
  required: true,
  ...more,
})
const numberVerdict = (digits: string) => rules.number.judge(rules.number.clean(digits), around(digits))

describe('the card number', () => {
  it.each([
    ['4242424242424242', '4242 4242 4242 4242'],
    ['4242-4242-4242-4242', '4242 4242 4242 4242'],
    ['４２４２　４２４２', '4242 4242'],
    ['٤٢٤٢٤٢', '4242 42'],
    ['378282246310005', '3782 822463 10005'],
    ['3782822', '3782 822'],
    ['36227206271667', '3622 720627 1667'],
    ['6205500000000000004', '620550 0000000000004'],
  ])('%s is shown as %s', (typed, shown) => {
    expect(rules.number.show(rules.number.clean(typed))).toBe(shown)
  })

  it.each([
    ['4242424242424242', null],
    ['378282246310005', null],
    ['5555555555554444', null],
    ['36227206271667', null],
    ['', 'incomplete'],
    ['4242', 'incomplete'],
    ['4242424242424241', 'checksum'],
    ['424242424242424', 'incomplete'],
    ['55555555555544441', 'too_long'],
    ['9999999999999999', 'unknown_brand'],
    ['378282246310006', 'checksum'],
  ])('%s is judged %s', (digits, code) => {
    expect(numberVerdict(digits).code).toBe(code)
  })

  it('tells no more of its length than that eight digits are there', () => {
    const levels = [...'4242424242424241'].map(
      (_, index) => numberVerdict('4242424242424241'.slice(0, index + 1)).level,
    )
    expect(levels).toEqual([...Array(7).fill('some'), ...Array(9).fill('most')])
  })
})

describe('the expiry', () => {
  it.each([
    ['12/30', 12, 2030],
    ['1230', 12, 2030],
    ['12/2030', 12, 2030],
    ['122030', 12, 2030],
    ['1/30', 1, 2030],
    ['01 / 30', 1, 2030],
    ['1/2031', 1, 2031],
    ['930', 9, 2030],
    ['9/30', 9, 2030],
    ['12-30', 12, 2030],
    ['12.30', 12, 2030],
    ['12 30', 12, 2030],
    ['2030-12', 12, 2030],
    ['2030-1', 1, 2030],
    ['１２／３０', 12, 2030],
    ['130', 1, 2030],
    [' 12 / 30 ', 12, 2030],
  ])('takes %s', (typed, month, year) => {
    expect(parseExpiry(rules.expiry.clean(typed))).toEqual({ month, year })
  })

  it.each([['0030'], ['12/3'], ['1'], ['12'], ['12/203'], ['12/1999']])('does not take %s', (typed) => {
    expect(parseExpiry(rules.expiry.clean(typed))).toBeNull()
  })

  it.each([
    ['06/26', null],
    ['05/26', 'expired'],
    ['01/2027', null],
    ['12/25', 'expired'],
  ])('%s in June 2026 is %s', (typed, code) => {
    expect(rules.expiry.judge(rules.expiry.clean(typed), around()).code).toBe(code)
  })

  it.each(['2000 13', '2034-00', '2034-99'])(
    '%s, of a month that there is not, is cleaned the same a second time',
    (typed) => {
      const clean = rules.expiry.clean(typed)
      expect(rules.expiry.clean(rules.expiry.show(clean))).toBe(clean)
    },
  )

  it('gives the same date however it is typed, key by key', () => {
    for (const [keys, clean] of [
      ['12/30', '1230'],
      ['1230', '1230'],
      ['1/30', '0130'],
      ['930', '0930'],
      ['12/2030', '122030'],
      ['12 / 30', '1230'],
    ] as const) {
      let was = ''
      let text = ''
      for (const key of keys) {
        const next = reformat({ text: text + key, caret: text.length + 1, was, deleting: null }, rules.expiry)
        was = next.clean
        text = next.text
        expect(next.caret).toBe(text.length)
      }
      expect(was, keys).toBe(clean)
    }
  })
})

describe('the security code', () => {
  it('has three digits, and four for American Express', () => {
    expect(rules.cvc.judge('123', around('4242')).code).toBeNull()
    expect(rules.cvc.judge('1234', around('4242')).code).toBe('too_long')
    expect(rules.cvc.judge('123', around('3782')).code).toBe('incomplete')
    expect(rules.cvc.judge('1234', around('3782')).code).toBeNull()
  })
})

describe('name and postal code', () => {
  it('are never a place for a card number', () => {
    expect(rules.name.judge('4242 4242 4242 4242', around()).code).toBe('not_accepted')
    expect(rules.postal_code.judge('4242 4242 4242 4242', around()).code).toBe('not_accepted')
    expect(rules.name.judge('Zoë Müller-Łukasz', around()).code).toBeNull()
  })
  it('may be left empty where they are not asked for', () => {
    expect(rules.name.judge('  ', around('', { required: false })).code).toBeNull()
    expect(rules.name.judge('  ', around()).code).toBe('incomplete')
  })
})

describe('digits of other scripts', () => {
  it('become ASCII, whichever run they stand in', () => {
    expect(digitsOf('０१٣৪੫૬୭௮౯𝟘𝟡𝟎𝟵')).toBe('0134567890909')
    expect(digitsOf('²①Ⅷ一')).toBe('')
  })
  it('leave ASCII as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        expect(digitsOf(text)).toBe(text.replaceAll(/\D/g, ''))
      }),
    )
  })
})

describe('every rule', () => {
  it('shows what it cleans so that cleaning gives it back', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(rules)), fc.string({ maxLength: 40 }), (rule, text) => {
        const clean = rule.clean(text)
        expect(rule.clean(rule.show(clean))).toBe(clean)
      }),
      { numRuns: 2_000 },
    )
    fc.assert(
      fc.property(
        fc.constantFrom(rules.number, rules.expiry, rules.cvc),
        fc.stringMatching(/^[0-9 /-]{0,26}$/),
        (rule, text) => {
          const clean = rule.clean(text)
          expect(rule.clean(rule.show(clean))).toBe(clean)
        },
      ),
      { numRuns: 5_000 },
    )
  })
})
