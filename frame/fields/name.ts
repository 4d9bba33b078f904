import { postalCodeBytesMax, nameBytesMax } from '../../crypto/card-bytes.ts'
import { digitsOf } from '../digits.ts'
import type { FieldRule, Verdict } from './rule.ts'

const bytes = (text: string): number => new TextEncoder().encode(text).length

/** Words stay as they are typed; only what cannot be part of one goes. */
const plain = (text: string): string => text.replaceAll(/\p{Cc}/gu, ' ')

const wordsRule = (bytesMax: number, refuses: (text: string) => boolean): FieldRule => ({
  clean: plain,
  show: (clean) => clean,
  judge(clean, { required }): Verdict {
    const text = clean.trim()
    if (text === '') return { level: 'none', code: required ? 'incomplete' : null, open: true }
    if (bytes(text) > bytesMax) return { level: 'most', code: 'too_long' }
    return refuses(text) ? { level: 'most', code: 'not_accepted' } : { level: 'some', code: null, open: true }
  },
})

/** A card number typed in the wrong field must not be kept as a name. */
export const nameRule: FieldRule = wordsRule(nameBytesMax, (text) => digitsOf(text).length >= 7)

export const postalCodeRule: FieldRule = wordsRule(postalCodeBytesMax, (text) => digitsOf(text).length >= 12)
