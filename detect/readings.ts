/**
 * What digits a run of items says. Most runs have one reading; corrections, weak words, ordinals and tens before a unit
 * have more, and all of them are judged. A digit keeps the item it came from, so that its place is known.
 */
import type { Automaton, Meaning } from './automaton.ts'
import { isLone, type Item, says, PARTED } from './items.ts'
import { isTens, languageOf, numberIn } from './number-words.ts'

export interface Digit {
  value: number
  /** Index of the item in the run. */
  item: number
  start: number
  end: number
  weak: boolean
  /** Digits of one group stand without anything between them. A spoken digit is a group of its own. */
  group: number
  spoken: boolean
}

export const textOf = (digits: readonly Digit[]): string => digits.map(({ value }) => value).join('')

export interface Reading {
  digits: Digit[]
  /** `as said`, or what was decided on the way. */
  notes: string[]
}

interface Choice {
  /** Weak words: only between strong digits, all of them, or none. */
  weak: 'between' | 'all' | 'none'
  /** What a correction replaces: nothing, one spoken digit, a spoken group of four, all so far. */
  corrects: 0 | 1 | 4 | 'all'
  /** A number word after an ordinal counts, and is no digit. */
  counts: boolean
  /** Forty two is 42, not 40 2: always, with a hyphen, never. */
  joins: 'always' | 'hyphen' | 'never'
}

type Count = 'ordinal' | 'part'

const countOf = (item: Item): Count | null => (says(item, 'ordinal') ? 'ordinal' : says(item, 'part') ? 'part' : null)

/** What counts right before the first number; `block no. 1` has a word between. */
function ledBy(before: readonly Item[], start: number): Count | null {
  const [other, last] = before.slice(-2).length === 2 ? before.slice(-2) : [undefined, before[0]]
  if (last === undefined || start - last.end > 2) return null
  const isNo =
    other !== undefined && countOf(other) === 'part' && says(last, 'correction') && last.start - other.end <= 2
  return isNo ? 'part' : countOf(last)
}

const readingsMax = 16

/**
 * @param aside numbers that are something else. @param before what was said right before the first item.
 * @param most so many of them; the first is the likeliest.
 */
export function readingsOf(
  items: readonly Item[],
  aside: readonly boolean[],
  automaton: Automaton,
  before: readonly Item[],
  most = readingsMax,
): Reading[] {
  const language = languageOf(items, automaton.vigesimal.length)
  const numbers = items.map((item, index) => (aside[index] || isLone(items, index) ? null : numberIn(item, language)))
  const any = (test: (item: Item) => boolean): boolean => items.some(test)
  const corrections = any((item) => says(item, 'correction') || says(item, 'restart'))
    ? ([1, 4, 'all', 0] as const)
    : ([0] as const)
  const led = ledBy(before, items[0]?.start ?? 0)
  const ordinals =
    led !== null || any((item) => countOf(item) !== null || says(item, 'digits')) ? [true, false] : [true]
  const weak = numbers.some((one) => one?.kind === 'weak')
    ? (['between', 'all', 'none'] as const)
    : (['between'] as const)
  const tens = numbers.some((one) => one?.kind === 'number' && isTens(one.value))
    ? (['always', 'hyphen', 'never'] as const)
    : (['always'] as const)
  const readings: Reading[] = []
  for (const corrects of corrections)
    for (const counts of ordinals)
      for (const taking of weak)
        for (const joins of tens)
          if (readings.length < most)
            readings.push(
              new Listener(items, aside, numbers, automaton.vigesimal[language] ?? false, {
                weak: taking,
                corrects,
                counts,
                joins,
              }).read(led),
            )
  if (any((item) => says(item, 'reversed')) || before.some((item) => says(item, 'reversed')))
    for (const { digits, notes } of readings.slice(0, 2))
      readings.push({ digits: [...digits].reverse(), notes: [...notes, 'WORD.reversed'] })
  return readings
}

/** How low the last place of a number is: tens have room for a unit. */
const placeOf = (value: number): number => (isTens(value) ? 10 : 1)
const nothing = { value: 0, digits: 0, place: 1, item: -2 }

/** Says that a digit was said where the other one was. */
function placeAs(digit: Digit | undefined, other: Digit | undefined): void {
  if (digit && other) Object.assign(digit, { start: other.start, end: other.end, item: other.item })
}

/** Follows the items of a run with one choice made for each thing that can be read in two ways. */
class Listener {
  readonly #digits: Digit[] = []
  readonly #notes = new Set<string>()
  #group = 0
  #times = 1
  /** Where `double` stood: the digits begin there. */
  #timesStart = -1
  /** The number said last, how many digits it has, and its lowest place. */
  #last = nothing
  /** What the last word alone added to it. */
  #lastWord = 0
  #correcting = false
  #counting: Count | null = null

