/**
 * The card schemes: which prefixes, lengths and groups a number of theirs has. One table for the form, the events
 * and the detector. Facts, gathered from public lists; the schemes' bulletins are the authority and prefixes move.
 * Tier A: the six that stand alone; B: regional; C: so broad that a number needs context besides.
 */
export type Tier = 'A' | 'B' | 'C'

export interface BrandInfo {
  tier: Tier
  /** Rising; 12 to 19. */
  lengths: readonly number[]
  cvcLength: 3 | 4
  /** Whether every number of the scheme passes Luhn. Where some do not, a failed check is no reason to refuse. */
  luhn: boolean
  /** `lo-hi` or one prefix; both ends have the same count of digits. */
  prefixes: string
  /** Groups by length where they are not fours. The first one also serves while digits are missing. */
  groups?: Readonly<Record<number, readonly number[]>>
}

const upTo19 = [16, 17, 18, 19]
const only16 = [16]
const row = (
  tier: Tier,
  lengths: readonly number[],
  prefixes: string,
  more: Partial<Pick<BrandInfo, 'cvcLength' | 'luhn' | 'groups'>> = {},
): BrandInfo => ({ tier, lengths, prefixes, cvcLength: 3, luhn: true, ...more })

/** Where two ranges are equally specific the earlier row is named: the big schemes stand first. */
const table = {
  visa: row('A', [13, 16, 18, 19], '4'),
  mastercard: row('A', only16, '51-55 2221-2720'),
  amex: row('A', [15], '34 37', { cvcLength: 4, groups: { 15: [4, 6, 5] } }),
  discover: row('A', upTo19, '6011 644-649 65 622126-622925'),
  diners: row('A', [14, 15, 16, 17, 18, 19], '300-305 3095 36 38 39', { groups: { 14: [4, 6, 4] } }),
  jcb: row('A', upTo19, '3528-3589'),
  jcb_legacy: row('A', [15], '1800 2131'),
  unionpay: row('B', [14, 15, 16, 17, 18, 19], '62 81', { luhn: false, groups: { 19: [6, 13] } }),
  mir: row('B', upTo19, '2200-2204'),
  rupay: row('B', only16, '60 65 81 82 508 353 356'),
  elo: row(
    'B',
    only16,
    '401178-401179 431274 438935 451416 457393 457631-457632 504175 506699-506778 509000-509999 627780 636297 ' +
      '636368 650031-650033 650035-650051 650405-650439 650485-650538 650541-650598 650700-650718 650720-650727 ' +
      '650901-650978 651652-651679 655000-655019 655021-655058',
  ),
  hipercard: row('B', [13, 16, 19], '606282'),
  hiper: row('B', only16, '637095 637568 637599 637609 637612'),
  troy: row('B', only16, '9792'),
  verve: row('B', [16, 18, 19], '506099-506198 507865-507964 650002-650027'),
  dankort: row('B', only16, '5019 4571'),
  interpayment: row('B', upTo19, '636'),
  instapayment: row('B', only16, '637-639'),
  naranja: row('B', only16, '589562 402918 527572'),
  cabal: row('B', only16, '6042 6043 589657'),
  argencard: row('B', only16, '501105'),
  lankapay: row('B', only16, '357111'),
  ukrcard: row('B', upTo19, '60400100-60420099'),
  nps: row('B', only16, '6054740-6054744'),
  napas: row('B', upTo19, '9704'),
  humo: row('B', only16, '9860'),
  uzcard: row('B', only16, '8600 5614'),
  borica: row('B', only16, '2205'),
  gpn: row('B', only16, '1946'),
  afrigo: row('B', [18], '564456', { luhn: false }),
  tunion: row('B', [19], '31', { luhn: false }),
  maestro: row('C', [12, 13, 14, 15, 16, 17, 18, 19], '5018 5020 5038 5893 6304 6759 6761-6763 50 56-58 6', {
    groups: { 16: [4, 4, 4, 4], 13: [4, 4, 5], 15: [4, 6, 5] },
  }),
  uatp: row('C', [15], '1', { groups: { 15: [4, 5, 6] } }),
} as const satisfies Record<string, BrandInfo>

