/**
 * The words of all chosen languages as one trie over folded letters. Phrases are in it with a single space between words.
 * A node is a number and its letters a row of one table, so that a step is one read and a place in it is plain data.
 */
import { fold } from './classes.ts'
import type { Lexicon, Mark } from './words/lexicon.ts'

export type Meaning =
  | { language: number; kind: 'digit'; value: number; weak: boolean }
  /** Ten to ninety-nine. */
  | { language: number; kind: 'number'; value: number }
  | { language: number; kind: 'scale' | 'times' | 'month'; value: number }
  | { language: number; kind: 'and' }
  | { language: number; kind: 'mark'; mark: Mark }

/** What one word or phrase may mean; `strong` where it is a digit or number in some language without doubt. */
export interface Entry {
  meanings: Meaning[]
  strong: boolean
  /** In some language it is a digit only among digits: for, to. */
  weak: boolean
  /** A number of any kind, weak ones too, or part of one. */
  numeric: boolean
  times: boolean
  and: boolean
  /** Bits of `markBits`. */
  marks: number
}

export interface Automaton {
  /** By node and letter (0 for a space, 1 to 26), the next node. */
  next: Uint16Array
  /** The same for every other symbol, by `node * 0x10000 + symbol`. */
  others: ReadonlyMap<number, number>
  /** By node, the word that ends here. */
  entries: readonly (Entry | null)[]
  /** By node, whether a word goes on here. */
  inner: readonly boolean[]
  /** Every word and phrase once, as symbols. */
  words: readonly (readonly [symbols: readonly number[], entry: Entry])[]
  /** Whether a language goes on from sixty to seventy by ten. */
  vigesimal: readonly boolean[]
}

/** Where no word is any more, and where each begins. */
export const DEAD = 0
export const ROOT = 1
const rowBits = 5

export const SPACE_SYMBOL = 0x20

export const markBits: Readonly<Record<Mark, number>> = {
  filler: 1,
  correction: 2,
  restart: 4,
  ordinal: 8,
  part: 16,
  digits: 32,
  card: 64,
  other_card: 128,
  cvc: 256,
  expiry: 512,
  perishable: 1024,
  order: 2048,
  imei: 4096,
  iban: 8192,
  iccid: 16384,
  phone: 32768,
  unit: 65536,
  confirm: 131072,
  letter: 262144,
  reversed: 524288,
}

/** The symbols of a phrase: folded letters, one space for whatever stands between words, nothing for apostrophes. */
export function symbolsOf(phrase: string): number[] {
  const symbols: number[] = []
  for (let index = 0; index < phrase.length; index += 1) {
    const code = phrase.charCodeAt(index)
    if (code === 0x27 || code === 0x2019 || (code >= 0x300 && code <= 0x36f)) continue
    symbols.push(code === 0x2d ? SPACE_SYMBOL : code === SPACE_SYMBOL ? code : fold(code))
  }
  return symbols
}

