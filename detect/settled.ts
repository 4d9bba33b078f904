/**
 * Where the guard must stop once dates, times, amounts and decimals are left out: those that nothing to come can make a
 * part of a number. Real talk is full of them, and one by one they look like the head of a card.
 */
import { asidesOf } from './asides.ts'
import type { Item } from './items.ts'
import { addItem, frontier, type Ledger, newLedger, pushDigit } from './ledger.ts'

/** A phrase is shorter, so that an item with as many behind it stays as it is. */
const phraseMax = 8

/** What stands in an earlier turn or far enough back. */
function settledCount(items: readonly Item[]): number {
  const last = items.at(-1)
  let count = Math.max(0, items.length - phraseMax)
  while (count < items.length && items[count]?.turn !== last?.turn) count += 1
  return count
}

/** As `frontier`, never earlier. */
export function settledFrontier(ledger: Ledger, without: ReadonlySet<string>): number {
  const { items } = ledger
  const count = settledCount(items)
  const asides = count === 0 ? [] : asidesOf(items, without).slice(0, count)
  const isAside = (index: number): boolean =>
    asides[index] !== undefined && asides[index] !== null && asides[index] !== 'expiry'
  if (!asides.some((_, index) => isAside(index))) return frontier(ledger)
  const rest: Ledger = { ...newLedger(), armed: ledger.armed }
  for (const [index, item] of items.entries()) if (!isAside(index)) addItem(rest, item, false)
  for (let at = ledger.settled; at < ledger.digits.length; at += 1)
    pushDigit(rest, ledger.digits[at] ?? 0, ledger.starts[at] ?? 0)
  rest.labelled = ledger.labelled
  rest.label = ledger.label
  return frontier(rest)
}
