/**
 * What a word can count for, as one table over its letters: `prefilter.ts` goes through it a letter at a time. Made of the
 * words of all chosen languages, and of several number words in one (`fourtwofour`).
 */
import { type Automaton, type Entry, type Kind, SPACE_SYMBOL } from './automaton.ts'

export interface Prefilter {
  /** By node and letter, the next node; node 0 is where no word is any more, 1 the root. */
  next: Uint16Array
  /** By node, what a word that ends here may be: bits below. 0: no word of ours. */
  value: Uint16Array
  /** Two words of a phrase, `first node << 16 | second node`: whether the phrase is a label. */
  pairs: ReadonlyMap<number, boolean>
}

export const dead = 0
export const root = 1

/** The low three bits count digits. */
export const digitBits = 7
export const strong = 8
export const label = 16
export const month = 32
export const known = 64
/** Of two words that stand together in a phrase the other one, and that of a label. */
export const second = 128
export const secondOfLabel = 256
/** Several number words in one: each of its letters counts, for the words may be short. */
export const several = 512
/** More words than any phrase has. */
export const phraseMax = 8
/** What no quiet word is: it opens a run. */
export const loud = strong | label | secondOfLabel

/** Kinds of characters: 1 to 26 are letters. */
export const apostrophe = 27
export const digit = 28
export const ask = 29
export const unset = 255
export const rowBits = 5

/** At the most; a quadruple forty is eight digits, of which forty counts two. */
const digitsOf: Partial<Record<Kind, number>> = { digit: 1, weak: 1, number: 2, scale: 4, times: 6 }

function bitsOf(entry: Entry): number {
  let value = known
  for (const kind of entry.kinds) {
    const digits = digitsOf[kind] ?? 0
    if (digits > (value & digitBits)) value = (value & ~digitBits) | digits
    if (kind === 'month') value |= month
    if (kind === 'cvc' || kind === 'expiry') value |= label
  }
  return entry.strong || (value & digitBits) > 1 ? value | strong : value
}

/** A word with its value; a phrase says what it says where this word follows that one in it. */
interface Word {
  word: readonly number[]
  value: number
  follows?: readonly number[]
  isLabel?: boolean
}

function* wordsOf(automaton: Automaton): Generator<Word> {
  for (const [symbols, entry] of automaton.words) {
    const words = split(symbols)
    const bits = bitsOf(entry)
    const [one, other] = words.slice(-2)
    // Where no two words can be told apart in it, each of them speaks for it.
    const isPair = isLatin(one) && isLatin(other)
    for (const word of words) yield { word, value: isPair ? known : bits }
    if (isPair) {
      const isLabel = (bits & label) !== 0
      const value = known | second | (isLabel ? secondOfLabel : 0) | (bits & (digitBits | strong))
      yield { word: other, value, follows: one, isLabel }
    }
  }
}

const isLatin = (word: readonly number[] | undefined): word is readonly number[] =>
  word?.every((symbol) => symbol > 0x60 && symbol < 0x7b) ?? false

function split(symbols: readonly number[]): number[][] {
  const words: number[][] = [[]]
  for (const symbol of symbols) {
    if (symbol === SPACE_SYMBOL) words.push([])
    else words.at(-1)?.push(symbol)
  }
  return words
}

/** A word so far: where it is as one word, and where as several number words in one. Places in the trie; 0 is none. */
interface State {
  whole: number
  parts: readonly number[]
}

export function prefilterOf(automaton: Automaton): Prefilter {
  const { children, values, pairs: phrases } = trieOf(automaton)
  const isStrong = (at: number): boolean => ((values[at] ?? 0) & strong) !== 0
  /** Whether a number word may still come; children come after their parents. */
  const leads: boolean[] = []
  for (let at = children.length - 1; at >= 0; at -= 1)
    leads[at] = isStrong(at) || (children[at]?.some((child) => leads[child]) ?? false)
  // Every state that a word can come to, as its letters lead there.
  const states: State[] = []
  const ids = new Map<string, number>()
  const idOf = (whole: number, parts: readonly number[]): number => {
    const key = `${whole} ${parts}`
    const id = ids.get(key) ?? states.push({ whole, parts }) - 1
    ids.set(key, id)
    return id
  }
  idOf(dead, [])
  idOf(root, [])
  const next: number[] = []
  for (const [at, { whole, parts }] of states.entries()) {
    const open = isStrong(whole) || parts.some(isStrong) ? [...parts, root] : parts
    for (let letter = 1; letter < apostrophe; letter += 1) {
      const further = new Set<number>()
      for (const place of open) {
        const child = children[place]?.[letter]
        if (child !== undefined && leads[child]) further.add(child)
      }
      next[(at << rowBits) | letter] = idOf(
        children[whole]?.[letter] ?? dead,
        [...further].sort((a, b) => a - b),
      )
    }
    next[(at << rowBits) | apostrophe] = at
  }
  const walk = (word: readonly number[]): number =>
    word.reduce((at, symbol) => next[(at << rowBits) | (symbol - 0x60)] ?? dead, root)
  const pairs = new Map<number, boolean>()
  for (const [one, other, isLabel] of phrases) {
    const pair = (walk(one) << 16) | walk(other)
    pairs.set(pair, isLabel || (pairs.get(pair) ?? false))
  }
  const said = ({ whole, parts }: State): number =>
    (values[whole] ?? 0) | (parts.some(isStrong) ? known | strong | several : 0)
  return { next: Uint16Array.from(next), value: Uint16Array.from(states, said), pairs }
}

interface Trie {
  children: number[][]
  values: number[]
  pairs: (readonly [one: readonly number[], other: readonly number[], isLabel: boolean])[]
}

function trieOf(automaton: Automaton): Trie {
  const trie: Trie = { children: [[], []], values: [0, 0], pairs: [] }
  const { children, values } = trie
  const nodeOf = (word: readonly number[]): number => {
    let at = root
    for (const symbol of word) {
      const row = children[at] ?? []
      const letter = symbol - 0x60
      const next = row[letter] ?? children.push([]) - 1
      row[letter] = next
      values[next] ??= 0
      at = next
    }
    return at
  }
  for (const { word, value, follows, isLabel = false } of wordsOf(automaton)) {
    // Figures in a word are counted as figures; other scripts are asked about at their first letter.
    if (!isLatin(word)) continue
    const at = nodeOf(word)
    const digits = Math.max((values[at] ?? 0) & digitBits, value & digitBits)
    values[at] = (((values[at] ?? 0) | value) & ~digitBits) | digits
    if (follows !== undefined) trie.pairs.push([follows, word, isLabel])
  }
  return trie
}
