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
    const backwards = Uint8Array.from(digits).reverse()
    hits += scrubSpaced(answer, digits) + scrubSpaced(answer, backwards)
    backwards.fill(0)
    return hits
  })
}

const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')]
const hexDigits = ascii('0123456789abcdef')
const hex = (byte: number): number[] => [hexDigits[byte >> 4] ?? 0, hexDigits[byte & 15] ?? 0]
/** A digit's code in decimal: 48 to 57. */
const decimal = (byte: number): number[] => [48 + Math.floor(byte / 10), 48 + (byte % 10)]

/** Each spelling as bytes of its own, which the caller zeroes. No strings: they could not be wiped. */
function spellings(digits: Uint8Array): Buffer[] {
  const each = (spell: (digit: number) => number[]): Buffer => Buffer.from([...digits].flatMap(spell))
  const prefixed = (before: string, spell: (digit: number) => number[], after = ''): Buffer =>
    each((digit) => [...ascii(before), ...spell(digit), ...ascii(after)])
  const between = (gap: string): Buffer => each((digit) => [digit, ...ascii(gap)]).subarray(0, -gap.length)
  return [
    each(hex),
    prefixed('%', hex),
    prefixed('%25', hex),
    prefixed('\\u00', hex),
    prefixed('\\x', hex),
    prefixed('&#', decimal, ';'),
    prefixed('&#x', hex, ';'),
    between('\0'),
    between('\\u0000'),
    // Full-width digits, in UTF-8.
    each((digit) => [0xef, 0xbc, 0x90 + digit - 48]),
    ...[0, 1, 2].map((shift) => base64(digits, shift)),
  ]
}

const base64Letters = ascii('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')

/**
 * A run of bytes looks three ways in base64, by how many bytes stand before it in its group of three. Its outermost
 * letters hang on the neighbours and are left out; digits never need the letters in which base64url differs.
 */
function base64(digits: Uint8Array, shift: number): Buffer {
  const bits = (at: number): number => digits[at - shift] ?? 0
  const out: number[] = []
  const first = Math.ceil((shift * 8) / 6)
  const end = Math.floor(((shift + digits.length) * 8) / 6)
  for (let letter = first; letter < end; letter += 1) {
    const at = Math.floor((letter * 6) / 8)
    const pair = (bits(at) << 8) | bits(at + 1)
    out.push(base64Letters[(pair >> (10 - ((letter * 6) % 8))) & 63] ?? 0)
  }
  return Buffer.from(out)
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
