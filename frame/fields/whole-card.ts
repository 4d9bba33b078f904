/**
 * A card that is pasted or dropped as one text: out of a note, a message, a password manager that copies all of it. Pure;
 * what it finds goes into the fields as if it had been typed there.
 */
import { brandOf } from '../../detect/brands.ts'
import { luhn } from '../../detect/luhn.ts'
import { digitsOf, withAsciiDigits } from '../digits.ts'
import { expiryRule, parseExpiry } from './expiry.ts'

export interface WholeCard {
  number: string
  expiry: string
  cvc?: string
}

/**
 * The number comes first, then the expiry in any of its spellings, then perhaps the code and nothing else of digits: with
 * more of them none is clear. Null where there is no number followed by an expiry, which is then an ordinary paste.
 */
export function wholeCard(text: string): WholeCard | null {
  const plain = withAsciiDigits(text)
  const from = plain.slice(plain.search(/(?:\d[\s.-]*){12}/))
  // First by the check digit. A number with a slip is split from its expiry all the same, so that its own error is said.
  for (const checked of [true, false]) {
    for (let count = 19; count >= 12; count -= 1) {
      const [head] = new RegExp(`^(?:\\d[\\s.-]*){${count}}`).exec(from) ?? ['']
      const number = digitsOf(head)
      const card = brandOf(number)
      if (!card?.lengths.includes(number.length) || (checked && card.luhn && !luhn(number))) continue
      const after = from.slice(head.length)
      const [first, second = '', ...rest] = after.match(/\d+/g) ?? []
      if (first === undefined) return null
      // Digits run together with the number's own are an expiry only by their stroke.
      if (/\d$/.test(head) && /^\d(?!\d\/)/.test(after)) continue
      const apart = expiryRule.clean(`${first}/${second}`)
      const both = parseExpiry(apart) !== null
      const expiry = both ? apart : expiryRule.clean(first)
      // Four digits by themselves may be the number's last group.
      if (parseExpiry(expiry) === null || (!both && card.lengths.includes(count + 4))) continue
      const [cvc = '', ...more] = both || second === '' ? rest : [second, ...rest]
      return { number, expiry, ...(more.length === 0 && cvc.length === card.cvcLength && { cvc }) }
    }
  }
  return null
}
