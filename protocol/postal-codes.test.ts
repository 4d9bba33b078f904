import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgePostalCode, postalExample, postalHint, postalRule, regionOf } from './postal-codes.ts'

describe('a postal code', () => {
  it.each([
    ['US', '94105', '94105'],
    ['US', '94105-1234', '94105-1234'],
    ['US', '941051234', '94105-1234'],
    ['CA', 'k1a0b1', 'K1A 0B1'],
    ['CA', 'K1A 0B1', 'K1A 0B1'],
    ['GB', 'sw1a1aa', 'SW1A 1AA'],
    ['GB', 'M1 1AE', 'M1 1AE'],
    ['GB', 'EC1A-1BB', 'EC1A 1BB'],
    ['NL', '1012ab', '1012 AB'],
    ['JP', '1000001', '100-0001'],
    ['IE', 'd02x285', 'D02 X285'],
  ])('of %s may be typed as %s and is %s', (country, typed, written) => {
    expect(postalRule(country)?.read(typed)).toBe(written)
    expect(judgePostalCode(typed, country)).toBeNull()
  })

  it.each([
    ['US', '9410', 'incomplete'],
    ['US', '94105-12', 'incomplete'],
    ['US', 'SW1A 1AA', 'not_accepted'],
    ['US', '9410512345', 'not_accepted'],
    ['CA', 'K1A', 'incomplete'],
    ['CA', '94105', 'not_accepted'],
    ['GB', 'SW1A', 'incomplete'],
    ['GB', '10115', 'not_accepted'],
    ['DE', '1011', 'incomplete'],
    [undefined, '', 'incomplete'],
    [undefined, '12345678901', 'too_long'],
    [undefined, '<b>', 'not_accepted'],
    ['XX', 'AD500', null],
    [undefined, 'LV-1050', null],
  ])('in %s %s is judged %s', (country, typed, fault) => {
    expect(judgePostalCode(typed, country)).toBe(fault)
  })

  it('has an example in every country, for test cards', () => {
    for (const country of ['US', 'CA', 'GB', 'DE', 'NL', 'IE', 'JP', 'XX'])
      expect(judgePostalCode(postalExample(country), country), country).toBeNull()
  })

  it('is taken by the pattern that the frame gets where the rule takes it, and nowhere else', () => {
    const countries = fc.constantFrom('US', 'CA', 'GB', 'IE', 'NL', 'JP', 'DE', 'SE')
    const typed = fc.oneof(fc.stringMatching(/^[0-9A-Z]{3,9}$/), countries.map(postalExample))
    fc.assert(
      fc.property(countries, typed, (country, code) => {
        const hint = postalHint(country)
        if (new RegExp(hint?.pattern ?? '').test(code) !== (postalRule(country)?.read(code) !== null))
          expect.fail(`${country} ${code}`)
      }),
      { numRuns: 500 },
    )
    expect(postalHint('XX')).toBeNull()
  })

  it('is typed on a numeric keyboard where it has digits alone', () => {
    expect(['US', 'DE', 'JP'].map((country) => postalRule(country)?.numeric)).toEqual([true, true, true])
    expect(['CA', 'GB', 'NL', 'IE'].map((country) => postalRule(country)?.numeric)).toEqual([
      false,
      false,
      false,
      false,
    ])
    expect(postalRule('XX')).toBeNull()
    expect(postalRule('constructor')).toBeNull()
  })

  it('that is written as its country writes it stays as it is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('US', 'CA', 'GB', 'NL', 'JP', 'IE'),
        fc.string({ maxLength: 12 }),
        (country, text) => {
          const rule = postalRule(country)
          const written = rule?.read(text)
          if (typeof written === 'string' && rule?.read(written) !== written) expect.fail(`${text} → ${written}`)
        },
      ),
    )
  })

  it("'s country comes from a language tag that names one", () => {
    expect(['en-GB', 'zh-Hant-TW', 'de', 'sr-Latn-RS', undefined].map(regionOf)).toEqual([
      'GB',
      'TW',
      undefined,
      'RS',
      undefined,
    ])
  })
})
