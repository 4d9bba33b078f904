/** What a word turns out to be where it ends: digits, a word that we know, several in one, other text, the end of a phrase. */
import { type Automaton, DEAD, type Entry, glued, type Part, ROOT, SPACE_SYMBOL, step, walk } from './automaton.ts'
import { lookAlike } from './classes.ts'
import { type Item, newItem, PARTED } from './items.ts'
import { digitSymbol, type Phrase, type Reader, type Sink, wordMax } from './open-word.ts'

function give(reader: Reader, item: Item, sink: Sink): void {
  item.parted = reader.parted
  item.gap = reader.gap
  reader.parted = 0
  reader.gap = 0
  sink.item(item)
}

export function giveText(reader: Reader, start: number, end: number, sink: Sink): void {
  if (!sink.idle()) {
    give(reader, newItem('text', reader.turn, start, end), sink)
    return
  }
  sink.pass((reader.parted & PARTED.mask) !== 0)
  reader.parted = 0
  reader.gap = 0
}

const isIdeograph = (code: number): boolean => code >= 0x3007 && code <= 0x9fff

export function giveDigits(reader: Reader, from: number, to: number, isGlued: boolean, sink: Sink): void {
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
  item.ideographs = isIdeograph(reader.raw[from] ?? 0)
  give(reader, item, sink)
}

function giveEntry(reader: Reader, from: number, to: number, entry: Entry, sink: Sink): void {
  const item = newItem('word', reader.turn, reader.starts[from] ?? 0, reader.ends[to - 1] ?? 0)
  item.entry = entry
  give(reader, item, sink)
}

export function giveWord(reader: Reader, automaton: Automaton, sink: Sink): void {
  const { size } = reader
  const entry = automaton.entries[reader.node] ?? null
  const parts = entry === null && reader.begun ? glued(automaton, reader.symbols, size) : null
  if (entry !== null) giveEntry(reader, 0, size, entry, sink)
  else if (parts) giveParts(reader, 0, parts, sink)
  else if (size <= 4 && isRoundOnly(reader)) giveDigits(reader, 0, size, false, sink)
  else {
    if (size > 1 && isCrossesOnly(reader)) reader.parted |= PARTED.mask
    giveText(reader, reader.starts[0] ?? 0, reader.wordEnd, sink)
  }
  continuePhrases(reader, automaton, sink)
}

/** OO: zeros, of which Q and D remind only. */
const isRoundOnly = ({ raw, size }: Reader): boolean =>
  raw.every((code, index) => index >= size || (lookAlike(code) === 0 && code !== 0x51 && code !== 0x44))

/** xxxx. */
const isCrossesOnly = ({ symbols, size }: Reader): boolean =>
  symbols.every((symbol, index) => index >= size || symbol === 0x78)

/** Phrases of which this word is the next, and those that begin with it. */
export function continuePhrases(reader: Reader, automaton: Automaton, sink: Sink): void {
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
export function giveMixed(reader: Reader, automaton: Automaton, sink: Sink): void {
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
    const words = isDigit(from) ? null : partsOf(reader, automaton, from, to)
    if (isDigit(from)) giveDigits(reader, from, to, unknown, sink)
    else if (words) giveParts(reader, from, words, sink)
    else giveText(reader, reader.starts[from] ?? 0, reader.ends[to - 1] ?? 0, sink)
  }
}

/** The words that a stretch of letters is made of; null if it is not. */
function partsOf(reader: Reader, automaton: Automaton, from: number, to: number): Part[] | null {
  const symbols = reader.symbols.slice(from, to)
  // One letter beside digits is a letter, whatever it says alone: hexadecimal is full of them.
  if (symbols.length === 1) return null
  const entry = automaton.entries[walk(automaton, ROOT, symbols, 0, symbols.length)]
  return entry ? [{ end: to - from, entry }] : glued(automaton, symbols)
}

/** Words one after the other, each with its end as counted from the first. */
function giveParts(reader: Reader, start: number, parts: readonly Part[], sink: Sink): void {
  let from = start
  for (const { end, entry } of parts) {
    giveEntry(reader, from, start + end, entry, sink)
    from = start + end
  }
}

/**
 * A script without spaces: words are found where they are, longest first, and given as soon as no longer one can come.
 * @param whole nothing follows.
 */
export function giveUnspaced(reader: Reader, automaton: Automaton, sink: Sink, whole: boolean): void {
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
