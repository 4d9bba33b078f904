import { digitsOf, withAsciiDigits } from '../digits.ts'
import type { FieldRule, Verdict } from './rule.ts'

/** No card is issued for longer. */
const yearsMax = 20

/**
 * Clean form: two digits of month, then two or four of year (`1230`, `122030`), as far as they are typed.
 * Taken: MM/YY, MMYY, M/YY, MM/YYYY, MMYYYY, any separators, and YYYY-MM as `<input type=month>` writes it.
 */
export const expiryRule: FieldRule = {
  clean(text) {
    const plain = withAsciiDigits(text)
    const iso = /^\s*(20\d\d)\D+(0?[1-9]|1[0-2])\s*$/.exec(plain)
    if (iso) return (iso[2] ?? '').padStart(2, '0') + (iso[1] ?? '')
    const digits = digitsOf(plain)
    // A month of one digit: a separator follows it, or no month begins that way.
    const alone = /^\D*\d\D+/.test(plain)
    const first = digits[0] ?? ''
    const short = first !== '' && (alone || first > '1' || (first === '1' && (digits[1] ?? '0') > '2'))
    return (short && first !== '0' ? `0${digits}` : digits).slice(0, 6)
  },

  show: (clean) => (clean.length > 2 ? `${clean.slice(0, 2)} / ${clean.slice(2)}` : clean),

  judge(clean, { now }): Verdict {
    if (clean === '') return { level: 'none', code: 'incomplete' }
    const parsed = parseExpiry(clean)
    if (parsed === null) return { level: clean.length < 3 ? 'some' : 'most', code: 'incomplete' }
    // A year that far off is a slip; intake would not take it either.
    if (parsed.year > now.getFullYear() + yearsMax) return { level: 'most', code: 'incomplete' }
    const past = parsed.year * 12 + parsed.month < now.getFullYear() * 12 + now.getMonth() + 1
    return past ? { level: 'most', code: 'expired' } : { level: 'full', code: null }
  },
}

/** Month and year of a clean expiry, or null where it is none yet. A card is good through the last day of its month. */
export function parseExpiry(clean: string): { month: number; year: number } | null {
  if (clean.length !== 4 && clean.length !== 6) return null
  const month = Number(clean.slice(0, 2))
  const year = Number(clean.length === 4 ? `20${clean.slice(2)}` : clean.slice(2))
  return month >= 1 && month <= 12 && year >= 2000 && year <= 2099 ? { month, year } : null
}
