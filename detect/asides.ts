/**
 * Numbers that are something else by their shape alone: dates, times, amounts, decimals. They are set aside before
 * digits are joined. An expiry between the groups of a card is one of them, and evidence besides.
 */
import { isNumber } from './automaton.ts'
import { type Item, says, PARTED } from './items.ts'
import type { ShapeName } from './rules.ts'

export type Aside = 'expiry' | 'date' | 'time' | 'money' | 'decimal' | 'count' | 'masked'

const numberOf = (item: Item | undefined): number =>
  item === undefined || item.digits.length === 0 ? -1 : item.digits.reduce((sum, digit) => sum * 10 + digit, 0)

const sizeOf = (item: Item | undefined): number => (item?.kind === 'digits' ? item.digits.length : 0)

/** Parted from the item before by this sign alone. */
const by = (item: Item | undefined, bit: number): boolean => item !== undefined && item.gap === 1 && item.parted === bit

const between = (value: number, low: number, high: number): boolean => value >= low && value <= high

/** One a item; null where it may be a part of a card number. */
export function asidesOf(items: readonly Item[], without: ReadonlySet<string>): (Aside | null)[] {
  return shapesIn(items).map((aside) => (aside !== null && without.has(ruleOf[aside]) ? null : aside))
}

const ruleOf: Record<Aside, ShapeName | ''> = {
  expiry: '',
  date: 'VETO.DATE',
  time: 'VETO.TIME',
  money: 'VETO.MONEY',
  decimal: 'VETO.DECIMAL',
  masked: 'VETO.MASKED',
  count: 'VETO.COUNTER',
}

function shapesIn(items: readonly Item[]): (Aside | null)[] {
  const found: (Aside | null)[] = items.map(() => null)
  const set = (from: number, count: number, as: Aside): void => {
    for (let index = from; index < from + count; index += 1) found[index] = as
  }
  for (const index of counters(items)) found[index] = 'count'
  for (let index = 0; index < items.length; index += 1) {
    if (found[index] !== null) continue
    const item = items[index]
    if (item?.kind !== 'digits') continue
    const chained = chain(items, index)
    // Four groups and more with one sign between them are a number: dates have three, amounts two.
    if (chained > 3) {
      index += chained - 1
      continue
    }
    if (chained === 3 && isDate(items, index)) set(index, 3, 'date')
    else if (chained === 2 && isExpiry(items[index], items[index + 1])) set(index, 2, 'expiry')
    else if (isTime(items, index)) set(index, chain(items, index), 'time')
    else if (isMoney(items, index)) set(index, amountIn(items, index), 'money')
    else if (isDecimal(items, index)) set(index, 2, 'decimal')
    else if ((item.parted & PARTED.mask) !== 0) set(index, 1, 'masked')
  }
  return found
}

/** `1) 4242 2) 4242`, `1/4 4242 2/4 4242`: numbers that count the groups, from one on. */
function counters(items: readonly Item[]): number[] {
  const found: number[] = []
  let expected = 1
  for (const [index, item] of items.entries()) {
    if (item.kind !== 'digits' || numberOf(item) !== expected || item.digits.length > 1) continue
    const total = sizeOf(items[index + 1]) === 1 && by(items[index + 1], PARTED.slash)
    const next = items[index + (total ? 2 : 1)]
    const sign = (next?.parted ?? 0) & (PARTED.colon | PARTED.dot | PARTED.other | PARTED.dash)
    if (
      next?.kind !== 'digits' ||
      (next.digits.length < 3 && found.length < 2) ||
      next.gap > 3 ||
      (sign === 0 && !total)
    )
      continue
    found.push(index, ...(total ? [index + 1] : []))
    expected += 1
  }
  return expected > 2 ? found : []
}

/** How many groups follow each other with the same single sign between them. */
function chain(items: readonly Item[], index: number): number {
  const sign = items[index + 1]?.parted ?? 0
  if ((sign & (PARTED.dash | PARTED.dot | PARTED.slash | PARTED.colon)) === 0) return 1
  let count = 1
  while (sizeOf(items[index + count]) > 0 && by(items[index + count], sign)) count += 1
  return count
}

/** 2026-01-02, 31/12/2026, 12.31.26. */
function isDate(items: readonly Item[], index: number): boolean {
  const [a, b, c] = [items[index], items[index + 1], items[index + 2]]
  const [x, y, z] = [numberOf(a), numberOf(b), numberOf(c)]
  if (sizeOf(a) === 4) return between(x, 1900, 2099) && between(y, 1, 12) && between(z, 1, 31) && sizeOf(c) <= 2
  const year = sizeOf(c) === 4 ? between(z, 1900, 2099) : sizeOf(c) === 2
  return year && sizeOf(a) <= 2 && sizeOf(b) <= 2 && between(x, 1, 31) && between(y, 1, 31) && Math.min(x, y) <= 12
}

/** 12/27, 12-2027, 12.27. The caller has made sure that no third group follows. */
export function isExpiry(month: Item | undefined, year: Item | undefined): boolean {
  if (!year || (year.parted & ~(PARTED.slash | PARTED.dash | PARTED.dot | PARTED.space)) !== 0 || year.gap > 3)
    return false
  const slash = (year.parted & PARTED.slash) !== 0
  const size = sizeOf(month)
  if (size !== 2 && !(size === 1 && slash)) return false
  if (!between(numberOf(month), 1, 12)) return false
  if (sizeOf(year) === 4) return between(numberOf(year), 2020, 2059)
  return slash && sizeOf(year) === 2 && between(numberOf(year), 20, 59)
}

function isTime(items: readonly Item[], index: number): boolean {
  const [hour, minute] = [items[index], items[index + 1]]
  if (!by(minute, PARTED.colon) || sizeOf(minute) !== 2 || sizeOf(hour) > 2) return false
  return between(numberOf(hour), 0, 24) && between(numberOf(minute), 0, 59) && chain(items, index) <= 3
}

/** The groups of one amount: 356,598.25. */
function amountIn(items: readonly Item[], index: number): number {
  let count = 1
  while (sizeOf(items[index + count]) === 3 && by(items[index + count], PARTED.comma)) count += 1
  if (sizeOf(items[index + count]) === 2 && by(items[index + count], PARTED.dot)) count += 1
  return Math.max(count, chain(items, index))
}

/** A sign of currency before the number, or a unit right after it. */
function isMoney(items: readonly Item[], index: number): boolean {
  const item = items[index]
  if (item === undefined || item.digits.length > 9) return false
  if ((item.parted & PARTED.currency) !== 0) return true
  const [before, next] = [items[index - 1], items[index + 1]]
  const thousands = sizeOf(next) === 3 && by(next, PARTED.comma) && item.digits.length <= 3
  if (thousands && before && says(before, 'unit') && item.gap <= 1) return true
  const after = items[index + chain(items, index)]
  if (after === undefined || item.digits.length > 4 || after.turn !== item.turn) return false
  if ((after.parted & (PARTED.currency | PARTED.percent)) !== 0 && after.gap <= 2) return true
  return says(after, 'unit') && !after.entry?.meanings.some(isNumber) && after.gap <= 1
}

/** 0.4242…, 3.14159: a short whole part, and more digits behind the point than a group of a card has. */
function isDecimal(items: readonly Item[], index: number): boolean {
  const [whole, fraction] = [items[index], items[index + 1]]
  if (!by(fraction, PARTED.dot) || chain(items, index) !== 2) return false
  if (sizeOf(whole) > 3) return false
  return sizeOf(fraction) >= 3 || sizeOf(whole) === 1
}
