/** What of a finding may be read afterwards: of a card number the first six and, from 16 digits, the last four. */
import type { FindingKind } from './finding.ts'
import { type Edit, masked } from './hold.ts'
import { type Item, numeric } from './items.ts'
import { exposed } from './ledger.ts'

const tailShown = 4
const tailFrom = 16

interface Place {
  start: number
  end: number
  digits: number
}

/** Every place in the span that says a digit, also those that a correction took back. */
function placesIn(items: readonly Item[], start: number, end: number): Place[] {
  const places: Place[] = []
  for (const item of items) {
    if (item.end <= start || item.start >= end || !numeric(item)) continue
    if (item.kind === 'digits') {
      for (const [index, from] of item.starts.entries()) {
        const to = item.ends[index] ?? from
        if (from >= start && to <= end) places.push({ start: from, end: to, digits: 1 })
      }
    } else places.push({ start: item.start, end: item.end, digits: spokenDigits(item) })
  }
  return places
}

const spokenDigits = (item: Item): number =>
  item.entry?.meanings.some((meaning) => meaning.kind === 'number') ? 2 : item.entry?.strong ? 1 : 0

export function editsOf(kind: FindingKind, items: readonly Item[], start: number, end: number, count: number): Edit[] {
  const places = placesIn(items, start, end)
  const shown = kind === 'pan' || kind === 'pan_suspect'
  const head = shown ? exposed : 0
  const tail = shown && count >= tailFrom ? tailShown : 0
  const total = places.reduce((sum, place) => sum + place.digits, 0)
  const edits: Edit[] = []
  let before = 0
  for (const place of places) {
    const after = before + place.digits
    if (after > head && before < total - tail)
      edits.push({ start: place.start, end: place.end, with: masked.repeat(Math.max(place.digits, 1)) })
    before = after
  }
  return edits
}
