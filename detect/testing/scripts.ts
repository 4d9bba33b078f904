/** Other ways to write a decimal digit: every script that has its own, and the decorations that chat programs offer. */

/** U+0030 and its sisters in every script: the zero of each run of ten decimal digits (Unicode's general category Nd). */
export const zeros: readonly number[] = (() => {
  const found: number[] = []
  let run = 0
  for (let code = 0x30; code < 0x1ffff; code += 1) {
    const isDigit = /^\p{Nd}$/u.test(String.fromCodePoint(code))
    run = isDigit ? run + 1 : 0
    if (run === 10) {
      found.push(code - 9)
      run = 0
    }
  }
  return found
})()

const row = (digits: string): readonly string[] => [...digits]
const offsets = (zero: number, one: number): readonly string[] =>
  Array.from({ length: 10 }, (_, digit) => String.fromCodePoint(digit === 0 ? zero : one + digit - 1))

/** Ten strings each, 0 to 9. */
export const decorations: Readonly<Record<string, readonly string[]>> = {
  superscript: row('⁰¹²³⁴⁵⁶⁷⁸⁹'),
  subscript: row('₀₁₂₃₄₅₆₇₈₉'),
  circled: offsets(0x24ea, 0x2460),
  negative_circled: offsets(0x24ff, 0x2776),
  double_circled: offsets(0x24ea, 0x24f5),
  keycap: Array.from({ length: 10 }, (_, digit) => `${digit}\ufe0f\u20e3`),
  keycap_bare: Array.from({ length: 10 }, (_, digit) => `${digit}\u20e3`),
  struck: Array.from({ length: 10 }, (_, digit) => `${digit}\u0336`),
  han: row('〇一二三四五六七八九'),
}

export const inScript = (digits: string, zero: number): string =>
  digits.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)))

export const decorated = (digits: string, row: readonly string[]): string =>
  digits.replace(/\d/g, (digit) => row[Number(digit)] ?? digit)

/** Characters that nobody sees. */
export const invisible: readonly string[] = [
  '\u200b',
  '\u200c',
  '\u200d',
  '\u00ad',
  '\u2060',
  '\ufeff',
  '\u200e',
  '\u200f',
  '\u202c',
  '\u2066',
  '\u034f',
  '\ufe0f',
]

/** Letters that are read as a digit. */
export const lookAlikes: Readonly<Record<string, readonly string[]>> = {
  '0': ['O', 'o'],
  '1': ['l', 'I', '|'],
  '5': ['S', 's'],
  '8': ['B'],
}
