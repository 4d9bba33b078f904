/** What the reader makes of text: digits, words that mean something, other text, each with what parts it from the last. */
import { rowsByCode } from './classes.ts'
import type { Entry, Kind } from './automaton.ts'

/** Bits of `Item.parted`: what stands between an item and the one before it. Those of `signs` first, in their order. */
export const PARTED = {
  dash: 1,
  dot: 2,
  slash: 4,
  comma: 8,
  colon: 16,
  plus: 32,
  percent: 64,
  equals: 128,
  underscore: 256,
  space: 512,
  newline: 1024,
  other: 2048,
  currency: 4096,
  mask: 8192,
} as const

const signs = rowsByCode([
  '-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d~\u301c',
  '.\u3002\uff0e\u00b7\u30fb\uff61',
  '/\\\u2044\u2215\uff0f',
  ',;\u060c\uff0c\u3001',
  ':\uff1a',
  '+\uff0b',
  '%',
  '=',
  '_',
])
export function separatorBit(code: number): number {
  const row = signs.get(code)
  return row === undefined ? PARTED.other : 1 << row
}

export interface Item {
  /** `text` is words that mean nothing; it may carry digits that cannot be a card's (an identifier). */
  kind: 'digits' | 'word' | 'text'
  turn: number
  /** Offsets in the speaker's text. */
  start: number
  end: number
  /** Bits of `PARTED`, and how many characters they are. */
  parted: number
  gap: number
  /** Of `digits`: each value with its place; `alike` of them are letters that look like digits. */
  digits: number[]
  starts: number[]
  ends: number[]
  alike: number
  /** Chinese numerals, which are read out as words are: their groups are where the speaker breathed. */
  ideographs: boolean
  /** A letter stands right before or after it, in the same word. */
  glued: boolean
  /** Of `word`. */
  entry: Entry | null
}

export const newItem = (kind: Item['kind'], turn: number, start: number, end: number): Item => ({
  kind,
  turn,
  start,
  end,
  parted: 0,
  gap: 0,
  digits: [],
  starts: [],
  ends: [],
  alike: 0,
  ideographs: false,
  glued: false,
  entry: null,
})

/** Whether a word may say this, in any language. */
export const says = (item: Item | undefined, kind: Kind): boolean => item?.entry?.kinds.has(kind) ?? false

export const numeric = (item: Item): boolean => item.kind === 'digits' || (item.entry?.numeric ?? false)

/** The places of an item's digits; of a word that says some, its own. */
export const placesOf = (item: Item): { start: number; end: number }[] =>
  item.kind === 'digits'
    ? item.starts.map((start, index) => ({ start, end: item.ends[index] ?? start }))
    : [{ start: item.start, end: item.end }]

/** A word that is a digit only among digits. */
export const isSoft = (item: Item): boolean => says(item, 'weak')

/** Whether a number stands before that item, with nothing but words that we know between: not in the middle of other text. */
export function hasNumberBefore(items: readonly Item[], index: number): boolean {
  for (let at = index - 1; at >= 0; at -= 1) {
    const item = items[at]
    if (item === undefined || item.kind === 'text') return false
    if (numeric(item)) return true
  }
  return false
}

/** A soft word in the middle of other text is none. What a run ends with may go on. */
export function isLone(items: readonly Item[], index: number): boolean {
  const item = items[index]
  if (item === undefined || !isSoft(item) || hasNumberBefore(items, index)) return false
  for (let at = index + 1; at < items.length; at += 1) {
    const next = items[at]
    if (next === undefined || next.kind === 'text') return true
    if (numeric(next)) return false
  }
  return false
}
