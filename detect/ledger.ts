/**
 * The digits one speaker has given so far that may still be one number: a run of items, open until too much other text
 * follows. Knows where the oldest candidate is that may still become a card, which is what the guard holds back.
 * Offsets are places in all that the speaker has said; a turn is a part of it.
 */
import { isNumber } from './automaton.ts'
import { nowhere } from './hold.ts'
import { lengthMax, lengthMin, lengthsOf, schemeOf } from './iin.ts'
import { isTens } from './number-words.ts'
import { luhn } from './luhn.ts'
import { hasNumberBefore, isSoft, type Item, says, numeric, PARTED } from './items.ts'

/** As much other text may stand between two groups; and with fillers, ordinals and separators counted. */
export const gapMax = 24
export const gapAllMax = 64
/** Between turns: words that are no digits, over all turns. */
const turnGapMax = 96
export const turnsMax = 8
const digitsMax = 64
const itemsMax = 256
const beforeMax = 12
const codeMax = 4
/** So far behind a code its label may stand. */
export const labelBehindMax = 16
/** A number of more digits is none. 16 + expiry + CVC without a space are 23. */
const groupMax = 24
/** The exposure budget: so many leading digits of a live candidate may leave. */
export const exposed = 6

export interface Ledger {
  items: Item[]
  /** Digits in the order they came, corrections and all: what is held is judged by them. */
  digits: number[]
  starts: number[]
  /** The count of digits at the last whole item; the rest belongs to the open word. */
  settled: number
  /** `first` and `whole` as they were then. */
  settledFirst: number
  settledWhole: number
  /** Digits of the open word, also where it had too many to keep. */
  wordDigits: number
  /** The oldest start that may still become, or already is, a number. */
  first: number
  /** A start with a whole number that waits for the end of the run. */
  whole: number
  /** Corrections and thousands: how many digits there are is not known before the end. */
  loose: boolean
  /** Tens that may take a unit, a four that may become quatre-vingt: then so many digits fewer were said. */
  tens: boolean
  slack: number
  /** A multiplier that waits for its digit, and where it stands. */
  times: number
  timesStart: number
  gap: number
  gapAll: number
  /** The turn of the last digits, and the count of turns since then. */
  turn: number
  /** What stood before the first item was part of a word, a mask or too long a number. */
  leftGlued: boolean
  /** Start of the first digit after a label of a CVC or an expiry. */
  labelled: number
  /** A label waits for digits. */
  label: boolean
  /** Some of the digits are words. */
  spoken: boolean
  /** A card number has been asked for: any digits may be one. */
  armed: boolean
  /** Marks before the run, newest last. */
  before: Item[]
  /** Behind a word that is a digit only among digits, and has none before it: what the ledger was without it. */
  lone: Lone | null
  /** `parted` and `gap` of items that a phrase has replaced. */
  carried: { parted: number; gap: number } | null
}

interface Lone {
  count: number
  was: Pick<Ledger, 'first' | 'whole' | 'gap' | 'gapAll' | 'turn' | 'labelled' | 'tens' | 'slack' | 'spoken'>
}

export const newLedger = (): Ledger => ({
  items: [],
  digits: [],
  starts: [],
  settled: 0,
  settledFirst: 0,
  settledWhole: -1,
  wordDigits: 0,
  first: 0,
  whole: -1,
  loose: false,
  tens: false,
  slack: 0,
  times: 1,
  timesStart: -1,
  gap: 0,
  gapAll: 0,
  turn: 0,
  leftGlued: false,
  labelled: nowhere,
  label: false,
  spoken: false,
  armed: false,
  before: [],
  lone: null,
  carried: null,
})

/** A digit of the open word. */
export function addDigit(ledger: Ledger, value: number, start: number, tail: boolean): void {
  ledger.wordDigits += 1
  if ((ledger.label || tail) && ledger.labelled === nowhere) ledger.labelled = start
  if (ledger.wordDigits > groupMax) {
    dropWord(ledger)
    return
  }
  pushDigit(ledger, value, start)
}

/** Of the open word. */
export function pushDigit(ledger: Ledger, value: number, start: number): void {
  push(ledger, value, start)
  // A word is held to its end: read backwards, it may be a number.
  if (ledger.digits.length - ledger.settled <= lengthMax)
    ledger.first = Math.min(ledger.first, Math.max(ledger.settledFirst, ledger.settled))
}

function push(ledger: Ledger, value: number, start: number): void {
  ledger.digits.push(value)
  ledger.starts.push(start)
  forward(ledger)
}

/** Takes back what the open word has added. */
export function cutBack(ledger: Ledger): void {
  ledger.wordDigits = 0
  dropWord(ledger)
}