const listed = (list: string | undefined): string[] =>
  (list ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')

/** Every word of a lexicon with what it means. */
function* meaningsOf(lexicon: Lexicon, language: number): Generator<[string, Meaning]> {
  for (const [value, words] of lexicon.digits.entries())
    for (const word of listed(words)) yield [word, { language, kind: 'digit', value, weak: false }]
  for (const [value, words] of Object.entries(lexicon.weak ?? {}))
    for (const word of listed(words)) yield [word, { language, kind: 'digit', value: Number(value), weak: true }]
  for (const [value, words] of Object.entries(lexicon.numbers))
    for (const word of listed(words)) yield [word, { language, kind: 'number', value: Number(value) }]
  if (lexicon.unitFirst) yield* unitFirst(lexicon, lexicon.unitFirst, language)
  for (const [value, words] of Object.entries(lexicon.scales))
    for (const word of listed(words)) yield [word, { language, kind: 'scale', value: Number(value) }]
  for (const [value, words] of Object.entries(lexicon.times ?? {}))
    for (const word of listed(words)) yield [word, { language, kind: 'times', value: Number(value) }]
  for (const word of listed(lexicon.and)) yield [word, { language, kind: 'and' }]
  for (const [index, words] of (lexicon.months ?? []).entries())
    for (const word of listed(words)) yield [word, { language, kind: 'month', value: index + 1 }]
  // Object.entries widens the keys of a closed record.
  for (const [mark, words] of Object.entries(lexicon.marks) as [Mark, string][])
    for (const word of listed(words)) yield [word, { language, kind: 'mark', mark }]
}

/** zweiundvierzig, and the same in three words. */
function* unitFirst(
  lexicon: Lexicon,
  { units, joiner }: NonNullable<Lexicon['unitFirst']>,
  language: number,
): Generator<[string, Meaning]> {
  for (let tens = 20; tens <= 90; tens += 10)
    for (const ten of listed(lexicon.numbers[tens]))
      for (const [index, forms] of units.entries())
        for (const unit of listed(forms)) {
          const meaning: Meaning = { language, kind: 'number', value: tens + index + 1 }
          yield [`${unit}${joiner}${ten}`, meaning]
          yield [`${unit} ${joiner} ${ten}`, meaning]
        }
}

export function compile(lexicons: readonly Lexicon[]): Automaton {
  const words: [number[], Entry][] = []
  const entries: (Entry | null)[] = [null, null]
  const inner = [false, false]
  const others = new Map<number, number>()
  let next = new Uint16Array(1 << 12)
  const childOf = (node: number, symbol: number): number => {
    const letter = letterOf(symbol)
    const known = letter < 0 ? others.get(node * 0x10000 + symbol) : next[(node << rowBits) | letter]
    if (known !== undefined && known !== DEAD) return known
    const fresh = entries.push(null) - 1
    inner.push(false)
    inner[node] = true
    if (letter < 0) others.set(node * 0x10000 + symbol, fresh)
    else next[(node << rowBits) | letter] = fresh
    if ((fresh + 1) << rowBits > next.length) {
      const wider = new Uint16Array(next.length * 2)
      wider.set(next)
      next = wider
    }
    return fresh
  }
  for (const [language, lexicon] of lexicons.entries()) {
    for (const [word, meaning] of meaningsOf(lexicon, language)) {
      const symbols = symbolsOf(word)
      const node = symbols.reduce(childOf, ROOT)
      let entry = entries[node] ?? null
      if (entry === null) {
        entry = { meanings: [], strong: false, weak: false, numeric: false, times: false, and: false, marks: 0 }
        entries[node] = entry
        words.push([symbols, entry])
      }
      addMeaning(entry, meaning)
    }
  }
  return { next, others, entries, inner, words, vigesimal: lexicons.map((lexicon) => lexicon.vigesimal === true) }
}

function addMeaning(entry: Entry, meaning: Meaning): void {
  entry.meanings.push(meaning)
  const number = meaning.kind === 'digit' || meaning.kind === 'number' || meaning.kind === 'scale'
  if (number && !(meaning.kind === 'digit' && meaning.weak)) entry.strong = true
  if (meaning.kind === 'digit' && meaning.weak) entry.weak = true
  if (number || meaning.kind === 'times') entry.numeric = true
  if (meaning.kind === 'times') entry.times = true
  if (meaning.kind === 'and') entry.and = true
  if (meaning.kind === 'mark') entry.marks |= markBits[meaning.mark]
}

/** 0 for a space, 1 to 26; -1 for what has no place in a row. */
const letterOf = (symbol: number): number =>
  symbol > 0x60 && symbol < 0x7b ? symbol - 0x60 : symbol === SPACE_SYMBOL ? 0 : -1

/** One symbol further; `DEAD` where no word goes on so. */
export function step({ next, others }: Automaton, node: number, symbol: number): number {
  const letter = letterOf(symbol)
  if (letter < 0) return others.size === 0 ? DEAD : (others.get(node * 0x10000 + symbol) ?? DEAD)
  return next[(node << rowBits) | letter] ?? DEAD
}

/** From `from` along `symbols[start, end)`. */
export function walk(
  automaton: Automaton,
  from: number,
  symbols: readonly number[],
  start: number,
  end: number,
): number {
  let at = from
  for (let index = start; index < end && at !== DEAD; index += 1) at = step(automaton, at, symbols[index] ?? 0)
  return at
}

/**
 * A word that is made of number words alone, as `fourtwofour`: where each ends. Null if it is not; weak words do not
 * count. Longest first, at most a few steps back, linear for words of bounded length.
 */
export function glued(
  automaton: Automaton,
  symbols: readonly number[],
  size = symbols.length,
): { end: number; entry: Entry }[] | null {
  const dead = new Set<number>()
  const parts: { end: number; entry: Entry }[] = []
  const from = (start: number): boolean => {
    if (start === size) return true
    if (dead.has(start)) return false
    const ends: { end: number; entry: Entry }[] = []
    let at = ROOT
    for (let index = start; index < size; index += 1) {
      at = step(automaton, at, symbols[index] ?? 0)
      if (at === DEAD) break
      const entry = automaton.entries[at] ?? null
      if (entry !== null && isPart(entry)) ends.push({ end: index + 1, entry })
    }
    for (const part of ends.reverse()) {
      parts.push(part)
      if (from(part.end)) return true
      parts.pop()
    }
    dead.add(start)
    return false
  }
  return from(0) ? parts : null
}

/** Whether a glued word may have it in it. */
export const isPart = (entry: Entry): boolean => entry.strong || entry.times
