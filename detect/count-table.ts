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
  /** By node, the letters from the root: a longer word is several in one. */
  depth: Uint8Array
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
    const at = words.length > 1 ? pairIn(words) : 0
    const [one, other] = [words[at - 1], words[at]]
    // Where no two words can be told apart in it, each of them speaks for it.
    for (const word of words) yield { word, value: one && other ? known : bits }
    if (one && other) {
      const isLabel = (bits & label) !== 0
      const value = known | second | (isLabel ? secondOfLabel : 0) | (bits & (digitBits | strong))
      yield { word: other, value, follows: one, isLabel }
    }
  }
}

/** Where the longest word is that stands behind another one: it says most. */
function pairIn(words: readonly (readonly number[])[]): number {
  let best = 0
  for (let at = 1; at < words.length; at += 1)
    if (
      isLatin(words[at]) &&
      isLatin(words[at - 1]) &&
      (words[at]?.length ?? 0) > (words[best]?.length ?? 0) * Number(best > 0)
    )
      best = at
  return best
}

const isLatin = (word: readonly number[] | undefined): boolean =>
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
  const trie = trieOf(automaton)
  const { children, values, depths } = trie
  const isStrong = (at: number): boolean => ((values[at] ?? 0) & strong) !== 0
  /** Whether a number word may still come; children come after their parents. */
  const leads: boolean[] = []
  for (let at = children.length - 1; at >= 0; at -= 1)
    leads[at] = isStrong(at) || (children[at]?.some((child) => leads[child]) ?? false)
  // Every state that a word can come to, as its letters lead there.
  const states: State[] = [
    { whole: dead, parts: [] },
    { whole: root, parts: [] },
  ]
  /** By `whole` where nothing else is open, which is most of them; the others by all their places. */
  const plain: number[] = [dead, root]
  const mixed = new Map<string, number>()
  const idOf = (whole: number, parts: readonly number[]): number => {
    const key = parts.length === 0 ? '' : `${whole} ${parts.join(' ')}`
    const known = key === '' ? plain[whole] : mixed.get(key)
    if (known !== undefined) return known
    const fresh = states.push({ whole, parts }) - 1
    if (key === '') plain[whole] = fresh
    else mixed.set(key, fresh)
    return fresh
  }
  const rows: number[][] = [[]]
  for (let at = root; at < states.length; at += 1) {
    const { whole, parts } = states[at] ?? { whole: dead, parts: [] }
    const open = isStrong(whole) || parts.some(isStrong) ? [...parts, root] : parts
    const row: number[] = []
    for (let letter = 1; letter < apostrophe; letter += 1) {
      const next: number[] = []
      for (const place of open) {
        const child = children[place]?.[letter]
        if (child !== undefined && leads[child] && !next.includes(child)) next.push(child)
      }
      const child = children[whole]?.[letter] ?? dead
      if (child !== dead || next.length > 0)
        row[letter] = idOf(
          child,
          next.sort((a, b) => a - b),
        )
    }
    row[apostrophe] = at
    rows.push(row)
  }
  const next = new Uint16Array(states.length << rowBits)
  for (const [at, row] of rows.entries())
    for (const [letter, to] of row.entries()) if (to) next[(at << rowBits) | letter] = to
  // Where it may be several short words, each of its letters counts.
  const isGlued = ({ parts }: State): boolean => parts.some(isStrong)
  const said = (state: State): number => {
    const own = values[state.whole] ?? 0
    return isGlued(state) ? own | known | strong | (own & digitBits ? 0 : 1) : own
  }
  const walk = (word: readonly number[]): number =>
    word.reduce((at, symbol) => next[(at << rowBits) | (symbol - 0x60)] ?? dead, root)
  const pairs = new Map<number, boolean>()
  for (const [one, other, isLabel] of trie.pairs) {
    const pair = (walk(one) << 16) | walk(other)
    pairs.set(pair, isLabel || (pairs.get(pair) ?? false))
  }
  return {
    next,
    value: Uint16Array.from(states, said),
    depth: Uint8Array.from(states, (state) => (isGlued(state) ? 0 : (depths[state.whole] ?? 0))),
    pairs,
  }
}

interface Trie {
  children: number[][]
  values: number[]
  depths: number[]
  pairs: (readonly [one: readonly number[], other: readonly number[], isLabel: boolean])[]
}

function trieOf(automaton: Automaton): Trie {
  const trie: Trie = { children: [[], []], values: [0, 0], depths: [0, 0], pairs: [] }
  const { children, values, depths } = trie
  const nodeOf = (word: readonly number[]): number => {
    let at = root
    for (const symbol of word) {
      const row = children[at] ?? []
      const letter = symbol - 0x60
      const next = row[letter] ?? children.push([]) - 1
      row[letter] = next
      values[next] ??= 0
      depths[next] ??= (depths[at] ?? 0) + 1
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