function dropWord(ledger: Ledger): void {
  ledger.digits.length = ledger.settled
  ledger.starts.length = ledger.settled
  ledger.first = ledger.settledFirst
  ledger.whole = ledger.settledWhole
}

/** Moves `first` past starts from which no number can come any more. */
function forward(ledger: Ledger): void {
  const { digits } = ledger
  while (ledger.first < digits.length && !viable(ledger, ledger.first)) ledger.first += 1
}

function viable(ledger: Ledger, start: number): boolean {
  const count = ledger.digits.length - start
  if (ledger.loose && count <= 2 * lengthMax) return true
  if (ledger.slack > 0 && count - ledger.slack <= lengthMax + 1) return true
  // What was whole once stays held, whatever came behind it.
  if (isWhole(ledger, start)) ledger.whole = Math.max(ledger.whole, start)
  if (ledger.whole >= start) return true
  if (count > lengthMax + 1) return false
  if (ledger.armed) return true
  // The nought of tens may give way to a unit: "twenty" may be the head of 22.
  const sure = ledger.tens ? count - 1 : count
  const shortest = Math.max(sure - 1, lengthMin)
  return sure < 1 || lengthsOf(ledger.digits, start, sure) >> (shortest - lengthMin) !== 0
}

/** A number of some scheme's length from `start` to the last digit. Luhn is not asked: a broken one may be suspect. */
function isWhole(ledger: Ledger, start: number): boolean {
  const count = ledger.digits.length - start
  return count >= lengthMin && count <= lengthMax && schemeOf(ledger.digits, start, count) !== null
}

/** A number that is one when read from the end: somebody may say so in the next words. */
function isReversed(digits: readonly number[]): boolean {
  if (digits.length < lengthMin || digits.length > lengthMax) return false
  const back = [...digits].reverse()
  return schemeOf(back, 0, back.length) !== null && luhn(back.join(''))
}

/** Where the guard must stop: the seventh digit of the oldest candidate, or the first one of a labelled number. */
export function frontier(ledger: Ledger): number {
  const { digits, starts, first, labelled, times, timesStart, armed } = ledger
  if (digits.length === 0 && times === 1) return labelled
  const count = digits.length - first
  return Math.min(
    labelled,
    times > 1 && count + times > exposed ? timesStart : nowhere,
    starts[first + (armed && count >= 3 ? 0 : exposed)] ?? nowhere,
    // Three or four figures alone: `is my cvv` may follow.
    isCode(ledger) ? (starts[0] ?? nowhere) : nowhere,
  )
}

/** Few enough figures for a code, and near enough for a label behind them. */
export const isCode = (ledger: Ledger): boolean =>
  (ledger.settled > 0 ? ledger.settled : ledger.digits.length) <= codeMax &&
  !ledger.spoken &&
  ledger.gapAll <= labelBehindMax

/** Digits of the oldest candidate so far. */
export const live = (ledger: Ledger): number => ledger.digits.length - ledger.first

/** Adds what a word turned out to be. Text and weak words before the first digit are context at most. */
export function addItem(ledger: Ledger, item: Item, tail: boolean): void {
  if (ledger.carried !== null) {
    item.parted = ledger.carried.parted
    item.gap = ledger.carried.gap
    ledger.carried = null
  }
  if (item.kind === 'digits' && item.digits.length > groupMax) item.kind = 'text'
  const empty = ledger.digits.length === 0 && !ledger.label
  if (empty && !opens(item)) {
    if (item.entry !== null && ledger.before.push(item) > beforeMax) ledger.before.shift()
    ledger.leftGlued = item.kind === 'text' && (item.glued || (item.parted & PARTED.mask) !== 0)
    return
  }
  if (!numeric(item)) {
    ledger.items.push(item)
    if (item.kind === 'text' && ledger.lone !== null) forget(ledger, ledger.lone)
    addWord(ledger, item)
    return
  }
  ledger.lone = isSoft(item) && !hasNumberBefore(ledger.items, ledger.items.length) ? loneIn(ledger) : null
  const { first } = ledger
  ledger.items.push(item)
  if (item.kind === 'digits') {
    for (let copy = 1; copy < ledger.times && item.digits.length === 1; copy += 1)
      push(ledger, item.digits[0] ?? 0, ledger.timesStart)
    ledger.times = 1
    ledger.tens = false
    for (const [index, digit] of item.digits.entries()) push(ledger, digit, item.starts[index] ?? 0)
    if (isReversed(item.digits)) {
      ledger.whole = Math.max(ledger.whole, ledger.settled)
      ledger.first = Math.min(ledger.first, Math.max(first, ledger.settled))
    }
  } else addSpoken(ledger, item)
  ledger.settled = ledger.digits.length
  ledger.settledFirst = ledger.first
  ledger.settledWhole = ledger.whole
  if (item.entry !== null && !item.entry.strong && !says(item, 'times')) {
    ledger.gap = 0
    ledger.gapAll += item.end - item.start
    return
  }
  ledger.gap = 0
  ledger.gapAll = 0
  ledger.turn = item.turn
  if ((ledger.label || tail) && ledger.labelled === nowhere) ledger.labelled = item.start
}

