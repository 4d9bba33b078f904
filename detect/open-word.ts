/** The word that the reader has open, with what stood before it, and what is told of it when it ends. */
import { ROOT } from './automaton.ts'
import type { Item } from './items.ts'

/** Longer words are read to their end and are text; a card in twenty glued words of ten letters fits. */
export const wordMax = 256
export const digitSymbol = 0x30

export interface Phrase {
  node: number
  start: number
}

interface Half {
  code: number
  start: number
  end: number
}

export interface Reader {
  turn: number
  /** The open word: folded letters and digits as symbols, and what stood there; as many as `size`, the rest is old. */
  symbols: number[]
  raw: number[]
  starts: number[]
  ends: number[]
  letters: number
  digits: number
  /** Characters of the word, stored or not. */
  size: number
  /** Every letter so far looks like a digit. */
  alike: boolean
  ideographs: boolean
  wordEnd: number
  parted: number
  gap: number
  /** Masking characters in a row, and where the row ends. */
  masks: number
  maskEnd: number
  /** A phrase that has begun and waits for its next word. */
  phrases: Phrase[]
  high: Half | null
  /** Where the open word is in the trie, and whether a number word ended on the way: it may be several in one. */
  node: number
  begun: boolean
}

export const newReader = (turn: number): Reader => ({
  turn,
  symbols: [],
  raw: [],
  starts: [],
  ends: [],
  letters: 0,
  digits: 0,
  size: 0,
  alike: true,
  ideographs: false,
  wordEnd: 0,
  parted: 0,
  gap: 0,
  masks: 0,
  maskEnd: -1,
  phrases: [],
  high: null,
  node: ROOT,
  begun: false,
})

/** What the reader tells the ledger, in the order of the text. */
export interface Sink {
  /** A digit, or a letter that looks like one, of the word that is still open. */
  digit(value: number, start: number): void
  /** The open word had ended; the digits told of it are taken back, its items follow. */
  wordEnds(): void
  item(item: Item): void
  /** The items from `start` on were the words of a phrase, which follows as one. */
  retract(start: number): void
  /** A visible character between words. */
  between(): void
  /** No number is open: other text only has to be passed over. */
  idle(): boolean
  /** Other text, where idle. @param masked something is left out before it. */
  pass(masked: boolean): void
}
