/**
 * The oracle's first half: every reading of a text, character by character with its place. Slow on purpose: one regular
 * expression after the other, over the whole text, as the standard writes each encoding down.
 */

/** A character of a reading, and the code units of the original that it stands for. */
export interface Cell {
  character: string
  start: number
  end: number
}

/** Unicode digits without a decomposition: negative circled, double circled and sans-serif circled. */
const runsFromOne = [0x2776, 0x24f5, 0x2780, 0x278a]
const zerosApart = [0x24ff, 0x1f10b, 0x1f10c]

function digitOf(character: string): string | null {
  const code = character.codePointAt(0) ?? 0
  if (zerosApart.includes(code)) return '0'
  const run = runsFromOne.find((one) => code >= one && code < one + 9)
  if (run !== undefined) return String(code - run + 1)
  if (!/^\p{Nd}$/u.test(character)) return null
  // Decimal digits stand in runs of ten (Unicode, section 4.6): count back to where the run begins.
  let before = 0
  while (/^\p{Nd}$/u.test(String.fromCodePoint(code - before - 1))) before += 1
  return String(before % 10)
}

/** Decomposed, lower case, without marks and format characters: what the word table is written in, too. */
export function fold(cells: readonly Cell[]): Cell[] {
  const folded: Cell[] = []
  let at = 0
  for (const character of textOf(cells)) {
    const range = { start: cells[at]?.start ?? 0, end: cells[at + character.length - 1]?.end ?? 0 }
    at += character.length
    const plain =
      digitOf(character.normalize('NFKC')) ?? digitOf(character) ?? character.normalize('NFKD').toLowerCase()
    for (const one of plain) {
      // One code unit a cell, so that offsets of a match are places in the list.
      if (!/[\p{Cf}\p{Mn}\p{Me}]/u.test(one)) folded.push({ character: one.length > 1 ? '\ufffd' : one, ...range })
    }
  }
  return folded
}

export const textOf = (cells: readonly Cell[]): string => cells.map(({ character }) => character).join('')

interface Encoding {
  pattern: RegExp
  /** Null: this match is something else. */
  decode(match: RegExpMatchArray): string | null
  /** Only in a text that says so. */
  where?: RegExp
}

const fromCode = (code: number): string | null => (code > 0 && code < 0x110000 ? String.fromCodePoint(code) : null)
const printable = (text: string): string | null => (/^[\t\r\n -~]{8,}$/.test(text) && /\d/.test(text) ? text : null)
const names: Readonly<Record<string, string>> = {
  nbsp: ' ',
  ndash: '-',
  mdash: '-',
  thinsp: ' ',
  ensp: ' ',
  emsp: ' ',
  shy: '',
  hyphen: '-',
  middot: '.',
}

const encodings: readonly Encoding[] = [
  { pattern: /&#(\d{1,7});/g, decode: ([, code]) => fromCode(Number(code)) },
  { pattern: /&#x([0-9a-f]{1,6});/gi, decode: ([, code]) => fromCode(Number.parseInt(code ?? '', 16)) },
  { pattern: /&(\w{2,8});/g, decode: ([, name]) => names[name ?? ''] ?? null },
  { pattern: /%c2%a0/gi, decode: () => ' ' },
  { pattern: /%([0-7][0-9a-f])/gi, decode: ([, code]) => fromCode(Number.parseInt(code ?? '', 16)) },
  { pattern: /\\u([0-9a-f]{4})/gi, decode: ([, code]) => fromCode(Number.parseInt(code ?? '', 16)) },
  { pattern: /\\u\{([0-9a-f]{1,6})\}/gi, decode: ([, code]) => fromCode(Number.parseInt(code ?? '', 16)) },
  { pattern: /\\x([0-7][0-9a-f])/gi, decode: ([, code]) => fromCode(Number.parseInt(code ?? '', 16)) },
  { pattern: /\\[nrt]/g, decode: () => ' ' },
  { pattern: /=([0-7][0-9A-F])/g, decode: ([, code]) => fromCode(Number.parseInt(code ?? '', 16)) },
  { pattern: /<\/?[a-z][^<>]*>/gi, decode: () => ' ' },
  { pattern: /[A-Za-z0-9+/]{16,}={0,2}/g, decode: ([run]) => printable(fromBase64(run)) },
  {
    pattern: /(?:[2-7][0-9a-f]){12,}/gi,
    decode: ([run]) => printable(run.replace(/../g, (two) => String.fromCharCode(Number.parseInt(two, 16)))),
  },
  { pattern: /(?<!\d)\d{12,19}(?!\d)/g, decode: ([run]) => [...run].reverse().join(''), where: /revers|backward/i },
]

function fromBase64(run: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const bits = [...run.replace(/=+$/, '')]
    .map((letter) => alphabet.indexOf(letter).toString(2).padStart(6, '0'))
    .join('')
  return (bits.match(/.{8}/g) ?? []).map((byte) => String.fromCharCode(Number.parseInt(byte, 2))).join('')
}

/** One encoding undone; null where the text has none of it. What a match held counts as one, from its start to its end. */
function decoded(cells: readonly Cell[], { pattern, decode, where }: Encoding): Cell[] | null {
  const text = textOf(cells)
  if (where !== undefined && !where.test(text)) return null
  const out: Cell[] = []
  let [at, changed] = [0, false]
  for (const match of text.matchAll(pattern)) {
    const plain = decode(match)
    if (plain === null) continue
    changed = true
    const end = match.index + match[0].length
    out.push(...cells.slice(at, match.index))
    const range = { start: cells[match.index]?.start ?? 0, end: cells[end - 1]?.end ?? 0 }
    out.push(...plain.split('').map((character) => ({ character, ...range })))
    at = end
  }
  return changed ? [...out, ...cells.slice(at)] : null
}

/** Characters one code unit each, so that offsets of a match are places in the list. */
export const raw = (text: string): Cell[] =>
  text.split('').map((character, start) => ({ character, start, end: start + 1 }))

/** The text as it stands, and with one encoding or two of them undone. */
export function readings(text: string): Cell[][] {
  const found = new Map<string, Cell[]>([[text, raw(text)]])
  for (let depth = 0; depth < 2; depth += 1) {
    for (const cells of [...found.values()]) {
      for (const encoding of encodings) {
        const next = decoded(cells, encoding)
        if (next !== null && !found.has(textOf(next))) found.set(textOf(next), next)
      }
    }
  }
  return [...found.values()]
}
