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

/** The places of the number's digits in order; two digits may be said by one word. */
function placesOf(digits: readonly { start: number; end: number }[]): Place[] {
  const places: Place[] = []
  for (const { start, end } of [...digits].sort((a, b) => a.start - b.start)) {
    const last = places.at(-1)
    if (last && start < last.end) {
      last.digits += 1
      last.end = Math.max(last.end, end)
    } else places.push({ start, end, digits: 1 })
  }
  return places
}

/** What was said in the span and taken back: it is as close to the number as a slip of the tongue. */
function takenBack(items: readonly Item[], places: readonly Place[]): Place[] {
  const start = places[0]?.start ?? 0
  const end = places.at(-1)?.end ?? 0
  const found: Place[] = []
  const free = (from: number, to: number): boolean => places.every((place) => place.end <= from || place.start >= to)
  for (const item of items) {
    if (!numeric(item) || item.start < start || item.end > end) continue
    if (item.kind === 'word' && free(item.start, item.end)) found.push({ start: item.start, end: item.end, digits: 1 })
    for (const [index, from] of item.starts.entries()) {
      const to = item.ends[index] ?? from
      if (free(from, to)) found.push({ start: from, end: to, digits: 1 })
    }
  }
  return found
}

/** @param digits in the order of the number. @param items of the run, where a correction left digits out. */
export function editsOf(
  kind: FindingKind,
  digits: readonly { start: number; end: number }[],
  items: readonly Item[],
): Edit[] {
  const own = placesOf(digits)
  const places = [...own, ...takenBack(items, own)].sort((a, b) => a.start - b.start)
  const shown = kind === 'pan' || kind === 'pan_suspect'
  const head = shown ? exposed : 0
  const tail = shown && digits.length >= tailFrom ? tailShown : 0
  const total = places.reduce((sum, place) => sum + place.digits, 0)
  const edits: Edit[] = []
  let before = 0
  for (const place of places) {
    const after = before + place.digits
    if (after > head && before < total - tail)
      edits.push({ start: place.start, end: place.end, with: masked.repeat(place.digits) })
    before = after
  }
  return edits
}