const loneIn = ({ digits, first, whole, gap, gapAll, turn, labelled, tens, slack, spoken }: Ledger): Lone => ({
  count: digits.length,
  was: { first, whole, gap, gapAll, turn, labelled, tens, slack, spoken },
})

/** For a table, to a friend: with other text on both sides the word was no digit. */
function forget(ledger: Ledger, { count, was }: Lone): void {
  const since = ledger.gap
  Object.assign(ledger, was)
  ledger.gap += since
  ledger.gapAll += since
  ledger.lone = null
  ledger.digits.length = count
  ledger.starts.length = count
  ledger.settled = count
  ledger.settledFirst = was.first
  ledger.settledWhole = was.whole
}

/** Nothing is open, so that other text changes nothing but what a number would stand beside. */
export const isIdle = ({ digits, items, label, carried }: Ledger): boolean =>
  digits.length === 0 && items.length === 0 && !label && carried === null

/** A run begins with a number, also one that is only heard as one, or a label whose number must not be seen. */
const opens = (item: Item): boolean => numeric(item) || says(item, 'cvc') || says(item, 'expiry')

function addWord(ledger: Ledger, item: Item): void {
  const size = item.end - item.start
  ledger.gapAll += size
  if (item.entry === null) ledger.gap += size
  if (says(item, 'correction') || says(item, 'restart')) ledger.loose = true
  if (says(item, 'cvc') || says(item, 'expiry')) {
    ledger.label = true
    ledger.gap = 0
    ledger.gapAll = 0
    ledger.turn = item.turn
  }
  if (!says(item, 'and')) ledger.tens = false
}

/** The digits that a number word adds for the count; how it is read in the end is for `readings.ts`. */
function addSpoken(ledger: Ledger, item: Item): void {
  const meaning = item.entry?.meanings.find(isNumber)
  if (meaning === undefined) return
  const { kind, value } = meaning
  if (kind === 'times') {
    ledger.times = value
    ledger.timesStart = item.start
    return
  }
  ledger.spoken = true
  if (kind === 'scale') ledger.loose = true
  const last = ledger.digits.at(-1)
  if (ledger.tens || (value === 20 && last === 4)) ledger.slack += 1
  ledger.tens = kind === 'number' && isTens(value)
  const start = ledger.times > 1 ? ledger.timesStart : item.start
  for (let copy = 0; copy < ledger.times; copy += 1)
    for (const digit of String(value)) push(ledger, Number(digit), start)
  ledger.times = 1
}

/** A phrase takes the place of its words. */
export function retract(ledger: Ledger, start: number): void {
  ledger.before = ledger.before.filter((item) => item.start < start)
  let popped: Item | undefined
  const kept: Item[] = []
  for (const item of ledger.items) {
    if (item.start < start) kept.push(item)
    else popped ??= item
  }
  if (popped === undefined) return
  const fresh: Ledger = { ...successor(ledger, ledger.before), leftGlued: ledger.leftGlued }
  for (const item of kept) addItem(fresh, item, ledger.labelled < nowhere)
  fresh.first = Math.max(fresh.first, 0)
  fresh.carried = { parted: popped.parted, gap: popped.gap }
  const { gap, gapAll } = fresh
  Object.assign(ledger, fresh, { gap, gapAll })
}

/** Whether nothing that follows can belong to the run any more. Between turns people say more. */
export function spent(ledger: Ledger, turn: number): boolean {
  if (ledger.digits.length > digitsMax || ledger.items.length > itemsMax) return true
  if (ledger.digits.length === 0 && ledger.items.length > 0 && ledger.times === 1 && !ledger.label) return true
  if (turn !== ledger.turn) return ledger.gap > turnGapMax
  return ledger.gap > gapMax || ledger.gapAll > gapAllMax
}

/** Starts the next run; what the last one said stays as context. */
export function nextRun(ledger: Ledger): Ledger {
  const words = ledger.items.filter((item) => item.kind === 'word' && !numeric(item))
  return successor(ledger, [...ledger.before, ...words].slice(-beforeMax))
}

const successor = ({ turn, armed }: Ledger, before: Item[]): Ledger => ({ ...newLedger(), turn, armed, before })