  readonly #items: readonly Item[]
  readonly #aside: readonly boolean[]
  readonly #numbers: readonly (Meaning | null)[]
  readonly #vigesimal: boolean
  readonly #choice: Choice

  constructor(
    items: readonly Item[],
    aside: readonly boolean[],
    numbers: readonly (Meaning | null)[],
    vigesimal: boolean,
    choice: Choice,
  ) {
    this.#items = items
    this.#aside = aside
    this.#numbers = numbers
    this.#vigesimal = vigesimal
    this.#choice = choice
  }

  /** @param led the run begins after an ordinal or a word for part. */
  read(led: Count | null): Reading {
    this.#counting = led
    for (const [index, item] of this.#items.entries()) {
      if (this.#aside[index]) continue
      const number = this.#numbers[index] ?? null
      if (item.kind === 'digits') this.#numeral(index, item)
      else if (number !== null) this.#spoken(index, number)
      else this.#other(item)
    }
    return { digits: this.#digits, notes: [...this.#notes] }
  }

  #numeral(index: number, { digits, starts, ends }: Item): void {
    const [only = 0] = digits
    const isOne = digits.length === 1
    if (this.#counted(isOne ? only : -1, index)) return
    this.#correct(digits.length)
    this.#group += 1
    if (isOne && this.#times > 1) {
      this.#push(index, only, this.#times - 1)
      this.#timesStart = -1
    }
    for (const [at, value] of digits.entries())
      this.#digits.push({
        value,
        item: index,
        start: starts[at] ?? 0,
        end: ends[at] ?? 0,
        weak: false,
        group: this.#group,
        spoken: false,
      })
    this.#last = nothing
    this.#times = 1
  }

  #spoken(index: number, { kind, value }: Meaning): void {
    if (kind === 'times') {
      this.#times = value
      this.#timesStart = this.#items[index]?.start ?? 0
      return
    }
    if (kind === 'scale') {
      this.#scale(index, value)
      return
    }
    this.#lastWord = value
    if (kind === 'number') {
      this.#twoDigits(index, value)
      return
    }
    const isWeak = kind === 'weak'
    if (isWeak && !this.#takesWeak(index)) return
    if (this.#counted(value, index)) return
    if (this.#joins(index) && this.#addsTo(index, value, 10)) return
    this.#correct(this.#choice.corrects === 4 ? 4 : 1)
    this.#group += 1
    const times = this.#times
    this.#push(index, value, times, isWeak)
    if (times > 1) this.#notes.add('WORD.times')
    this.#last = { value, digits: times, place: times > 1 ? 0 : 1, item: index }
    this.#times = 1
  }

  #twoDigits(index: number, value: number): void {
    const last = this.#last
    const under = last.value % 100
    if (this.#vigesimal && value === 20 && this.#isFour(index)) {
      this.#replace(index, last.value - 4 + 80, 10)
      return
    }
    const twenties = this.#vigesimal && (under === 60 || under === 80) && value < 20
    if (twenties && this.#joins(index) && this.#adjacent(index)) {
      this.#replace(index, last.value + value, 1)
      return
    }
    if (this.#addsTo(index, value, 100)) return
    this.#correct(2)
    this.#group += 1
    this.#push(index, value, this.#times)
    this.#last = { value, digits: 2, place: placeOf(value), item: index }
    this.#times = 1
  }

  #joins(index: number): boolean {
    const { joins } = this.#choice
    return joins === 'always' || (joins === 'hyphen' && this.#items[index]?.parted === PARTED.dash)
  }

  /** Quatre-vingt, and not vingt-quatre vingt. */
  #isFour(index: number): boolean {
    const last = this.#last
    if (last.place > 1 || last.value % 10 !== 4 || !this.#adjacent(index)) return false
    return last.value === 4 || (last.value % 100 === 4 && last.value > 99) || this.#items[index]?.parted === PARTED.dash
  }

  /** Four thousand, forty-two hundred, doscientos. */
  #scale(index: number, by: number): void {
    const last = this.#last
    const plain = by === 100 || by === 1000
    const beside = this.#adjacent(index)
    if (plain && beside && this.#splits(index, by)) return
    const under = last.value % by
    if (beside && plain && under > 0 && under < 100) {
      const above = last.value - under
      this.#replace(index, above + under * by, by, this.#digits.at(-1)?.start)
    } else if (beside && last.place > by) this.#replace(index, last.value + by, 100)
    else this.#begin(index, by, plain ? by : 100)
    this.#notes.add('WORD.cardinal')
  }

  /** A number of more than one digit, as far as it is said. */
  #begin(index: number, value: number, place: number): void {
    this.#group += 1
    this.#push(index, value)
    this.#last = { value, digits: String(value).length, place, item: index }
  }

  /** `…four hundred and seventy three thousand`: the three was the first word of the next number. */
  #splits(index: number, by: number): boolean {
    const last = this.#last
    const word = this.#lastWord
    const full = by === 1000 ? last.value >= 1000 : last.value % 1000 >= 100 && last.value % 100 > 0
    if (!full || word === 0 || word >= by) return false
    const first = this.#digits.at(-1)
    this.#replace(last.item, last.value - word, 1)
    this.#begin(index, word * by, by)
    placeAs(this.#digits.at(-this.#last.digits), first)
    this.#lastWord = 0
    return true
  }

  /** Whether the last number has room for this one: forty for two, four thousand for forty. */
  #addsTo(index: number, value: number, below: number): boolean {
    const last = this.#last
    if (last.place <= 1 || value === 0 || value >= last.place || !this.#adjacent(index)) return false
    if (last.place === 10 && below !== 10) return false
    this.#replace(index, last.value + value, placeOf(value))
    return true
  }

  /** The words so far are now one number. A digit stays where it was said; what changes is said from `from` to this word. */
  #replace(index: number, value: number, place: number, from = this.#items[index]?.start ?? 0): void {
    const all = this.#digits
    const said = all.splice(all.length - this.#last.digits)
    const first = all.length
    this.#push(index, value)
    let isSame = true
    for (const [at, digit] of all.slice(first).entries()) {
      const before = said[at]
      isSame &&= before?.value === digit.value
      if (before && (isSame || at === 0)) placeAs(digit, before)
      else digit.start = from
    }
    this.#last = { value, digits: all.length - first, place, item: index }
  }

  /** Nothing but a hyphen, a space or an `and` between this word and the number before. */
  #adjacent(index: number): boolean {
    const { item } = this.#last
    if (item < 0) return false
    for (let at = item + 1; at < index; at += 1) {
      const between = this.#items[at]
      if (!says(between, 'and')) return false
    }
    const parted = this.#items[index]?.parted ?? 0
    return this.#items[index]?.turn === this.#items[item]?.turn && (parted & ~(PARTED.space | PARTED.dash)) === 0
  }

