import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cobadges, networksOf, parseCobadges } from './cobadges.ts'
import { brandOf, brands, isTestNumber, luhn } from './index.ts'

const known = parseCobadges(cobadges)
const networks = (digits: string): readonly string[] => networksOf(digits, brandOf(digits)?.brand, known)
const ranges = cobadges.flatMap((row) => row.split(' ').slice(1))

describe('a card that two networks serve', () => {
  test.each([
    ['4000002500001001', ['cartes_bancaires', 'visa']],
    ['5555552500001001', ['cartes_bancaires', 'mastercard']],
    ['4571000000000001', ['dankort', 'visa']],
    ['6703444444444449', ['bancontact', 'maestro']],
    ['4000050360000001', ['eftpos', 'visa']],
    ['5555050360000080', ['eftpos', 'mastercard']],
  ])('%s, a published test number: %j', (digits, expected) => {
    expect(luhn(digits)).toBe(true)
    expect(isTestNumber(digits)).toBe(true)
    expect(networks(digits)).toEqual(expected)
  })

  test.each([
    ['4970100000000154', ['cartes_bancaires', 'visa'], 'an issuer of France'],
    ['5132350000000002', ['cartes_bancaires', 'mastercard'], 'an issuer of France'],
    ['4790100000000008', [], 'one below a range'],
    ['4796580000000008', ['bancontact', 'visa'], 'an issuer of Belgium'],
    ['4796590000000007', [], 'one above it'],
  ])('%s: %j, %s', (digits, expected) => {
    expect(networks(digits)).toEqual(expected)
  })

  test.each([['4242424242424242'], ['5555555555554444'], ['378282246310005'], ['5019555544445555'], ['']])(
    '%s has one network: there is nothing to choose',
    (digits) => {
      expect(networks(digits)).toEqual([])
    },
  )

  test('is not known before the digits of its issuer are typed, and no digit after them changes it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ranges), fc.stringMatching(/^\d{11}$/), (range, rest) => {
        const lo = range.split('-')[0] ?? ''
        const found = networks(lo)
        for (let typed = 0; typed < lo.length; typed += 1) {
          const before = networks(lo.slice(0, typed))
          // A range inside another of the same card.
          if (before.length > 0) expect(before).toEqual(found)
        }
        if (found.length > 0) expect(networks((lo + rest).slice(0, 16))).toEqual(found)
      }),
    )
  })

  test('is one of a brand that we know, in a range that its own number names', () => {
    for (const row of cobadges) {
      const [names = '', ...own] = row.split(' ')
      const [, international = ''] = names.split('/')
      expect(names).toMatch(/^[a-z_]{2,24}\/[a-z_]{2,24}$/)
      expect(brands).toContain(international)
      for (const range of own) {
        expect(range).toMatch(/^(\d{3,8})(-(?=\d+$)\d+)?$/)
        const [lo = '', hi = lo] = range.split('-')
        expect(hi.length).toBe(lo.length)
        expect(hi >= lo).toBe(true)
      }
    }
    expect(new Set(ranges).size).toBe(ranges.length)
  })

  test('of a brand that its ranges do not serve is asked nothing', () => {
    expect(networksOf('4571000000000001', 'elo', known)).toEqual([])
    expect(networksOf('4571000000000001', undefined, known)).toEqual([])
  })
})
