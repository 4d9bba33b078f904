/** The words of all chosen languages as one trie over folded letters. Phrases are in it with a single space between words. */
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
  /** A number of any kind, weak ones too, or part of one. */
  numeric: boolean
}

interface Node {
  next: Map<number, Node>
  entry: Entry | null
}

export interface Automaton {
  root: Node
  entries: readonly Entry[]
  /** Whether a language goes on from sixty to seventy by ten. */
  vigesimal: readonly boolean[]
}
export type { Node }

export const SPACE_SYMBOL = 0x20

const node = (): Node => ({ next: new Map(), entry: null })

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
  const root = node()
  const entries: Entry[] = []
  for (const [language, lexicon] of lexicons.entries()) {
    for (const [word, meaning] of meaningsOf(lexicon, language)) {
      const entry = entryAt(root, symbolsOf(word), entries)
      entry.meanings.push(meaning)
      const number = meaning.kind === 'digit' || meaning.kind === 'number' || meaning.kind === 'scale'
      if (number && !(meaning.kind === 'digit' && meaning.weak)) entry.strong = true
      if (number || meaning.kind === 'times') entry.numeric = true
    }
  }
  return { root, entries, vigesimal: lexicons.map((lexicon) => lexicon.vigesimal === true) }
}

function entryAt(root: Node, symbols: readonly number[], entries: Entry[]): Entry {
  let at = root
  for (const symbol of symbols) {
    let next = at.next.get(symbol)
    if (next === undefined) {
      next = node()
      at.next.set(symbol, next)
    }
    at = next
  }
  if (at.entry === null) {
    at.entry = { meanings: [], strong: false, numeric: false }
    entries.push(at.entry)
  }
  return at.entry
}

/** From `from` along `symbols[start, end)`; null where the trie ends first. */
export function walk(from: Node, symbols: readonly number[], start: number, end: number): Node | null {
  let at: Node | undefined = from
  for (let index = start; index < end && at !== undefined; index += 1) at = at.next.get(symbols[index] ?? 0)
  return at ?? null
}

/**
 * A word that is made of number words alone, as `fourtwofour`: where each ends. Null if it is not; weak words do not
 * count. Longest first, at most a few steps back, linear for words of bounded length.
 */
export function glued(root: Node, symbols: readonly number[]): { end: number; entry: Entry }[] | null {
  const dead = new Set<number>()
  const parts: { end: number; entry: Entry }[] = []
  const from = (start: number): boolean => {
    if (start === symbols.length) return true
    if (dead.has(start)) return false
    const ends: { end: number; entry: Entry }[] = []
    let at: Node | undefined = root
    for (let index = start; index < symbols.length; index += 1) {
      at = at.next.get(symbols[index] ?? 0)
      if (at === undefined) break
      if (at.entry?.strong || at.entry?.meanings.some((meaning) => meaning.kind === 'times'))
        ends.push({ end: index + 1, entry: at.entry })
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