  /** All digits of the number, so many times. */
  #push(index: number, value: number, times = 1, weak = false): void {
    const { start = 0, end = 0 } = this.#items[index] ?? {}
    const from = this.#timesStart >= 0 && this.#times > 1 ? this.#timesStart : start
    for (const digit of String(value).repeat(times))
      this.#digits.push({ value: Number(digit), item: index, start: from, end, weak, group: this.#group, spoken: true })
  }

  /** A weak word needs a strong digit on both sides, at most two weak ones away. */
  #takesWeak(index: number): boolean {
    if (this.#choice.weak !== 'between') return this.#choice.weak === 'all'
    const strong = (step: number): boolean => {
      for (let at = index + step, seen = 0; at >= 0 && at < this.#items.length && seen < 3; at += step, seen += 1) {
        const number = this.#numbers[at]
        if (this.#items[at]?.kind === 'digits') return true
        if (!number) return false
        if (number.kind !== 'weak') return true
      }
      return false
    }
    return strong(-1) && strong(1)
  }

  #counted(value: number, index: number): boolean {
    const counting = this.#counting ?? (this.#countsDigits(index) ? 'part' : null)
    this.#counting = null
    if (counting === null || !this.#choice.counts || value < 1 || value > 6) return false
    if (counting === 'ordinal' && value < 2) return false
    const more = this.#items
      .slice(index + 1)
      .some((item, at) => item.kind === 'digits' || this.#numbers[index + 1 + at])
    if (more) this.#notes.add('WORD.ordinal')
    return more
  }

  /** Four digits, four more. */
  #countsDigits(index: number): boolean {
    const next = this.#items[index + 1]
    return next !== undefined && next.gap <= 1 && says(next, 'digits') && !says(next, 'filler')
  }

  #correct(length: number): void {
    if (!this.#correcting) return
    this.#correcting = false
    const { corrects } = this.#choice
    if (corrects === 0 || length === 0) return
    this.#digits.length = corrects === 'all' ? 0 : Math.max(0, this.#digits.length - length)
    this.#notes.add('WORD.correction')
  }

  #other(item: Item): void {
    // Block no. 1.
    if (this.#counting === 'part' && says(item, 'correction')) return
    if (says(item, 'correction') && this.#digits.length > 0) this.#correcting = true
    if (says(item, 'restart') && this.#choice.corrects !== 0) {
      this.#digits.length = 0
      this.#notes.add('WORD.correction')
    }
    if (says(item, 'letter')) this.#times = 1
    const count = countOf(item)
    // The first set: the ordinal has counted already.
    if (count !== null) this.#counting = count === 'part' && this.#counting === 'ordinal' ? null : count
    else if (item.entry === null) this.#counting = null
  }
}
