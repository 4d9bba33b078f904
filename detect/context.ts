/** What the words around a window say about it. */
import type { Item } from './items.ts'
import { says } from './items.ts'
import type { Mark } from './words/lexicon.ts'

/** So far before a number a label may stand, and a word for card. */
const labelReach = 48
const cardReach = 120

export const labelKinds = [
  'card',
  'other_card',
  'order',
  'phone',
  'imei',
  'iban',
  'iccid',
] as const satisfies readonly Mark[]
export type Label = (typeof labelKinds)[number]

export interface Context {
  /** The nearest label before the number. */
  label: Label | null
  /** A payment card is named before or after it. */
  card: boolean
  /** The label of an expiry or a CVC comes after it. */
  tail: boolean
}

/** What one of the words around says; most say nothing. */
export interface Hint {
  start: number
  end: number
  /** A payment card. */
  card: boolean
  tail: boolean
  label: Label | null
}

/** @param around the marks before the run and the items of the run, in order. */
export function hintsIn(around: readonly Item[]): Hint[] {
  const hints: Hint[] = []
  for (const [index, item] of around.entries()) {
    const card = says(item, 'card')
    const other = card && isOther(around, index)
    const tail = says(item, 'cvc') || says(item, 'expiry')
    const label = other ? 'other_card' : (labelKinds.find((kind) => says(item, kind)) ?? null)
    if (card || tail || label !== null)
      hints.push({ start: item.start, end: item.end, card: card && !other, tail, label })
  }
  return hints
}

/** @param from, to places of the first and last digit. */
export function contextOf(hints: readonly Hint[], from: number, to: number): Context {
  let label: Label | null = null
  let card = false
  let tail = false
  for (let index = hints.length - 1; index >= 0; index -= 1) {
    const hint = hints[index]
    if (hint === undefined) continue
    if (hint.start >= to) {
      if (hint.card) card = true
      if (hint.tail) tail = true
      continue
    }
    const distance = from - hint.end
    if (distance > cardReach) break
    if (hint.card && label !== 'other_card') card = true
    if (label === null && distance >= 0 && distance <= labelReach) label = hint.label
  }
  return { label, card, tail }
}

/** `gift card`, `card for the library`: another card stands right beside the word. */
function isOther(around: readonly Item[], index: number): boolean {
  const item = around[index]
  if (item === undefined) return false
  if (says(item, 'other_card')) return true
  const before = around[index - 1]
  return before !== undefined && says(before, 'other_card') && item.start - before.end <= 12
}
