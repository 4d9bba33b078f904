import { brandOf, candidatesOf, groupingOf, type BrandMatch } from '../../detect/brands.ts'
import { luhn } from '../../detect/luhn.ts'
import { digitsOf } from '../digits.ts'
import type { FieldRule, Verdict } from './rule.ts'

/** Five more than any card has: a number pasted twice is seen as too long, and nothing grows without end. */
const digitsMax = 24

/** The length nearly every card of the scheme has: from there on a failed check digit is worth saying. */
function usualLength(card: BrandMatch | null): number {
  if (card?.brand === 'diners') return 14
  return card === null || card.lengths.includes(16) ? 16 : (card.lengths.at(-1) ?? 16)
}

/** ISO/IEC 7812-1: lengths where the scheme is not known (yet). */
const anyLength = [12, 13, 14, 15, 16, 17, 18, 19]

export const numberRule: FieldRule = {
  clean: (text) => digitsOf(text).slice(0, digitsMax),

  show(clean) {
    const groups: string[] = []
    let at = 0
    for (const size of brandOf(clean)?.grouping ?? groupingOf(null, clean.length)) {
      if (at < clean.length) groups.push(clean.slice(at, at + size))
      at += size
    }
    return groups.join(' ') + clean.slice(at)
  },

  judge(clean, { card }): Verdict {
    const count = clean.length
    if (count === 0) return { level: 'none', code: 'incomplete' }
    // Eight is where the issuer's digits end, for every scheme: nothing of the number's length can be told from it.
    const level = count < 8 ? 'some' : 'most'
    if (card === null && candidatesOf(clean).length === 0) return { level, code: 'unknown_brand' }
    const lengths = card?.lengths ?? anyLength
    const longest = lengths.at(-1) ?? 19
    if (count > longest) return { level, code: 'too_long' }
    const whole = lengths.includes(count)
    const passes = card?.luhn === false || luhn(clean)
    // One that may go on looks like any other that is under way.
    const open = count !== usualLength(card) && count !== longest
    if (whole && passes) return { level: open ? level : 'full', code: null, open }
    return { level, code: whole && count >= usualLength(card) ? 'checksum' : 'incomplete' }
  },
}
