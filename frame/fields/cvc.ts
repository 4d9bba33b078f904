import { digitsOf } from '../digits.ts'
import type { FieldRule, Verdict } from './rule.ts'

export const cvcRule: FieldRule = {
  clean: (text) => digitsOf(text).slice(0, 4),
  show: (clean) => clean,

  /** Judged by the card's scheme; while that is unknown, three and four are both right. */
  judge(clean, { card }): Verdict {
    if (clean === '') return { level: 'none', code: 'incomplete' }
    if (clean.length < 3) return { level: 'some', code: 'incomplete' }
    if (card === null) return { level: 'full', code: null, open: clean.length === 3 }
    if (clean.length > card.cvcLength) return { level: 'most', code: 'too_long' }
    return clean.length < card.cvcLength ? { level: 'most', code: 'incomplete' } : { level: 'full', code: null }
  },
}
