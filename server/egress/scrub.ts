/**
 * The second net under the allow-list: the bytes of a processor's answer are searched for the card number before they
 * are parsed, in the usual spellings. "In any encoding" cannot be complete, so the allow-list is the first net.
 */
import type { Pan } from '../../crypto/pan.ts'

const star = 0x2a
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57
/** What people and machines put between groups of digits: space, hyphen, dot, slash, comma, underscore, no-break space. */
const separators = new Set([0x20, 0x2d, 0x2e, 0x2f, 0x2c, 0x5f, 0xa0, 0xc2])

/** Overwrites every hit with stars, in place and of the same length. Returns how many there were. */
export function scrub(answer: Buffer, pan: Pan): number {
  return pan.use((digits) => {
    const patterns = spellings(digits)
    let hits = 0
    for (const pattern of patterns) {
      for (let at = answer.indexOf(pattern); at >= 0; at = answer.indexOf(pattern, at + 1)) {
        answer.fill(star, at, at + pattern.length)
        hits += 1
      }
      pattern.fill(0)
    }
    return hits + scrubSpaced(answer, digits) + scrubSpaced(answer, Uint8Array.from(digits).reverse())
  })
}

/** Each spelling as bytes of its own; the caller zeroes them. */
function spellings(digits: Uint8Array): Buffer[] {
  const each = (text: (digit: number) => string): Buffer => Buffer.from([...digits].map(text).join(''), 'latin1')
  const hex = (digit: number): string => digit.toString(16)
  return [
    each((digit) => hex(digit)),
    each((digit) => `%${hex(digit)}`),
    each((digit) => `%25${hex(digit)}`),
    each((digit) => `\\u00${hex(digit)}`),
    each((digit) => `\\x${hex(digit)}`),
    each((digit) => `&#${digit};`),
    each((digit) => `&#x${hex(digit)};`),
    each((digit) => `${String.fromCharCode(digit)}\0`),
    each((digit) => String.fromCharCode(0xef, 0xbc, 0x90 + digit - 48)),
    ...base64(digits),
  ]
}

/** A run of bytes looks three ways in base64, by where it begins; its outer characters hang on its neighbours. */
function base64(digits: Uint8Array): Buffer[] {
  return [0, 1, 2].map((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), digits])
    const text = Buffer.from(padded.toString('base64'), 'latin1')
    padded.fill(0)
    const first = Math.ceil((shift * 8) / 6)
    const last = Math.floor(((shift + digits.length) * 8) / 6)
    const out = Buffer.from(text.subarray(first, last))
    text.fill(0)
    return out
  })
}

/** The digits in their order with at most three separators between two of them, also none. */
function scrubSpaced(answer: Buffer, digits: Uint8Array): number {
  let hits = 0
  for (let start = 0; start < answer.length; start += 1) {
    if (answer[start] !== digits[0]) continue
    let at = start
    let matched = 0
    let gap = 0
    while (at < answer.length && matched < digits.length) {
      const byte = answer[at]
      if (byte === digits[matched]) {
        matched += 1
        gap = 0
      } else if (matched > 0 && !isDigit(byte) && separators.has(byte ?? 0) && gap < 3) gap += 1
      else break
      at += 1
    }
    if (matched < digits.length) continue
    for (let i = start; i < at; i += 1) if (isDigit(answer[i])) answer[i] = star
    hits += 1
  }
  return hits
}
