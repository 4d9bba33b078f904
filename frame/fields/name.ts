import { nameBytesMax } from '../../crypto/card-bytes.ts'
import { digitsOf } from '../digits.ts'
import type { FieldRule, Verdict } from './rule.ts'

/** Words stay as they are typed; only what cannot be part of one goes. A card number typed here must not be kept as a name. */
export const nameRule: FieldRule = {
  clean: (text) => text.replaceAll(/\p{Cc}/gu, ' '),
  show: (clean) => clean,

  judge(clean, { required }): Verdict {
    const text = clean.trim()
    if (text === '') return { level: 'none', code: required ? 'incomplete' : null, open: true }
    if (new TextEncoder().encode(text).length > nameBytesMax) return { level: 'most', code: 'too_long' }
    return digitsOf(text).length >= 7
      ? { level: 'most', code: 'not_accepted' }
      : { level: 'some', code: null, open: true }
  },
}
