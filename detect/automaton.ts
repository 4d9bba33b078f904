/**
 * The words of all chosen languages as one trie over folded letters. Phrases are in it with a single space between words.
 * A node is a number and its letters a row of one table, so that a step is one read and a place in it is plain data.
 */
import { fold } from './classes.ts'
import type { Lexicon, Mark } from './words/lexicon.ts'

/** A digit that is one only among digits (for, to) is `weak`, ten to ninety-nine a `number`. */
const numberKinds = ['digit', 'weak', 'number', 'scale', 'times'] as const
export type Kind = (typeof numberKinds)[number] | 'month' | 'and' | Mark

export interface Meaning {
  language: number
  kind: Kind
  /** Of a number; 0 of what is none. */
  value: number
}

export const isNumber = ({ kind }: Meaning): boolean => numberKinds.some((one) => one === kind)

/** What one word or phrase may mean, in any language. */
export interface Entry {
  meanings: Meaning[]
  kinds: Set<Kind>
  /** A digit or a number in some language without doubt. */
  strong: boolean
  /** A number of any kind, weak ones too, or part of one. */
  numeric: boolean
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

const listed = (list = ''): string[] =>
  list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')

/** Every word of a lexicon with what it means. */
function* meaningsOf(lexicon: Lexicon, language: number): Generator<[string, Meaning]> {
  const { digits, weak, numbers, scales, times, and, months, marks } = lexicon
  const lists: [Kind, object | undefined][] = [
    ['digit', digits],
    ['weak', weak],
    ['number', numbers],
    ['number', unitFirst(lexicon)],
    ['scale', scales],
    ['times', times],
    ['and', [and]],
    ['month', months],
    // Object.entries widens the keys of a closed record.
    ...(Object.entries(marks) as [Mark, string][]).map(([mark, words]): [Kind, string[]] => [mark, [words]]),
  ]
  for (const [kind, byValue] of lists)
    for (const [value, words] of Object.entries<string | undefined>({ ...byValue }))
      for (const word of listed(words)) yield [word, { language, kind, value: Number(value) }]
}

/** zweiundvierzig, and the same in three words. */
function unitFirst({ numbers, unitFirst }: Lexicon): Record<number, string> {
  const found: Record<number, string> = {}
  for (let tens = 20; tens <= 90; tens += 10)
    for (const ten of listed(numbers[tens]))
      for (const [index, forms] of unitFirst?.units.entries() ?? [])
        for (const unit of listed(forms))
          found[tens + index + 1] =
            `${found[tens + index + 1] ?? ''},${unit}${unitFirst?.joiner}${ten},${unit} ${unitFirst?.joiner} ${ten}`
  return found
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
        entry = { meanings: [], kinds: new Set(), strong: false, numeric: false }
        entries[node] = entry
        words.push([symbols, entry])
      }
      const { kind } = meaning
      entry.meanings.push(meaning)
      entry.kinds.add(kind)
      entry.strong ||= kind === 'digit' || kind === 'number' || kind === 'scale'
      entry.numeric ||= isNumber(meaning)
    }
  }
  return { next, others, entries, inner, words, vigesimal: lexicons.map((lexicon) => lexicon.vigesimal === true) }
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

/** One of several words in one: where it ends. */
export interface Part {
  end: number
  entry: Entry
}

/**
 * A word that is made of number words alone, as `fourtwofour`: where each ends. Null if it is not; weak words do not
 * count. Longest first, at most a few steps back, linear for words of bounded length.
 */
export function glued(automaton: Automaton, symbols: readonly number[], size = symbols.length): Part[] | null {
  const dead = new Set<number>()
  const parts: Part[] = []
  const from = (start: number): boolean => {
    if (start === size) return true
    if (dead.has(start)) return false
    const ends: Part[] = []
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
export const isPart = (entry: Entry): boolean => entry.strong || entry.kinds.has('times')
