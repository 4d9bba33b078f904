/**
 * Whether a card may become a token: the same rules as in the frame, judged again where it counts. Lends the digits to
 * pure functions and keeps none. Returns the field and the reason, or the brand, first six and last four.
 */
import type { Card } from '../../crypto/card-bytes.ts'
import type { FieldName } from '../../protocol/capture-states.ts'
import type { RejectionReason } from '../../protocol/errors.ts'
import { judgePostalCode } from '../../protocol/postal-codes.ts'
import { cobadges, networksOf, parseCobadges } from '../../detect/cobadges.ts'
import { brandOf, isTestNumber, luhn } from '../../detect/cards.ts'

export type Verdict =
  | { ok: true; brand: string; bin: string; last4: string }
  | { ok: false; field: FieldName; reason: RejectionReason }

export interface Rules {
  fields: readonly FieldName[]
  /** Sandbox: cards outside the published test ranges are refused. */
  testNumbersOnly: boolean
  /** Live: published test numbers are refused. */
  refuseTestNumbers: boolean
  /** Sandbox, in tests: a code of any length, for it is a canary. */
  anyCvcLength?: boolean
  /** Whose postal codes are meant. */
  country?: string | undefined
  now: Date
}

const cobadged = parseCobadges(cobadges)

const refuse = (field: FieldName, reason: RejectionReason): Verdict => ({ ok: false, field, reason })

export function judge(card: Card, rules: Rules): Verdict {
  const number = card.number.use((digits) => {
    // Not by a Buffer: its copy would lie in a pool that nobody wipes. The string is left to the garbage collector.
    const text = String.fromCharCode(...digits)
    const brand = brandOf(text)
    if (brand === null) return refuse('number', 'unknown_brand')
    if (text.length > Math.max(...brand.lengths)) return refuse('number', 'too_long')
    if (!brand.lengths.includes(text.length)) return refuse('number', 'incomplete')
    if (brand.luhn && !luhn(text)) return refuse('number', 'checksum')
    const test = isTestNumber(text)
    if ((rules.testNumbersOnly && !test) || (rules.refuseTestNumbers && test)) return refuse('number', 'not_accepted')
    if (card.network !== undefined && !networksOf(text, brand.brand, cobadged).includes(card.network))
      return refuse('number', 'not_accepted')
    const [bin, last4] = [text.slice(0, 6), text.slice(-4)]
    return { ok: true as const, brand: brand.brand, bin, last4, cvcLength: brand.cvcLength }
  })
  if (!number.ok) return number
  if (!('cvcLength' in number)) return number
  if (isPast(card, rules.now)) return refuse('expiry', 'expired')
  if (rules.fields.includes('cvc') && !(rules.anyCvcLength === true && card.cvc !== undefined)) {
    const length = card.cvc?.use((digits) => digits.length) ?? 0
    if (length < number.cvcLength) return refuse('cvc', 'incomplete')
    if (length > number.cvcLength) return refuse('cvc', 'too_long')
  }
  if (rules.fields.includes('name') && card.name === undefined) return refuse('name', 'incomplete')
  if (rules.fields.includes('postal_code')) {
    const fault = judgePostalCode(card.postalCode ?? '', rules.country)
    if (fault !== null) return refuse('postal_code', fault)
  }
  return { ok: true, brand: number.brand, bin: number.bin, last4: number.last4 }
}

/** A card is good to the end of its month, wherever on earth that is last. */
function isPast(card: Card, now: Date): boolean {
  const end = Date.UTC(card.expYear, card.expMonth, 1) + 12 * 3_600_000
  return now.getTime() >= end || card.expYear > now.getUTCFullYear() + 20
}
