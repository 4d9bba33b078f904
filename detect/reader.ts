/**
 * From characters to items. Takes one decoded character at a time and knows nothing of chunks; a word is judged where it
 * ends. Digits and letters that stand together are one word: `4O12`, `four2four2`, `visa4242…`, `a716-4466…`.
 */
import { type Automaton, type Entry, glued, type Node, SPACE_SYMBOL, walk } from './automaton.ts'
import {
  CURRENCY,
  classOf,
  classOfAstral,
  DIGIT,
  fold,
  IDEOGRAPH,
  IGNORED,
  LETTER,
  lookAlike,
  MASK,
  NEWLINE,
  SPACE,
  SURROGATE,
} from './classes.ts'
import type { Unit } from './decode.ts'
import { type Item, newItem, PARTED, separatorBit } from './items.ts'

/** Longer words are read to their end and are text; a card in twenty glued words of ten letters fits. */
const wordMax = 256
const digitSymbol = 0x30

interface Phrase {
  node: Node
  start: number
}

export interface Reader {
  turn: number
  /** The open word: folded letters and digits as symbols, and what stood there. */
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
  high: Unit | null
  /** Where the symbols so far may still become number words: places in the trie. */
  alive: Node[]
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
  alive: [],
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
  between(end: number): void
}

export function read(reader: Reader, automaton: Automaton, unit: Unit, sink: Sink): void {
  const cls = classOf(unit.code)
  if (reader.high !== null) {
    const high = reader.high
    reader.high = null
    if (unit.code >= 0xdc00 && unit.code <= 0xdfff) {
      const point = (high.code - 0xd800) * 0x400 + unit.code - 0xdc00 + 0x10000
      take(reader, automaton, { ...unit, code: 0xfffd, start: high.start }, classOfAstral(point), sink)
      return
    }
    take(reader, automaton, high, 0, sink)
  }
  if (cls === SURROGATE && unit.code <= 0xdbff) reader.high = unit
  else take(reader, automaton, unit, cls, sink)
}

function take(reader: Reader, automaton: Automaton, unit: Unit, cls: number, sink: Sink): void {
  if (cls === IGNORED) return
  if (cls >= DIGIT) {
    if (reader.ideographs) endWord(reader, automaton, sink)
    reader.ideographs = false
    append(reader, unit, digitSymbol + cls - DIGIT, automaton)
    reader.digits += 1
    sink.digit(cls - DIGIT, unit.start)
    return
  }
  if (cls === LETTER || cls === IDEOGRAPH) {
    if (reader.size > 0 && reader.ideographs !== (cls === IDEOGRAPH)) endWord(reader, automaton, sink)
    append(reader, unit, fold(unit.code), automaton)
    reader.letters += 1
    reader.ideographs = cls === IDEOGRAPH
    if (cls === IDEOGRAPH) giveUnspaced(reader, automaton, sink, false)
    const alike = lookAlike(unit.code)
    if (alike < 0) reader.alike = false
    else if (reader.alike && reader.size <= wordMax) sink.digit(alike, unit.start)
    return
  }
  // An apostrophe inside a word is none of it: it’s, o'clock.
  if ((unit.code === 0x27 || unit.code === 0x2019) && reader.letters > 0 && reader.digits === 0) return
  endWord(reader, automaton, sink)
  separate(reader, unit, cls)
  sink.between(unit.end)
}

function append(reader: Reader, unit: Unit, symbol: number, automaton: Automaton): void {
  if (reader.size === 0) reader.alive = [automaton.root]
  reader.size += 1
  reader.wordEnd = unit.end
  if (reader.size > wordMax) {
    reader.alive = []
    return
  }
  reader.symbols.push(symbol)
  reader.raw.push(unit.code)
  reader.starts.push(unit.start)
  reader.ends.push(unit.end)
  if (symbol < digitSymbol || symbol > digitSymbol + 9) stepAlive(reader, automaton.root, symbol)
  else reader.alive = [automaton.root]
}

function stepAlive(reader: Reader, root: Node, symbol: number): void {
  const next: Node[] = []
  for (const at of reader.alive) {
    const to = at.next.get(symbol)
    if (to === undefined) continue
    next.push(to)
    if (to.entry?.numeric && !next.includes(root)) next.push(root)
  }
  reader.alive = next
}

