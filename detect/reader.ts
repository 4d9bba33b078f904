/**
 * From characters to items. Takes one decoded character at a time and knows nothing of chunks; a word is judged where it
 * ends. Digits and letters that stand together are one word: `4O12`, `four2four2`, `visa4242…`, `a716-4466…`.
 */
import { type Automaton, DEAD, isPart, ROOT, step } from './automaton.ts'
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
import { PARTED, separatorBit } from './items.ts'
import { digitSymbol, type Reader, type Sink, wordMax } from './open-word.ts'
import { continuePhrases, giveDigits, giveMixed, giveText, giveUnspaced, giveWord } from './word-ends.ts'

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
  if (cls === LETTER || cls === IDEOGRAPH) {
    const isIdeograph = cls === IDEOGRAPH
    if (reader.size > 0 && reader.ideographs !== isIdeograph) endWord(reader, automaton, sink)
    append(reader, automaton, code, start, end, fold(code))
    reader.letters += 1
    reader.ideographs = isIdeograph
    if (isIdeograph) giveUnspaced(reader, automaton, sink, false)
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
