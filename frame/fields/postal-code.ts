import { postalCodeBytesMax } from '../../crypto/card-bytes.ts'
import { digitsOf, withAsciiDigits } from '../digits.ts'
import type { FieldRule, Verdict } from './rule.ts'

/** Capitals, where that changes no length: the caret counts characters. */
const capital = (character: string): string => {
  const upper = character.toUpperCase()
  return upper.length === character.length ? upper : character
}

/** As the capture's country writes it, which intake tells and judges again. A card number typed here must not be kept as a postal code. */
export const postalCodeRule: FieldRule = {
  clean: (text) => [...withAsciiDigits(text.replaceAll(/\p{Cc}/gu, ' '))].map(capital).join(''),
  show: (clean) => clean,

  judge(clean, { postal, required }): Verdict {
    const code = clean.trim()
    if (code === '') return { level: 'none', code: required ? 'incomplete' : null, open: true }
    if (digitsOf(code).length >= 12 || new TextEncoder().encode(code).length > postalCodeBytesMax)
      return { level: 'most', code: 'not_accepted' }
    if (postal === undefined) return { level: 'some', code: null, open: true }
    const bare = code.replaceAll(/[\s-]/g, '')
    if (new RegExp(postal.pattern).test(bare)) return { level: 'some', code: null, open: true }
    return { level: 'some', code: bare.length < postal.shortest ? 'incomplete' : 'not_accepted' }
  },
}