type Row = keyof typeof table
/** The old 15-digit JCB ranges are a row of their own, for their length; the brand is one. */
export type Brand = Exclude<Row, 'jcb_legacy'>

// Object.keys and entries widen; the table is closed, so its keys are the rows.
const rows = Object.entries(table) as [Row, BrandInfo][]
const brandOfRow = (name: Row): Brand => (name === 'jcb_legacy' ? 'jcb' : name)

export const brands: readonly Brand[] = rows.map(([name]) => name).filter((name) => name !== 'jcb_legacy')
export const brandInfo = (brand: Brand): BrandInfo => table[brand]

interface Range {
  row: Row
  lo: string
  hi: string
}

/** Most specific first; among equals the table's order (sort is stable). */
const sortedRanges = (): Range[] =>
  rows
    .flatMap(([name, info]) =>
      info.prefixes.split(' ').map((prefix): Range => {
        const [lo = '', hi = lo] = prefix.split('-')
        return { row: name, lo, hi }
      }),
    )
    .sort((a, b) => b.lo.length - a.lo.length)
// What only detects has no use for them.
const ranges: readonly Range[] = /* @__PURE__ */ sortedRanges()

export interface BrandMatch {
  brand: Brand
  lengths: readonly number[]
  cvcLength: 3 | 4
  luhn: boolean
  /** For as many digits as there are. */
  grouping: readonly number[]
}

/** Of a card that is known by its scheme's name alone; null for a name that is none of ours. */
export function matchOf(name: string): BrandMatch | null {
  const brand = brands.find((known) => known === name)
  if (brand === undefined) return null
  const { lengths, cvcLength, luhn } = table[brand]
  return { brand, lengths, cvcLength, luhn, grouping: groupingOf(brand, 0) }
}

const fours = [4, 4, 4, 4, 3]

/** The ranges that hold the digits, or may once more are typed. Strings of equal length compare like their numbers. */
const matching = (digits: string): Range[] =>
  ranges.filter(({ lo, hi }) => {
    const head = digits.slice(0, lo.length)
    return head >= lo.slice(0, head.length) && head <= hi.slice(0, head.length)
  })

const brandsIn = (holding: readonly Range[]): readonly Brand[] => [
  ...new Set(holding.map(({ row }) => brandOfRow(row))),
]

/** Every brand that the digits are of or may still become, most specific first. Empty: no known scheme. */
export const candidatesOf = (digits: string): readonly Brand[] => brandsIn(matching(digits))

/**
 * The brand of the most specific range that holds the digits; null while none does, or none ever will.
 * @param digits what is typed so far, without separators.
 */
export function brandOf(digits: string): BrandMatch | null {
  const holding = matching(digits)
  // `6` alone is no Maestro yet: a broad range names its scheme once no other is left.
  const alone = brandsIn(holding).length === 1
  const found = holding.find(({ row, lo }) => {
    const broad = table[row].tier === 'C' && lo.length < 4
    return digits.length >= lo.length && (alone || !broad)
  })
  if (!found) return null
  const brand = brandOfRow(found.row)
  const { lengths, cvcLength, luhn } = table[found.row]
  return { brand, lengths, cvcLength, luhn, grouping: groupingOf(brand, digits.length) }
}

/** How many digits stand together: the groups of this length, or while digits are missing those of the usual one. */
export function groupingOf(brand: Brand | null, length: number): readonly number[] {
  const groups: BrandInfo['groups'] = brand ? brandInfo(brand).groups : undefined
  if (!groups) return fours
  if (groups[length]) return groups[length]
  const shortest = Math.min(...(brand ? brandInfo(brand).lengths : []))
  return length < shortest && groups[shortest] ? groups[shortest] : fours
}
