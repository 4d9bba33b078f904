/** How a secret may look where it leaked: the byte strings that are searched for, by the name of their spelling. */
import { createHash } from 'node:crypto'
import { qrOf } from '../../server/gateway/qr.ts'
import { secretOf } from '../../server/testing/link.ts'
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
  'bytes',
  'qr',
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

function common(text: string) {
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
  } satisfies Spellings
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

/** So that what was cut is found as well. A number's last four alone are no secret. */
const runsOf = (text: string, length: number): Buffer[] =>
  Array.from({ length: text.length - length + 1 }, (_, at) => latin1(text.slice(at, at + length)))

/**
 * A link's 22 letters are written as they are in every address, and JSON; they stand for 16 bytes. Its hash is no secret:
 * nobody searches 128 bits, and intake keeps it. The code that a camera reads is as good as the letters.
 */
function linkSpellings(link: string): Spellings {
  const secret = secretOf({ url: link })
  const bytes = Buffer.from(secret, 'base64url')
  const { plain, hex, base64, base64url, utf16 } = common(secret)
  const { path } = qrOf(link)
  return {
    ...{ plain, hex, base64, base64url, utf16 },
    piece: runsOf(secret, 16),
    bytes: [
      bytes,
      ...bothCases((upper) => latin1(upper ? bytes.toString('hex').toUpperCase() : bytes.toString('hex'))),
    ],
    // From the middle, where the drawing is the secret's alone.
    qr: [latin1(path.slice(path.length / 2, path.length / 2 + 120))],
  }
}

export type SecretName = 'pan' | 'cvc' | 'link'

export const spellingsOf = ({ pan, cvc, link }: Canary): Record<SecretName, Spellings> => ({
  pan: { ...common(pan), number: numbers(pan), piece: runsOf(pan, 10) },
  cvc: common(cvc),
  link: linkSpellings(link),
})
