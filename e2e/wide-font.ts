/**
 * A TrueType font of one sign, a square four times as wide as letters are, for A to Z, a to z and the digits: whoever sets
 * a text in it sees so by its width. Made here, so that no machine need have one.
 */

const u16 = (...values: number[]): number[] => values.flatMap((value) => [(value >> 8) & 255, value & 255])
const u32 = (...values: number[]): number[] => values.flatMap((value) => u16((value >>> 16) & 65_535, value & 65_535))
const padded = (bytes: readonly number[]): number[] => [...bytes, ...new Array<number>(-bytes.length & 3).fill(0)]

const em = 1_000
const advance = 4_000
const [first, last] = [0x30, 0x7a]
const isDrawn = (code: number): boolean => /[0-9A-Za-z]/.test(String.fromCharCode(code))

/** One contour of four points: flags, then the steps in x, then in y. */
const square = padded([
  ...u16(1, 0, 0, 500, 500, 3, 0),
  ...[1, 1, 1, 1],
  ...u16(0, 500, 0, -500 & 65_535),
  ...u16(0, 0, 500, 0),
])
const glyphs = Array.from({ length: last - first + 1 }, (_, at) => (isDrawn(first + at) ? 1 : 0))
const characters = [
  ...u16(4, 32 + 2 * glyphs.length, 0, 4, 4, 1, 0),
  ...u16(last, 65_535, 0, first, 65_535, 0, 1),
  // From its own place to the list of signs that follows the two offsets.
  ...u16(4, 0),
  ...u16(...glyphs),
]
const name = [...'Wide'].flatMap((letter) => u16(letter.charCodeAt(0)))
const names = [1, 2, 4, 6]

const tables: Readonly<Record<string, number[]>> = {
  'OS/2': [
    ...u16(4, advance, 400, 5, 0, 650, 600, 0, 75, 650, 600, 0, 350, 50, 250, 0),
    ...new Array<number>(10).fill(0),
    ...u32(1, 0, 0, 0, 0x20202020),
    ...u16(64, first, last, 800, -200 & 65_535, 90, 800, 200),
    ...u32(1, 0),
    ...u16(500, 700, 0, 32, 1),
  ],
  cmap: [...u16(0, 1, 3, 1), ...u32(12), ...characters],
  glyf: square,
  head: [
    ...u32(0x10000, 0x10000, 0, 0x5f0f3cf5),
    ...u16(0, em),
    ...u32(0, 0, 0, 0),
    ...u16(0, 0, 500, 500, 0, 8, 2, 0, 0),
  ],
  hhea: [...u32(0x10000), ...u16(800, -200 & 65_535, 0, advance, 0, 0, 500, 1, 0, 0, 0, 0, 0, 0, 0, 2)],
  hmtx: u16(em / 2, 0, advance, 0),
  loca: u16(0, 0, square.length / 2),
  maxp: [...u32(0x10000), ...u16(2, 4, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0)],
  name: [
    ...u16(0, names.length, 6 + 12 * names.length),
    ...names.flatMap((id) => u16(3, 1, 0x409, id, name.length, 0)),
    ...name,
  ],
  post: [...u32(0x30000, 0), ...u16(-100 & 65_535, 50), ...u32(0, 0, 0, 0, 0)],
}

/** Chromium checks no checksum. */
export function wideFont(): number[] {
  const entries = Object.entries(tables).sort(([a], [b]) => (a < b ? -1 : 1))
  const head = [...u32(0x10000), ...u16(entries.length, 128, 3, entries.length * 16 - 128)]
  let at = head.length + 16 * entries.length
  const directory: number[] = []
  for (const [tag, bytes] of entries) {
    directory.push(...[...tag].map((letter) => letter.charCodeAt(0)), ...u32(0, at, bytes.length))
    at += padded(bytes).length
  }
  return [...head, ...directory, ...entries.flatMap(([, bytes]) => padded(bytes))]
}
