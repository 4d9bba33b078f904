/**
 * Whether a text can hold a finding at all, by counting what could be a digit: figures, number words, letters of long
 * encoded runs. Says yes too often and never no wrongly (`prefilter.test.ts`); most chat messages end here, at the speed
 * of one table look-up a character. Not for a guard that is armed, and not for streams.
 */
import { type Automaton, type Entry, type Node, SPACE_SYMBOL } from './automaton.ts'
import { classOf, DIGIT, fold, IGNORED, LETTER, OTHER, SPACE } from './classes.ts'
import { lengthMin } from './iin.ts'
import { gapAllMax, gapMax } from './ledger.ts'

export interface Prefilter {
  /** By node and letter, the next node; node 0 is where no word is any more, 1 the root. */
  next: Uint16Array
  /** By node, what a word that ends here may be: bits below. 0: no word of ours. */
  value: Uint8Array
  /** By node, the letters from the root: a longer word is several in one. */
  depth: Uint8Array
}

const dead = 0
const root = 1

/** The low three bits count digits. */
const digitBits = 7
const strong = 8
const label = 16
const known = 32

/** Kinds of characters: 1 to 26 are letters. */
const apostrophe = 27
const digit = 28
const ask = 29
const width = 28

/** A shorter run of base64 holds no card number. */
const encodedMin = 16
/** Fewer digits are neither a code nor an expiry: Dec 27 has two. */
const tailMin = 2

/** Character to letter 1 to 26, `digit`, `ask` for what only the full scan understands, 0 for what ends a word. */
const kinds = new Uint8Array(0x10000).fill(255)

function kindOf(code: number): number {
  const cls = classOf(code)
  let kind = ask
  if (code >= 0x30 && code <= 0x39) kind = digit
  else if (cls === LETTER) {
    const letter = fold(code) - 0x60
    if (letter >= 1 && letter <= 26) kind = letter
  } else if (cls < DIGIT && cls !== IGNORED && (cls === OTHER || cls >= SPACE) && (code < 0xd800 || code > 0xdfff))
    kind = 0
  // Pictures: no digit has this high surrogate, and behind any other one the low one is never reached.
  else if (code === 0xd83d || (code >= 0xdc00 && code <= 0xdfff)) kind = 0
  // An apostrophe is no end of a word; it's and o'clock are letters to the reader.
  if (code === 0x27 || code === 0x2019) kind = apostrophe
  kinds[code] = kind
  return kind
}

function bitsOf(entry: Entry): number {
  let value = known
  for (const meaning of entry.meanings) {
    const digits = meaning.kind === 'digit' ? 1 : meaning.kind === 'number' ? 2 : 'value' in meaning ? 4 : 0
    if (meaning.kind !== 'month' && digits > (value & digitBits)) value = (value & ~digitBits) | digits
    if (meaning.kind === 'mark' && (meaning.mark === 'cvc' || meaning.mark === 'expiry')) value |= label
  }
  return entry.strong || (value & digitBits) > 1 ? value | strong : value
}

/** Every word with its value. The words of a phrase are known; one of them speaks for it, its longest. */
function* wordsOf(automaton: Automaton): Generator<[number[], number]> {
  const walk = function* (at: Node, path: number[]): Generator<[number[], number]> {
    if (at.entry !== null) {
      const words = split(path)
      const best = words.reduce((a, b) => (b.length > a.length ? b : a))
      for (const word of words) yield [word, word === best ? bitsOf(at.entry) : known]
    }
    for (const [symbol, next] of at.next) yield* walk(next, [...path, symbol])
  }
  yield* walk(automaton.root, [])
}

function split(symbols: readonly number[]): number[][] {
  const words: number[][] = [[]]
  for (const symbol of symbols) {
    if (symbol === SPACE_SYMBOL) words.push([])
    else words[words.length - 1]?.push(symbol)
  }
  return words
}

