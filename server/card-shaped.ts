import { brandInfo, brandOf } from '../detect/brands.ts'
import { luhn } from '../detect/luhn.ts'

/**
 * Whether a text that an integrator sends (a conversation's id, a reference, metadata, a key) holds what can only be a
 * card number: a run of digits, with at most one separator between two, whose length and check digit fit a scheme. It
 * would get into logs and events, so it is refused at the door. Millisecond times and order numbers do not fit.
 */
const run = /\d(?:[ ._:/@-]?\d){11,}/g
const lengthMin = 12
const lengthMax = 19

/**
 * UUIDs, and random numbers and hashes in hexadecimal: one random UUID of 2,800 would pass for a card with its
 * hyphens, and an Idempotency-Key is usually a UUID.
 */
const hexadecimal =
  /(?<![0-9a-z])(?=(?:[0-9-]*[a-f]){2})(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16,})(?![0-9a-z])/gi

export function isCardShaped(text: string): boolean {
  for (const [match] of text.replace(hexadecimal, 'x').matchAll(run)) if (piecesOf(match).some(isCard)) return true
  return false
}

/** Every way to take neighbouring pieces together, in whole pieces: a card may have other numbers beside it. */
function piecesOf(match: string): string[] {
  const pieces = match.split(/\D/)
  const joined: string[] = []
  for (let from = 0; from < pieces.length; from += 1) {
    let digits = ''
    for (let to = from; to < pieces.length && digits.length <= lengthMax; to += 1) {
      digits += pieces[to] ?? ''
      if (digits.length >= lengthMin && digits.length <= lengthMax) joined.push(digits)
    }
  }
  return joined
}

function isCard(digits: string): boolean {
  if (!luhn(digits)) return false
  const match = brandOf(digits)
  if (match === null || !match.lengths.includes(digits.length)) return false
  // One of ten order numbers that begin with 5 or 6 would pass for a Maestro, and one of ten chat ids of 18 digits for
  // a Visa of a length that is hardly issued: to refuse those now and then would only puzzle people.
  const { tier } = brandInfo(match.brand)
  return tier !== 'C' && (digits.length <= 16 || tier === 'B')
}
