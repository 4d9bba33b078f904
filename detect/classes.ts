/**
 * What one UTF-16 code unit is to the detector: a digit with its value, a letter, a separator, or nothing at all.
 * One table for the whole plane, filled once; digits of the other planes come by their code points.
 * Facts from the Unicode Character Database 16; `classes.test.ts` holds the decimal digits against the engine's own.
 */

/** A class below ten; a digit d is DIGIT + d. */
export const OTHER = 0
export const LETTER = 1
/** Of a script that writes without spaces: a digit beside it is no part of a word. */
export const IDEOGRAPH = 2
export const IGNORED = 3
export const SPACE = 4
export const NEWLINE = 5
export const MASK = 6
export const CURRENCY = 7
export const SURROGATE = 8
export const DIGIT = 16

/** The zero of every run of ten decimal digits (general category Nd). */
const zeros =
  '30 660 6f0 7c0 966 9e6 a66 ae6 b66 be6 c66 ce6 d66 de6 e50 ed0 f20 1040 1090 17e0 1810 1946 19d0 1a80 1a90 1b50 1bb0 ' +
  '1c40 1c50 a620 a8d0 a900 a9d0 a9f0 aa50 abf0 ff10 104a0 10d30 10d40 11066 110f0 11136 111d0 112f0 11450 114d0 11650 ' +
  '116c0 116d0 116da 11730 118e0 11950 11bf0 11c50 11d50 11da0 11de0 11f50 16130 16a60 16ac0 16b50 16d70 1ccf0 1d7ce ' +
  '1d7d8 1d7e2 1d7ec 1d7f6 1e140 1e2f0 1e4f0 1e5f1 1e950 1fbf0'

/** Runs of digits in a dress, by the value that they begin with: superscripts, circled, in parentheses, with a full stop. */
const dressed = [
  '2070 2080-2089 24ea 24ff 1f100 1f101-1f10a 1f10b-1f10c',
  'b9 2460-2468 2776-277e 2780-2788 278a-2792 24f5-24fd 2474-247c 2488-2490 3220-3228 3280-3288',
  'b2-b3',
  '',
  '2074-2079',
]

/** Chinese numerals, plain and as banks write them; the index is the value. */
const ideographs = ['零〇', '一壹弌', '二贰貳弍两兩', '三叁參弎', '四肆', '五伍', '六陆陸', '七柒', '八捌', '九玖']

const letters =
  '41-5a 61-7a aa b5 ba c0-d6 d8-f6 f8-2af 370-373 376-377 37f 386 388-481 48a-588 5d0-5f2 620-669 66e-6d3 6fa-dff ' +
  '10a0-17ff 1810-1fbc 1fc2-1ffc 2c00-2dff a4d0-abff fb00-fd3d fe70-fefc ff21-ff3a ff41-ff5a'
const unspaced = 'e00-eff 3005-3007 3021-3029 3040-30fa 30fc-31ff 3400-a4cf ac00-d7ff f900-faff ff66-ff9f'
/** Format characters, combining marks, variation selectors: what a reader does not see between two digits. */
const ignored =
  'ad 300-36f 483-489 61c 34f 115f-1160 17b4-17b5 180b-180f 1ab0-1aff 1dc0-1dff 200b-200f 202a-202e 2060-206f 20d0-20ff ' +
  '3164 fe00-fe0f fe20-fe2f feff ffa0 fff0-fffb'
const spaces = '20 9 b a0 1680 2000-200a 202f 205f 3000'
const newlines = 'a c d 85 2028 2029'
/** Ours is the full block; the others are how receipts print what they leave out. */
const masks = '2588 2022 25cf 2a 23 2731 25aa 2217 ff0a'
const currencies = '24 a3-a5 58f 60b 20a0-20cf'

/** Code points in hexadecimal, each alone or as a range. */
const rangesIn = (list: string): [first: number, last: number][] =>
  (list.match(/[^ ]+/g) ?? []).map((range) => {
    const [first = 0, last = first] = range.split('-').map((code) => Number.parseInt(code, 16))
    return [first, last]
  })

/** By the character, the index of the row that it stands in. */
export const rowsByCode = (rows: readonly string[]): ReadonlyMap<number, number> =>
  new Map(rows.flatMap((row, index) => [...row].map((char): [number, number] => [char.charCodeAt(0), index])))

const table = new Uint8Array(0x10000)
/** Digits above the plane, by code point. */
const astral = new Map<number, number>()

function fillDigits(first: number, last: number, value: number): void {
  for (let code = first; code <= last; code += 1) {
    if (code > 0xffff) astral.set(code, value + code - first)
    else table[code] = DIGIT + value + code - first
  }
}

// Each over what stands before it.
for (const [cls, list] of [
  [LETTER, letters],
  [IDEOGRAPH, unspaced],
  [IGNORED, ignored],
  [SURROGATE, 'd800-dfff'],
  [SPACE, spaces],
  [NEWLINE, newlines],
  [MASK, masks],
  [CURRENCY, currencies],
] as const)
  for (const [first, last] of rangesIn(list)) table.fill(cls, first, last + 1)
for (const [zero] of rangesIn(zeros)) fillDigits(zero, zero + 9, 0)
for (const [value, list] of dressed.entries())
  for (const [first, last] of rangesIn(list)) fillDigits(first, last, value)
for (const [code, value] of rowsByCode(ideographs)) fillDigits(code, code, value)

/** @param code one UTF-16 code unit. */
export const classOf = (code: number): number => table[code] ?? OTHER

/** Of a code point above the plane. Tags and supplementary selectors are ignored, mathematical letters are no letters. */
export function classOfAstral(point: number): number {
  const digit = astral.get(point)
  if (digit !== undefined) return DIGIT + digit
  if (point >= 0xe0000 && point <= 0xe01ef) return IGNORED
  return point >= 0x20000 && point <= 0x323af ? IDEOGRAPH : OTHER
}

/** Letters that stand for a digit among digits, by its value: shape alone, Latin, Cyrillic and Greek. */
const alike = rowsByCode(['OoОоΟοQD', 'lIiІіL', 'Zz', 'Зз', '', 'SsЅѕ', 'bG', 'T', 'BВ', 'gq'])
/** The digit that a letter looks like, or -1. */
export const lookAlike = (code: number): number => alike.get(code) ?? -1

const plain: Readonly<Record<string, string>> = { ł: 'l', ø: 'o', æ: 'a', œ: 'o', ß: 's', đ: 'd', ı: 'i' }
const folded = new Map<number, number>()

/** A letter without case and diacritics: `É` is `e`, `ゼ` is `ぜ`, full-width `Ａ` is `a`. Devanagari stays. */
export function fold(code: number): number {
  if (code >= 0x61 && code <= 0x7a) return code
  if (code >= 0x41 && code <= 0x5a) return code + 32
  if (code >= 0x30a1 && code <= 0x30f6) return code - 0x60
  const known = folded.get(code)
  if (known !== undefined) return known
  let letter = String.fromCharCode(code).toLowerCase()
  if ((code >= 0xc0 && code < 0x250) || (code >= 0x1e00 && code < 0x1f00)) letter = letter.normalize('NFD')
  if (code >= 0xff21 && code <= 0xff9f) letter = letter.normalize('NFKC')
  const result = (plain[letter.charAt(0)] ?? letter).charCodeAt(0)
  folded.set(code, result)
  return result
}