export function prefilterOf(automaton: Automaton): Prefilter {
  const rows: number[][] = [[], []]
  const values: number[] = [0, 0]
  const depths: number[] = [0, 0]
  /** Of a node behind a whole number word: where the rest of the word alone would be. */
  const rest: number[] = [dead, dead]
  for (const [word, value] of wordsOf(automaton)) {
    const path = word.map((symbol) => symbol - 0x60)
    // Figures in a word are counted as figures; other scripts are asked about at their first letter.
    if (path.some((letter) => letter < 1 || letter > 26)) continue
    let at = root
    for (const letter of path) {
      let next = rows[at]?.[letter]
      if (next === undefined) {
        next = rows.length
        rows.push([])
        values.push(0)
        depths.push((depths[at] ?? 0) + 1)
        const row = rows[at]
        if (row) row[letter] = next
      }
      at = next
    }
    const digits = Math.max((values[at] ?? 0) & digitBits, value & digitBits)
    values[at] = (((values[at] ?? 0) | value) & ~digitBits) | digits
  }
  const step = (at: number, letter: number): number => {
    const child = rows[at]?.[letter]
    if (child !== undefined) return child
    if (((values[at] ?? 0) & strong) !== 0) return rows[root]?.[letter] ?? dead
    const other = rest[at] ?? dead
    return other === dead ? dead : step(other, letter)
  }
  // Parents come before their children, and the rest of a word is shorter than the word.
  const order = rows.map((_, at) => at).sort((a, b) => (depths[a] ?? 0) - (depths[b] ?? 0))
  for (const at of order)
    for (const [letter, child] of (rows[at] ?? []).entries()) {
      if (child === undefined) continue
      if (((values[at] ?? 0) & strong) !== 0) rest[child] = rows[root]?.[letter] ?? dead
      else rest[child] = rest[at] ? step(rest[at] ?? dead, letter) : dead
    }
  // On the way to another word the letters so far may be several short ones: each letter counts.
  for (const at of order) {
    const glued = values[rest[at] ?? dead] ?? 0
    if ((glued & strong) === 0) continue
    values[at] = (values[at] ?? 0) | glued
    depths[at] = 0
  }
  const next = new Uint16Array(rows.length * width)
  for (let at = 1; at < rows.length; at += 1) {
    for (let letter = 1; letter < apostrophe; letter += 1) next[at * width + letter] = step(at, letter)
    next[at * width + apostrophe] = at
  }
  return { next, value: new Uint8Array(values), depth: new Uint8Array(depths) }
}

/**
 * False: `detect` would find nothing in the text. The casts are of typed arrays at indices below their length: the check
 * that the compiler asks for would cost a tenth of the speed.
 */
export function mayHold({ next, value, depth }: Prefilter, text: string): boolean {
  let node = root
  let wordStart = 0
  let runStart = 0
  /** Of the run that is open: digits, those beyond doubt, and what has stood since the last of them. */
  let digits = 0
  let sure = 0
  let gap = 0
  let gapAll = 0
  /** The last character was a figure. */
  let beside = false
  /** Of the whole text. */
  let all = 0
  let labelled = false
  for (let index = 0; index <= text.length; index += 1) {
    const code = index < text.length ? text.charCodeAt(index) : SPACE_SYMBOL
    let kind = kinds[code] as number
    if (kind === 255) kind = kindOf(code)
    if (kind > 0 && kind < digit) {
      node = next[node * width + kind] as number
      continue
    }
    if (kind === ask) return true
    const said = value[node] as number
    const size = index - wordStart
    // Letters beside figures may be look-alikes of them, each one a digit.
    if (size > 0 && (beside || kind === digit)) digits += size
    if (digits > 0 || said > known) {
      gapAll += size
      if (said === 0) gap += size
      else if ((said & (digitBits | label)) !== 0) {
        const most = size > (depth[node] as number) ? size : said & digitBits
        labelled ||= (said & label) !== 0
        digits += most
        all += most
        gap = 0
        if ((said & (strong | label)) !== 0) gapAll = 0
        if ((said & strong) !== 0) sure += most
      }
    }
    node = root
    wordStart = index + 1
    beside = kind === digit
    if (beside) {
      digits += 1
      sure += 1
      all += 1
      gap = 0
      gapAll = 0
    } else {
      if (index - runStart >= encodedMin) return true
      runStart = index + 1
      if (digits > 0) {
        gap += 1
        gapAll += 1
        if (gap > gapMax || gapAll > gapAllMax) {
          digits = 0
          sure = 0
          gap = 0
          gapAll = 0
        }
      }
    }
    if ((digits >= lengthMin && sure >= 2) || (labelled && all >= tailMin)) return true
  }
  return false
}
