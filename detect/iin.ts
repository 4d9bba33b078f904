/** What a number of some length may be, by its first digits: the scheme table as the detector asks it. */
import { type Brand, type BrandInfo, brandInfo, brands } from './brands.ts'

/** How much a prefix says. `broad`: so many numbers have it that a card is the least likely thing. */
export type Tier = 'A' | 'B' | 'broad'

export interface Scheme {
  brand: Brand
  tier: Tier
  /** Length of the prefix that decided: a long one says more. */
  specificity: number
  luhn: boolean
}

export interface Range {
  lo: number
  hi: number
  /** Bit n: numbers of 12 + n digits exist. */
  lengths: number
  scheme: Scheme
}

export const lengthMin = 12
export const lengthMax = 19

/** A prefix of four digits or more names a scheme even where the scheme as a whole is broad: 6759, and not 6. */
const broadBelow = 4
const prefixMax = 8

/** By the count of digits of the prefix; each list most trusted first. */
const byLength: Range[][] = Array.from({ length: prefixMax + 1 }, () => [])

const tierOf = (info: BrandInfo, digits: number): Tier =>
  info.tier === 'C' ? (digits < broadBelow ? 'broad' : 'B') : info.tier

function add(brand: Brand, info: BrandInfo): void {
  for (const prefix of info.prefixes.split(' ')) {
    const [lo = '', hi = lo] = prefix.split('-')
    const lengths = info.lengths.reduce((mask, length) => mask | (1 << (length - lengthMin)), 0)
    const scheme = { brand, tier: tierOf(info, lo.length), specificity: lo.length, luhn: info.luhn }
    byLength[lo.length]?.push({ lo: Number(lo), hi: Number(hi), lengths, scheme })
  }
}

for (const brand of brands) add(brand, brandInfo(brand))
// Maestro's own two digits among all that begin with 6.
add('maestro', { ...brandInfo('maestro'), tier: 'B', prefixes: '67' })
add('jcb', { tier: 'A', lengths: [15], prefixes: '1800 2131', cvcLength: 3, luhn: true })

/**
 * The scheme of a whole number: the most trusted tier, then the longest prefix. Null: no scheme has such numbers.
 * @param digits values 0 to 9; the number is `digits[from, from + length)`.
 */
export function schemeOf(digits: readonly number[], from: number, length: number): Scheme | null {
  const bit = 1 << (length - lengthMin)
  return (lengthsOf(digits, from, length) & bit) === 0 ? null : schemeIn(rangesAt(digits, from), length)
}

/** Every range whose numbers begin with these digits, shorter prefixes first. */
export function rangesAt(digits: readonly number[], from: number): readonly Range[] {
  const found: Range[] = []
  if (lengthsOf(digits, from, prefixMax) === 0) return found
  let prefix = 0
  for (let size = 1; size <= prefixMax; size += 1) {
    prefix = prefix * 10 + (digits[from + size - 1] ?? 0)
    for (const range of byLength[size] ?? []) if (prefix >= range.lo && prefix <= range.hi) found.push(range)
  }
  return found
}

/** As `schemeOf`, of numbers that begin with the digits of these ranges. */
export function schemeIn(ranges: readonly Range[], length: number): Scheme | null {
  const bit = 1 << (length - lengthMin)
  let found: Scheme | null = null
  for (const { lengths, scheme } of ranges)
    if ((lengths & bit) !== 0 && (found === null || scheme.tier <= found.tier)) found = scheme
  return found
}

/** By the first four digits, or as many as there are: lengths that some number with them has. Index: `1` and the digits. */
const byPrefix = new Uint8Array(20_000)

for (const ranges of byLength)
  for (const { lo, hi, lengths } of ranges)
    for (let size = 1; size <= 4; size += 1) {
      const digits = String(lo).length
      const scale = 10 ** Math.abs(digits - size)
      const first = digits > size ? Math.floor(lo / scale) : lo * scale
      const last = digits > size ? Math.floor(hi / scale) : hi * scale + scale - 1
      for (let prefix = first; prefix <= last; prefix += 1)
        byPrefix[10 ** size + prefix] = (byPrefix[10 ** size + prefix] ?? 0) | lengths
    }

/**
 * Which lengths (bit n: 12 + n) a number may have whose first `count` digits these are. Looks at four of them: what it
 * allows too much is held a little longer.
 */
export function lengthsOf(digits: readonly number[], from: number, count: number): number {
  let prefix = 1
  for (let index = from; index < from + Math.min(count, 4); index += 1) prefix = prefix * 10 + (digits[index] ?? 0)
  return byPrefix[prefix] ?? 0
}
