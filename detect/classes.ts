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
const zeros: readonly number[] = [
  0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
  0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
  0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0,
  0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50, 0x11d50,
  0x11da0, 0x11de0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec,
  0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
]

/** Runs of digits in a dress: the first code point, its value, how many. */
const dressed: readonly (readonly [number, number, number])[] = [
  [0x2070, 0, 1], // superscripts
  [0xb9, 1, 1],
  [0xb2, 2, 2],
  [0x2074, 4, 6],
  [0x2080, 0, 10], // subscripts
  [0x24ea, 0, 1], // circled
  [0x2460, 1, 9],
  [0x24ff, 0, 1], // negative circled
  [0x2776, 1, 9],
  [0x2780, 1, 9],
  [0x278a, 1, 9],
  [0x24f5, 1, 9], // double circled
  [0x2474, 1, 9], // in parentheses
  [0x2488, 1, 9], // with a full stop
  [0x3220, 1, 9], // ideographs in parentheses, in circles
  [0x3280, 1, 9],
  [0x1f100, 0, 1],
  [0x1f101, 0, 10],
  [0x1f10b, 0, 2],
]

/** Chinese numerals, plain and as banks write them; the index is the value. */
const ideographs = ['零〇', '一壹弌', '二贰貳弍两兩', '三叁參弎', '四肆', '五伍', '六陆陸', '七柒', '八捌', '九玖']

/** Format characters, combining marks, variation selectors: what a reader does not see between two digits. */
const ignored: readonly (readonly [number, number])[] = [
  [0xad, 0xad],
  [0x300, 0x36f],
  [0x483, 0x489],
  [0x61c, 0x61c],
  [0x34f, 0x34f],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0x20d0, 0x20ff],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfe20, 0xfe2f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
]

const letters: readonly (readonly [number, number])[] = [
  [0x41, 0x5a],
  [0x61, 0x7a],
  [0xaa, 0xaa],
  [0xb5, 0xb5],
  [0xba, 0xba],
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x2af],
  [0x370, 0x373],
  [0x376, 0x377],
  [0x37f, 0x37f],
  [0x386, 0x386],
  [0x388, 0x481],
  [0x48a, 0x588],
  [0x5d0, 0x5f2],
  [0x620, 0x669],
  [0x66e, 0x6d3],
  [0x6fa, 0xdff],
  [0x10a0, 0x17ff],
  [0x1810, 0x1fbc],
  [0x1fc2, 0x1ffc],
  [0x2c00, 0x2dff],
  [0xa4d0, 0xabff],
  [0xfb00, 0xfd3d],
  [0xfe70, 0xfefc],
  [0xff21, 0xff3a],
  [0xff41, 0xff5a],
]

const unspaced: readonly (readonly [number, number])[] = [
  [0xe00, 0xeff],
  [0x3005, 0x3007],
  [0x3021, 0x3029],
  [0x3040, 0x30fa],
  [0x30fc, 0x31ff],
  [0x3400, 0xa4cf],
  [0xac00, 0xd7ff],
  [0xf900, 0xfaff],
  [0xff66, 0xff9f],
]

const spaces = [0x20, 0x09, 0x0b, 0xa0, 0x1680, 0x202f, 0x205f, 0x3000]
const newlines = [0x0a, 0x0c, 0x0d, 0x85, 0x2028, 0x2029]
/** Ours is the full block; the others are how receipts print what they leave out. */
const masks = [0x2588, 0x2022, 0x25cf, 0x2a, 0x23, 0x2731, 0x25aa, 0x2217, 0xff0a]
const currencies = [0x24, 0xa3, 0xa4, 0xa5, 0x58f, 0x60b]

const table = new Uint8Array(0x10000)

const fill = (ranges: readonly (readonly [number, number])[], as: number): void => {
  for (const [first, last] of ranges) table.fill(as, first, last + 1)
}
const each = (codes: readonly number[], as: number): void => {
  for (const code of codes) table[code] = as
}

/** Digits above the plane, by code point. */
const astral = new Map<number, number>()

function fillDigits(first: number, value: number, count: number): void {
  for (let index = 0; index < count; index += 1) {
    if (first > 0xffff) astral.set(first + index, value + index)
    else table[first + index] = DIGIT + value + index
  }
}

fill(letters, LETTER)
fill(unspaced, IDEOGRAPH)
fill(ignored, IGNORED)
fill([[0xd800, 0xdfff]], SURROGATE)
fill([[0x2000, 0x200a]], SPACE)
fill([[0x20a0, 0x20cf]], CURRENCY)
each(spaces, SPACE)
each(newlines, NEWLINE)
each(masks, MASK)
each(currencies, CURRENCY)
for (const zero of zeros) fillDigits(zero, 0, 10)
for (const [first, value, count] of dressed) fillDigits(first, value, count)
ideographs.forEach((forms, value) => {
  for (const form of forms) fillDigits(form.charCodeAt(0), value, 1)
})

/** @param code one UTF-16 code unit. */
export const classOf = (code: number): number => table[code] ?? OTHER

/** Of a code point above the plane. Tags and supplementary selectors are ignored, mathematical letters are no letters. */
export function classOfAstral(point: number): number {
  const digit = astral.get(point)
  if (digit !== undefined) return DIGIT + digit
  if (point >= 0xe0000 && point <= 0xe01ef) return IGNORED
  return point >= 0x20000 && point <= 0x323af ? IDEOGRAPH : OTHER
}

/** Letters that stand for a digit among digits: shape alone, Latin, Cyrillic and Greek. */
const lookAlikes: Readonly<Record<string, number>> = {
  O: 0,
  o: 0,
  О: 0,
  о: 0,
  Ο: 0,
  ο: 0,
  Q: 0,
  D: 0,
  l: 1,
  I: 1,
  i: 1,
  І: 1,
  і: 1,
  L: 1,
  Z: 2,
  z: 2,
  З: 3,
  з: 3,
  S: 5,
  s: 5,
  Ѕ: 5,
  ѕ: 5,
  b: 6,
  G: 6,
  T: 7,
  B: 8,
  В: 8,
  g: 9,
  q: 9,
}
const alike = new Map(Object.entries(lookAlikes).map(([letter, value]) => [letter.charCodeAt(0), value]))
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
