/** How a secret may look where it leaked: the byte strings that are searched for, by the name of their spelling. */
import { createHash } from 'node:crypto'
import type { Canary } from './canary.ts'

export const spellingNames = [
  'plain',
  'grouped',
  'reversed',
  'hex',
  'base64',
  'base64url',
  'url',
  'escaped',
  'utf16',
  'hash',
  'number',
  'piece',
  'gzip',
] as const
export type SpellingName = (typeof spellingNames)[number]

/** `gzip` is no fixed string: `search.ts` opens what is compressed and looks for the others inside. */
export type Spellings = Partial<Record<SpellingName, readonly Buffer[]>>

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const reversed = (text: string): string => [...text].reverse().join('')
const inGroups = (text: string, gap: string): string => (text.match(/.{1,4}/g) ?? []).join(gap)
const gaps = [' ', '-', '.', '\u00a0', '\u2009', '  ', '\t', '_', '/']
const each = (text: string, spell: (code: string) => string): Buffer =>
  latin1([...latin1(text)].map((byte) => spell(byte.toString(16).padStart(2, '0'))).join(''))
const bothCases = (spell: (upper: boolean) => Buffer): Buffer[] => [spell(false), spell(true)]

/**
 * A run of bytes looks three ways in base64, by how many bytes stand before it in its group of three; the outermost
 * letters hang on its neighbours and are left out.
 */
function base64(bytes: Buffer, encoding: 'base64' | 'base64url'): Buffer[] {
  return [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes, Buffer.alloc(3)]).toString(encoding)
    return latin1(whole.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6)))
  })
}

function common(text: string): Spellings {
  const bytes = latin1(text)
  const cased = (code: string, upper: boolean): string => (upper ? code.toUpperCase() : code)
  const turned = reversed(text)
  return {
    plain: [bytes],
    grouped: gaps.map((gap) => Buffer.from(inGroups(text, gap))),
    reversed: [latin1(turned), ...gaps.map((gap) => Buffer.from(reversed(inGroups(text, gap))))],
    hex: bothCases((upper) => each(text, (code) => cased(code, upper))),
    base64: [...base64(bytes, 'base64'), ...base64(latin1(turned), 'base64')],
    base64url: base64(bytes, 'base64url'),
    url: [
      ...bothCases((upper) => each(text, (code) => `%${cased(code, upper)}`)),
      ...bothCases((upper) => each(text, (code) => `%25${cased(code, upper)}`)),
      ...[encodeURIComponent(text)].filter((one) => one !== text).map(latin1),
    ],
    escaped: [
      each(text, (code) => `\\u00${code}`),
      each(text, (code) => `\\x${code}`),
      each(text, (code) => `&#x${code};`),
      each(text, (code) => `&#${Number.parseInt(code, 16)};`),
    ],
    utf16: [Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16()],
    hash: hashes(bytes),
  }
}

/** Without a key, whoever knows first six and last four searches all cards in under a second (PCI DSS 3.5.1.1). */
const hashes = (bytes: Buffer): Buffer[] =>
  ['md5', 'sha1', 'sha256', 'sha512'].flatMap((name) => {
    const digest = createHash(name).update(bytes).digest()
    const unpadded = digest.toString('base64').replaceAll('=', '')
    return [digest, ...[digest.toString('hex'), unpadded, digest.toString('base64url')].map(latin1)]
  })

/** As machines keep numbers: integers and doubles of both byte orders, packed decimals, Postgres' groups of four. */
function numbers(pan: string): Buffer[] {
  const integer = Buffer.alloc(8)
  integer.writeBigInt64LE(BigInt(pan))
  const double = Buffer.alloc(8)
  double.writeDoubleLE(Number(pan))
  const fours = Buffer.alloc(8)
  for (const [at, four] of (pan.match(/.{4}/g) ?? []).entries()) fours.writeInt16LE(Number(four), at * 2)
  return [integer, double, fours, Buffer.from(pan, 'hex')].flatMap((bytes) => [bytes, Buffer.from(bytes).reverse()])
}

/** Runs of ten digits, so that a number that was cut is found as well. Its last four alone are no secret. */
const pieces = (pan: string): Buffer[] =>
  Array.from({ length: pan.length - 9 }, (_, at) => latin1(pan.slice(at, at + 10)))

export const spellingsOf = ({ pan, cvc }: Canary): Record<'pan' | 'cvc', Spellings> => ({
  pan: { ...common(pan), number: numbers(pan), piece: pieces(pan) },
  cvc: common(cvc),
})