function separate(reader: Reader, unit: Unit, cls: number): void {
  reader.gap += 1
  if (cls === SPACE) reader.parted |= PARTED.space
  else if (cls === NEWLINE) reader.parted |= PARTED.newline
  else if (cls === CURRENCY) reader.parted |= PARTED.currency
  else if (cls === MASK) {
    // One star parts groups and two are Markdown; three leave something out, and the full block is our own mark.
    reader.masks = unit.start === reader.maskEnd ? reader.masks + 1 : 1
    reader.maskEnd = unit.end
    reader.parted |= unit.code === 0x2588 || reader.masks >= 3 ? PARTED.mask : PARTED.other
  } else reader.parted |= separatorBit(unit.code)
}

/** Ends the open word, if there is one: at a separator, at the end of a turn, between scripts. */
export function endWord(reader: Reader, automaton: Automaton, sink: Sink): void {
  if (reader.size === 0) return
  sink.wordEnds()
  // A phrase is said in one breath: `one, second` is not one second.
  if ((reader.parted & ~(PARTED.space | PARTED.dash)) !== 0) reader.phrases = []
  if (reader.size > wordMax) give(reader, newItem('text', reader.turn, reader.starts[0] ?? 0, reader.wordEnd), sink)
  else if (reader.letters === 0) giveDigits(reader, 0, reader.symbols.length, false, sink)
  else if (reader.ideographs) giveUnspaced(reader, automaton, sink, true)
  else if (reader.digits === 0) giveWord(reader, automaton, sink)
  else giveMixed(reader, automaton, sink)
  if (reader.letters === 0 || reader.digits > 0) continuePhrases(reader, automaton, sink)
  reader.symbols = []
  reader.raw = []
  reader.starts = []
  reader.ends = []
  reader.letters = 0
  reader.digits = 0
  reader.size = 0
  reader.alike = true
  reader.ideographs = false
  reader.alive = []
}

/** The end of a turn ends phrases too. */
export function endTurn(reader: Reader, automaton: Automaton, sink: Sink): void {
  if (reader.high !== null) {
    const high = reader.high
    reader.high = null
    take(reader, automaton, high, 0, sink)
  }
  endWord(reader, automaton, sink)
  reader.phrases = []
}

function give(reader: Reader, item: Item, sink: Sink): void {
  item.parted = reader.parted
  item.gap = reader.gap
  reader.parted = 0
  reader.gap = 0
  sink.item(item)
}

function giveDigits(reader: Reader, from: number, to: number, isGlued: boolean, sink: Sink): void {
  const item = newItem('digits', reader.turn, reader.starts[from] ?? 0, reader.ends[to - 1] ?? 0)
  for (let index = from; index < to; index += 1) {
    const symbol = reader.symbols[index] ?? 0
    const isDigit = symbol >= digitSymbol && symbol <= digitSymbol + 9
    item.digits.push(isDigit ? symbol - digitSymbol : lookAlike(reader.raw[index] ?? 0))
    if (!isDigit) item.alike += 1
  }
  item.starts = reader.starts.slice(from, to)
  item.ends = reader.ends.slice(from, to)
  item.glued = isGlued
  give(reader, item, sink)
}

function giveEntry(reader: Reader, from: number, to: number, entry: Entry, sink: Sink): void {
  const item = newItem('word', reader.turn, reader.starts[from] ?? 0, reader.ends[to - 1] ?? 0)
  item.entry = entry
  give(reader, item, sink)
}

function giveWord(reader: Reader, automaton: Automaton, sink: Sink): void {
  const size = reader.symbols.length
  const start = reader.starts[0] ?? 0
  const found = walk(automaton.root, reader.symbols, 0, size)
  const parts = found?.entry ? null : glued(automaton.root, reader.symbols)
  if (found?.entry) giveEntry(reader, 0, size, found.entry, sink)
  else if (parts) {
    let from = 0
    for (const { end, entry } of parts) {
      giveEntry(reader, from, end, entry, sink)
      from = end
    }
  } else if (
    size <= 4 &&
    reader.raw.every((code) => lookAlike(code) === lookAlike(0x4f) && code !== 0x51 && code !== 0x44)
  )
    giveDigits(reader, 0, size, false, sink)
  else if (size > 1 && reader.symbols.every((symbol) => symbol === 0x78)) {
    reader.parted |= PARTED.mask
    give(reader, newItem('text', reader.turn, start, reader.wordEnd), sink)
  } else give(reader, newItem('text', reader.turn, start, reader.wordEnd), sink)
  continuePhrases(reader, automaton, sink)
}

