/**
 * What is sent and must be found nowhere: texts and card numbers that share a mark, so that one search finds any of
 * them in whatever spelling a careless program would give them.
 */
import fc from 'fast-check'
import { isCardShaped } from '../card-shaped.ts'

const word = 'qzxcanary'
/** Seven digits inside of every number that is made here. */
const digits = '2718281'

/** Texts that nobody would write by chance, with signs that some encoding or other must escape. */
export const textCanary: fc.Arbitrary<string> = fc
  .tuple(fc.stringMatching(/^[a-z]{3,8}$/), fc.constantFrom('', ' ', '<b>', '"', "'", '%', '\\', 'é', '🂡', '=', '&'))
  .map(([tail, sign]) => `${word}${sign}${tail}`)

const issuers: readonly [prefix: string, length: number][] = [
  ['4', 16],
  ['4', 13],
  ['51', 16],
  ['2221', 16],
  ['37', 15],
  ['6011', 16],
  ['3528', 16],
  ['36', 14],
]

/** Random numbers that a scheme could have issued: right length, right check digit. */
const plainPan: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...issuers), fc.stringMatching(/^\d{16}$/))
  .map(([[prefix, length], random]) => {
    const filled = length - prefix.length - digits.length - 1
    const head = `${prefix}${random.slice(0, filled - 1)}${digits}${random.slice(15)}`
    return head + checkDigit(head)
  })

/** In digits, and grouped as people and programs write them; each is what a door calls card-shaped. */
export const panCanary: fc.Arbitrary<string> = fc
  .tuple(plainPan, fc.constantFrom('', ' ', '-', '.'))
  .map(([pan, separator]) => pan.match(/.{1,4}/g)?.join(separator) ?? pan)
  .filter(isCardShaped)

function checkDigit(head: string): string {
  let sum = 0
  for (let i = 0; i < head.length; i += 1) {
    const digit = Number(head[head.length - 1 - i])
    sum += i % 2 === 1 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return String((10 - (sum % 10)) % 10)
}

const spaced = (text: string): string => [...text].join('[ .\\-/_]?')
/** The same bytes in base64, wherever in a group of three they begin. */
const base64 = (text: string): string[] =>
  [0, 1, 2].map((offset) => {
    const encoded = Buffer.from('\0'.repeat(offset) + text).toString('base64')
    // The first and the last letters hold neighbours' bits too.
    return encoded.slice(offset === 0 ? 0 : offset + 1, Math.floor(((offset + text.length) * 8) / 6))
  })
const hex = (text: string): string => Buffer.from(text).toString('hex')
const utf16 = (text: string): string => [...text].join('\\0')
const reversed = (text: string): string => [...text].reverse().join('')

const sensitive = new RegExp([word, digits].flatMap(base64).map(escaped).join('|'))
const insensitive = new RegExp(
  [spaced(digits), reversed(digits), word, reversed(word), hex(word), hex(digits), utf16(word), utf16(digits)].join(
    '|',
  ),
  'i',
)

/** The card numbers of a request, in digits. */
export const pansIn = (text: string): string[] =>
  [...decodedText(text).matchAll(/\d(?:[ .-]?\d){12,18}/g)]
    .map(([found]) => found.replace(/\D/g, ''))
    .filter((found) => found.includes(digits))

const decodedText = (text: string): string => text.replace(/%20/g, ' ').replace(/%2e/gi, '.')

/** Whether a text holds anything that was made here; what was found, for a message. */
export function findCanary(text: string): string | null {
  const found = insensitive.exec(text) ?? sensitive.exec(text)
  return found === null ? null : text.slice(Math.max(0, found.index - 40), found.index + 60)
}

function escaped(text: string): string {
  return text.replace(/[+/]/g, '\\$&')
}
