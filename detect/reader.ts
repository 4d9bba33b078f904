/**
 * From characters to items. Takes one decoded character at a time and knows nothing of chunks; a word is judged where it
 * ends. Digits and letters that stand together are one word: `4O12`, `four2four2`, `visa4242…`, `a716-4466…`.
 */
import { type Automaton, DEAD, type Entry, glued, isPart, ROOT, SPACE_SYMBOL, step, walk } from './automaton.ts'
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
import { type Item, newItem, PARTED, separatorBit } from './items.ts'

/** Longer words are read to their end and are text; a card in twenty glued words of ten letters fits. */
const wordMax = 256
const digitSymbol = 0x30

interface Phrase {
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

export function read(reader: Reader, automaton: Automaton, code: number, start: number, end: number, sink: Sink): void {
  const cls = classOf(code)
  if (reader.high !== null) {
    const high = reader.high
    reader.high = null
    if (code >= 0xdc00 && code <= 0xdfff) {
      const point = (high.code - 0xd800) * 0x400 + code - 0xdc00 + 0x10000
      take(reader, automaton, 0xfffd, high.start, end, classOfAstral(point), sink)
      return
    }
    take(reader, automaton, high.code, high.start, high.end, 0, sink)
  }
  if (cls === SURROGATE && code <= 0xdbff) reader.high = { code, start, end }
  else take(reader, automaton, code, start, end, cls, sink)
}

function take(
  reader: Reader,
  automaton: Automaton,
  code: number,
  start: number,
  end: number,
  cls: number,
  sink: Sink,
): void {
  if (cls === LETTER) {
    if (reader.ideographs && reader.size > 0) endWord(reader, automaton, sink)
    append(reader, automaton, code, start, end, fold(code))
    reader.letters += 1
    reader.ideographs = false
    if (reader.alike) takeAlike(reader, code, start, sink)
    return
  }
  if (cls === IGNORED) return
  if (cls >= DIGIT) {
    if (reader.ideographs) endWord(reader, automaton, sink)
    reader.ideographs = false
    append(reader, automaton, code, start, end, digitSymbol + cls - DIGIT)
    reader.digits += 1
    sink.digit(cls - DIGIT, start)
    return
  }
  if (cls === IDEOGRAPH) {
    if (reader.size > 0 && !reader.ideographs) endWord(reader, automaton, sink)
    append(reader, automaton, code, start, end, fold(code))
    reader.letters += 1
    reader.ideographs = true
    giveUnspaced(reader, automaton, sink, false)
    if (reader.alike) takeAlike(reader, code, start, sink)
    return
  }
  // An apostrophe inside a word is none of it: it’s, o'clock.
  if ((code === 0x27 || code === 0x2019) && reader.letters > 0 && reader.digits === 0) return
  if (reader.size > 0) endWord(reader, automaton, sink)
  separate(reader, code, start, end, cls)
  sink.between()
}

function takeAlike(reader: Reader, code: number, start: number, sink: Sink): void {
  const alike = lookAlike(code)
  if (alike < 0) reader.alike = false
  else if (reader.size <= wordMax) sink.digit(alike, start)
}

function append(reader: Reader, automaton: Automaton, code: number, start: number, end: number, symbol: number): void {
  const at = reader.size
  if (at === 0) {
    reader.node = ROOT
    reader.begun = false
  }
  reader.size = at + 1
  reader.wordEnd = end
  if (at >= wordMax) {
    reader.node = DEAD
    return
  }
  reader.symbols[at] = symbol
  reader.raw[at] = code
  reader.starts[at] = start
  reader.ends[at] = end
  if (reader.node === DEAD) return
  reader.node = step(automaton, reader.node, symbol)
  if (!reader.begun) {
    const entry = automaton.entries[reader.node] ?? null
    reader.begun = entry !== null && isPart(entry)
  }
}

/** Whether the open word may still become number words: letters so far that begin one, behind others or alone. */
export function mayBecomeNumber({ size, symbols }: Reader, automaton: Automaton): boolean {
  if (size > wordMax) return false
  let alive = [ROOT]
  for (let index = 0; index < size; index += 1) {
    const symbol = symbols[index] ?? 0
    if (symbol >= digitSymbol && symbol <= digitSymbol + 9) alive = [ROOT]
    else {
      const next: number[] = []
      for (const at of alive) {
        const to = step(automaton, at, symbol)
        if (to === DEAD) continue
        next.push(to)
        if (automaton.entries[to]?.numeric && !next.includes(ROOT)) next.push(ROOT)
      }
      alive = next
    }
  }
  return alive.length > 0
}

function separate(reader: Reader, code: number, start: number, end: number, cls: number): void {
  reader.gap += 1
  if (cls === SPACE) reader.parted |= PARTED.space
  else if (cls === NEWLINE) reader.parted |= PARTED.newline
  else if (cls === CURRENCY) reader.parted |= PARTED.currency
  else if (cls === MASK) {
    // One star parts groups and two are Markdown; three leave something out, and the full block is our own mark.
    reader.masks = start === reader.maskEnd ? reader.masks + 1 : 1
    reader.maskEnd = end
    reader.parted |= code === 0x2588 || reader.masks >= 3 ? PARTED.mask : PARTED.other
  } else reader.parted |= separatorBit(code)
}

/** Ends the open word, if there is one: at a separator, at the end of a turn, between scripts. */
export function endWord(reader: Reader, automaton: Automaton, sink: Sink): void {
  if (reader.size === 0) return
  sink.wordEnds()
  // A phrase is said in one breath: `one, second` is not one second.
  if ((reader.parted & ~(PARTED.space | PARTED.dash)) !== 0 && reader.phrases.length > 0) reader.phrases = []
  if (reader.size > wordMax) giveText(reader, reader.starts[0] ?? 0, reader.wordEnd, sink)
  else if (reader.letters === 0) giveDigits(reader, 0, reader.size, false, sink)
  else if (reader.ideographs) giveUnspaced(reader, automaton, sink, true)
  else if (reader.digits === 0) giveWord(reader, automaton, sink)
  else giveMixed(reader, automaton, sink)
  if (reader.letters === 0 || reader.digits > 0) continuePhrases(reader, automaton, sink)
  reader.letters = 0
  reader.digits = 0
  reader.size = 0
  reader.alike = true
  reader.ideographs = false
}

/** The end of a turn ends phrases too. */
export function endTurn(reader: Reader, automaton: Automaton, sink: Sink): void {
  if (reader.high !== null) {
    const high = reader.high
    reader.high = null
    take(reader, automaton, high.code, high.start, high.end, 0, sink)
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

function giveText(reader: Reader, start: number, end: number, sink: Sink): void {
  if (!sink.idle()) {
    give(reader, newItem('text', reader.turn, start, end), sink)
    return
  }
  sink.pass((reader.parted & PARTED.mask) !== 0)
  reader.parted = 0
  reader.gap = 0
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
  const { size } = reader
  const entry = automaton.entries[reader.node] ?? null
  const parts = entry === null && reader.begun ? glued(automaton, reader.symbols, size) : null
  if (entry !== null) giveEntry(reader, 0, size, entry, sink)
  else if (parts) {
    let from = 0
    for (const part of parts) {
      giveEntry(reader, from, part.end, part.entry, sink)
      from = part.end
    }
  } else if (size <= 4 && isRoundOnly(reader)) giveDigits(reader, 0, size, false, sink)
  else {
    if (size > 1 && isCrossesOnly(reader)) reader.parted |= PARTED.mask
    giveText(reader, reader.starts[0] ?? 0, reader.wordEnd, sink)
  }
  continuePhrases(reader, automaton, sink)
}

/** OO: zeros, of which Q and D remind only. */
function isRoundOnly({ raw, size }: Reader): boolean {
  for (let index = 0; index < size; index += 1) {
    const code = raw[index] ?? 0
    if (lookAlike(code) !== 0 || code === 0x51 || code === 0x44) return false
  }
  return true
}

/** xxxx. */
function isCrossesOnly({ symbols, size }: Reader): boolean {
  for (let index = 0; index < size; index += 1) if (symbols[index] !== 0x78) return false
  return true
}

/** Phrases of which this word is the next, and those that begin with it. */
function continuePhrases(reader: Reader, automaton: Automaton, sink: Sink): void {
  const { size } = reader
  const own = reader.size > wordMax ? DEAD : reader.node
  if (reader.phrases.length === 0 && step(automaton, own, SPACE_SYMBOL) === DEAD) return
  const begun: Phrase[] = [...reader.phrases, { node: ROOT, start: reader.starts[0] ?? 0 }]
  reader.phrases = []
  let longest: { entry: Entry; start: number } | null = null
  for (const { node, start } of begun) {
    const at = node === ROOT ? own : walk(automaton, node, reader.symbols, 0, Math.min(size, wordMax))
    if (at === DEAD) continue
    const entry = automaton.entries[at] ?? null
    if (entry !== null && node !== ROOT && longest === null) longest = { entry, start }
    const further = step(automaton, at, SPACE_SYMBOL)
    if (further !== DEAD) reader.phrases.push({ node: further, start })
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
  const { size } = reader
  // cvv2, cvc2: a word of its own.
  const known = automaton.entries[reader.node]
  if (known) {
    giveEntry(reader, 0, size, known, sink)
    return
  }
  const alike = reader.digits >= reader.letters || size >= 4
  if (alike && reader.raw.slice(0, size).every((code, index) => isDigit(index) || lookAlike(code) >= 0)) {
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
  const entry = automaton.entries[walk(automaton, ROOT, symbols, 0, symbols.length)]
  return entry ? [{ end: to - from, entry }] : glued(automaton, symbols)
}

function givePart(reader: Reader, automaton: Automaton, from: number, to: number, sink: Sink): void {
  const parts = partsOf(reader, automaton, from, to)
  if (parts === null) {
    giveText(reader, reader.starts[from] ?? 0, reader.ends[to - 1] ?? 0, sink)
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
  const { symbols, size } = reader
  let from = 0
  let plain = 0
  const givePlain = (): void => {
    if (from > plain) giveText(reader, reader.starts[plain] ?? 0, reader.ends[from - 1] ?? 0, sink)
  }
  while (from < size) {
    let at = ROOT
    let found: { end: number; entry: Entry } | null = null
    for (let index = from; index < size && at !== DEAD; index += 1) {
      at = step(automaton, at, symbols[index] ?? 0)
      const entry = automaton.entries[at] ?? null
      if (entry !== null) found = { end: index + 1, entry }
    }
    if (automaton.inner[at] && !whole) break
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
  for (const list of [reader.symbols, reader.raw, reader.starts, reader.ends]) list.copyWithin(0, from, size)
  reader.size -= from
  reader.letters -= from
}
