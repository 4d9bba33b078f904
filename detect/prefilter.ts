/**
 * Whether a text can hold a finding at all, by counting what could be a digit: figures, number words, letters of long
 * encoded runs. Says yes too often and never no wrongly (`prefilter.test.ts`); most chat messages end here, at the speed
 * of two table look-ups a character. Not for a guard that is armed, and not for streams.
 */
import { classOf, DIGIT, fold, IGNORED, LETTER, lookAlike, OTHER, SPACE } from './classes.ts'
import {
  apostrophe,
  ask,
  digit,
  digitBits,
  label,
  loud,
  month,
  type Prefilter,
  phraseMax,
  root,
  rowBits,
  second,
  secondOfLabel,
  several,
  strong,
  unset,
} from './count-table.ts'
import { lengthMin } from './iin.ts'
import { gapAllMax, gapMax } from './ledger.ts'

/** A shorter run of base64 holds no card number. */
const encodedMin = 16
/** Fewer digits are neither a code nor an expiry; of an expiry whose month is a word, as Dec 27, one fewer. */
const tailMin = 3

/** Character to letter 1 to 26, `digit`, `ask` for what only the full scan understands, 0 for what ends a word. */
const kinds = new Uint8Array(0x10000).fill(unset)

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

/** Letters beside figures are digits where each of them looks like one: the 4th is none. */
function isAlike(text: string, from: number, to: number): boolean {
  for (let index = from; index < to; index += 1) if (lookAlike(text.charCodeAt(index)) < 0) return false
  return true
}

/**
 * False: `detect` would find nothing in the text. First all that could be a digit is counted, wherever it stands; where
 * that is enough for a number, or a label is there, once more with what stands between. The casts are of typed arrays at
 * indices below their length: the check that the compiler asks for would cost a tenth of the speed.
 */
export function mayHold(prefilter: Prefilter, text: string): boolean {
  const { next, value } = prefilter
  const { length } = text
  let node = root
  let wordStart = 0
  let runStart = 0
  let digits = 0
  for (let index = 0; index <= length; index += 1) {
    const kind = index < length ? (kinds[text.charCodeAt(index)] as number) : 0
    if (kind > 0 && kind < digit) {
      node = next[(node << rowBits) | kind] as number
      continue
    }
    const said = value[node] as number
    if (kind === 0 && wordStart === runStart && (said & loud) === 0) {
      if (index - runStart >= encodedMin) return true
      digits += said & digitBits
      node = root
      runStart = index + 1
      wordStart = runStart
    } else if (kind >= ask) {
      if (kind === ask) return true
      kindOf(text.charCodeAt(index))
      // Looked at once more, by its kind.
      index -= 1
    } else {
      if ((said & label) !== 0 || ((said & secondOfLabel) !== 0 && endsLabel(prefilter, text, wordStart, node)))
        digits = lengthMin
      // A word that ends or begins at a figure may be figures that look like letters.
      if ((kind === digit || wordStart > runStart) && isAlike(text, wordStart, index)) digits += index - wordStart
      digits += digitsIn(said, index - wordStart)
      node = root
      wordStart = index + 1
      if (kind === digit) digits += 1
      else {
        if (index - runStart >= encodedMin) return true
        runStart = wordStart
      }
    }
  }
  return digits >= lengthMin && isDense(prefilter, text)
}

/** Whether the word before that place and the one that has come to `node` are of a label. */
function endsLabel({ next, pairs }: Prefilter, text: string, end: number, node: number): boolean {
  const kindAt = (index: number): number => (index < 0 ? ask : (kinds[text.charCodeAt(index)] as number))
  let to = end
  while (kindAt(to - 1) === 0) to -= 1
  let from = to
  while (kindAt(from - 1) > 0 && kindAt(from - 1) < digit) from -= 1
  let before = root
  for (let index = from; index < to; index += 1) before = next[(before << rowBits) | kindAt(index)] as number
  return pairs.get((before << 16) | node) ?? false
}

/** Of a word that says this and is so long. */
const digitsIn = (said: number, size: number): number => ((said & several) !== 0 ? size : said & digitBits)

/** Whether enough of them stand so near each other that the ledger would not have given up between. */
function isDense(prefilter: Prefilter, text: string): boolean {
  const { next, value, pairs } = prefilter
  const { length } = text
  let node = root
  let wordStart = 0
  /** Of the run that is open: digits, those beyond doubt, and what has stood since the last of them and of these. */
  let digits = 0
  let sure = 0
  let gap = 0
  let gapAll = 0
  let labels = 0
  /** Where the last word ended, and whether the last character was a figure. */
  let before = root
  let beside = false
  for (let index = 0; index <= length; index += 1) {
    const kind = index < length ? (kinds[text.charCodeAt(index)] as number) : 0
    if (kind > 0 && kind < digit) {
      node = next[(node << rowBits) | kind] as number
      continue
    }
    if (kind >= ask) {
      if (kind === ask) return true
      kindOf(text.charCodeAt(index))
      index -= 1
      continue
    }
    const size = index - wordStart
    if (size > 0) {
      let said = value[node] as number
      if ((beside || kind === digit) && isAlike(text, wordStart, index)) {
        digits += size
        sure += size
      }
      const pair = (said & second) === 0 ? undefined : pairs.get((before << 16) | node)
      if (pair !== undefined) {
        if (pair) said |= label
        // The ledger forgets what parted the words before a phrase, and the rest of the phrase may be to come.
        gap = -phraseMax
        gapAll = -phraseMax
      }
      gapAll += size
      if (said === 0) gap += size
      else {
        const most = digitsIn(said, size)
        labels |= said
        digits += most
        if (most > 0) gap = 0
        if ((said & strong) !== 0) sure += most
        if ((said & (strong | label)) !== 0) {
          gap = 0
          gapAll = 0
        }
      }
      before = node
      node = root
    }
    wordStart = index + 1
    beside = kind === digit
    if (beside) {
      digits += 1
      sure += 1
      gap = 0
      gapAll = 0
      before = root
    } else {
      gap += 1
      gapAll += 1
      if (gap > gapMax || gapAll > gapAllMax) {
        digits = 0
        sure = 0
        gap = 0
        gapAll = 0
        labels = 0
      }
    }
    if (sure >= 2) {
      if (digits >= lengthMin) return true
      if ((labels & label) !== 0 && digits >= ((labels & month) !== 0 ? tailMin - 1 : tailMin)) return true
    }
  }
  return false
}
