/** What the words around a window say about it. */
import type { Item } from './items.ts'
import { marks } from './items.ts'
import type { Mark } from './words/lexicon.ts'

/** So far before a number a label may stand, and a word for card. */
const labelReach = 48
const cardReach = 120

const labelKinds = ['card', 'other_card', 'order', 'phone', 'imei', 'iban', 'iccid'] as const satisfies readonly Mark[]
export type Label = (typeof labelKinds)[number]

export interface Context {
  /** The nearest label before the number. */
  label: Label | null
  /** A payment card is named before or after it. */
  card: boolean
  /** The label of an expiry or a CVC comes after it. */
  tail: boolean
}

/**
 * @param around the marks before the run and the items of the run, in order.
 * @param from, to places of the first and last digit. @param last index in `around` after the window.
 */
export function contextOf(around: readonly Item[], from: number, to: number): Context {
  let label: Label | null = null
  let card = false
  let tail = false
  for (let index = around.length - 1; index >= 0; index -= 1) {
    const item = around[index]
    if (item === undefined || item.entry === null) continue
    if (item.start >= to) {
      if (marks(item, 'card') && !isOther(around, index)) card = true
      if (marks(item, 'cvc') || marks(item, 'expiry')) tail = true
      continue
    }
    const distance = from - item.end
    if (distance > cardReach) break
    const isCard = marks(item, 'card')
    const other = isCard && isOther(around, index)
    if (isCard && !other && label !== 'other_card') card = true
    if (label === null && distance >= 0 && distance <= labelReach) {
      if (other) label = 'other_card'
      else label = labelKinds.find((kind) => marks(item, kind)) ?? null
    }
  }
  return { label, card, tail }
}

/** `gift card`, `card for the library`: another card stands right beside the word. */
function isOther(around: readonly Item[], index: number): boolean {
  const item = around[index]
  if (item === undefined) return false
  if (marks(item, 'other_card')) return true
  const before = around[index - 1]
  return before !== undefined && marks(before, 'other_card') && item.start - before.end <= 12
}