/** Phrases of which this word is the next, and those that begin with it. */
function continuePhrases(reader: Reader, automaton: Automaton, sink: Sink): void {
  const size = reader.symbols.length
  const begun: Phrase[] = [...reader.phrases, { node: automaton.root, start: reader.starts[0] ?? 0 }]
  reader.phrases = []
  let longest: { entry: Entry; start: number } | null = null
  for (const { node, start } of begun) {
    const at = walk(node, reader.symbols, 0, size)
    if (at === null) continue
    if (at.entry !== null && node !== automaton.root && longest === null) longest = { entry: at.entry, start }
    const further = at.next.get(SPACE_SYMBOL)
    if (further !== undefined) reader.phrases.push({ node: further, start })
  }
  if (longest === null) return
  sink.retract(longest.start)
  const item = newItem('word', reader.turn, longest.start, reader.wordEnd)
  item.entry = longest.entry
  sink.item(item)
}

/** Letters and digits in one word. */
function giveMixed(reader: Reader, automaton: Automaton, sink: Sink): void {
  const isDigit = (index: number): boolean => {
    const symbol = reader.symbols[index] ?? 0
    return symbol >= digitSymbol && symbol <= digitSymbol + 9
  }
  const size = reader.symbols.length
  // cvv2, cvc2: a word of its own.
  const known = walk(automaton.root, reader.symbols, 0, size)?.entry
  if (known) {
    giveEntry(reader, 0, size, known, sink)
    return
  }
  const alike = reader.digits >= reader.letters || size >= 4
  if (alike && reader.raw.every((code, index) => isDigit(index) || lookAlike(code) >= 0)) {
    giveDigits(reader, 0, size, false, sink)
    return
  }
  const cuts = [0]
  for (let index = 1; index < size; index += 1) if (isDigit(index) !== isDigit(index - 1)) cuts.push(index)
  const parts = cuts.map((from, index) => ({ from, to: cuts[index + 1] ?? size }))
  // Digits beside words that we know (card4242, four2four2) stand as free as between spaces.
  const unknown = parts.some(({ from, to }) => !isDigit(from) && partsOf(reader, automaton, from, to) === null)
  for (const { from, to } of parts) {
    if (isDigit(from)) giveDigits(reader, from, to, unknown, sink)
    else givePart(reader, automaton, from, to, sink)
  }
}

/** The words that a stretch of letters is made of; null if it is not. */
function partsOf(
  reader: Reader,
  automaton: Automaton,
  from: number,
  to: number,
): { end: number; entry: Entry }[] | null {
  const symbols = reader.symbols.slice(from, to)
  // One letter beside digits is a letter, whatever it says alone: hexadecimal is full of them.
  if (symbols.length === 1) return null
  const entry = walk(automaton.root, symbols, 0, symbols.length)?.entry
  return entry ? [{ end: to - from, entry }] : glued(automaton.root, symbols)
}

function givePart(reader: Reader, automaton: Automaton, from: number, to: number, sink: Sink): void {
  const parts = partsOf(reader, automaton, from, to)
  if (parts === null) {
    give(reader, newItem('text', reader.turn, reader.starts[from] ?? 0, reader.ends[to - 1] ?? 0), sink)
    return
  }
  let start = from
  for (const part of parts) {
    giveEntry(reader, start, from + part.end, part.entry, sink)
    start = from + part.end
  }
}

/**
 * A script without spaces: words are found where they are, longest first, and given as soon as no longer one can come.
 * @param whole nothing follows.
 */
function giveUnspaced(reader: Reader, automaton: Automaton, sink: Sink, whole: boolean): void {
  const { symbols } = reader
  let from = 0
  let plain = 0
  const givePlain = (): void => {
    if (from > plain)
      give(reader, newItem('text', reader.turn, reader.starts[plain] ?? 0, reader.ends[from - 1] ?? 0), sink)
  }
  while (from < symbols.length) {
    let at: Node | undefined = automaton.root
    let found: { end: number; entry: Entry } | null = null
    for (let index = from; index < symbols.length && at !== undefined; index += 1) {
      at = at.next.get(symbols[index] ?? 0)
      if (at?.entry) found = { end: index + 1, entry: at.entry }
    }
    if (at !== undefined && at.next.size > 0 && !whole) break
    if (found === null) {
      from += 1
      continue
    }
    givePlain()
    giveEntry(reader, from, found.end, found.entry, sink)
    from = found.end
    plain = from
  }
  givePlain()
  if (from === 0) return
  for (const list of [reader.symbols, reader.raw, reader.starts, reader.ends]) list.splice(0, from)
  reader.size -= from
  reader.letters -= from
}
