/** Windows of digits that a scheme has: every start and end on the edge of a group. */
import type { Aside } from './asides.ts'
import { labelKinds } from './context.ts'
import { lengthMax, lengthMin, rangesAt, type Scheme, schemeIn } from './iin.ts'
import { type Item, says, PARTED } from './items.ts'
import { luhn } from './luhn.ts'
import { type Digit, type Reading, textOf } from './readings.ts'

/** Digits that stand together, and what parts them from the group before. */
export interface Group {
  from: number
  to: number
  spoken: boolean
  ideographs: boolean
  glued: boolean
  /** Bits of `PARTED` on the way from the last group, words that say nothing, whether the turn changed. */
  parted: number
  words: number
  turns: number
  /** Something stands between that ends a number: text, a line, a label, an amount. */
  strong: boolean
  /** The same, a new line apart; an expiry stands between; and a number of another kind does. */
  apart: boolean
  expiry: boolean
  other: boolean
}

export interface Window {
  reading: Reading
  groups: readonly Group[]
  /** Groups `[first, last]`, digits `[from, to)`. */
  first: number
  last: number
  from: number
  to: number
  scheme: Scheme | null
  luhn: boolean
}

const labels = [...labelKinds, 'cvc', 'expiry', 'part'] as const

export function groupsOf(items: readonly Item[], aside: readonly (Aside | null)[], digits: readonly Digit[]): Group[] {
  const groups: Group[] = []
  for (const [index, digit] of digits.entries()) {
    const last = groups.at(-1)
    const before = digits[index - 1]
    if (last && before && before.group === digit.group) {
      last.to = index + 1
      continue
    }
    const item = items[digit.item]
    const group: Group = {
      from: index,
      to: index + 1,
      spoken: digit.spoken,
      ideographs: item?.ideographs ?? false,
      glued: item?.glued ?? false,
      parted: item?.parted ?? 0,
      words: 0,
      turns: 0,
      strong: false,
      apart: false,
      expiry: false,
      other: false,
    }
    if (before && last) {
      for (let at = before.item + 1; at < digit.item; at += 1) passOver(group, items[at], aside[at] ?? null)
      if (item && item.turn !== items[before.item]?.turn) group.turns = 1
      group.strong = group.apart || (group.parted & (PARTED.newline | PARTED.mask)) !== 0
    }
    groups.push(group)
  }
  return groups
}

function passOver(group: Group, item: Item | undefined, aside: Aside | null): void {
  if (item === undefined) return
  group.parted |= item.parted
  if (aside === 'expiry') group.expiry = true
  else if (aside !== null && aside !== 'count') {
    group.apart = true
    group.other = true
  }
  if (item.kind === 'text') group.words += 1
  if (item.kind === 'text' || labels.some((label) => says(item, label))) group.apart = true
}

/** All windows that some scheme's length allows, with and without a right check digit. */
export function windowsOf(reading: Reading, groups: readonly Group[]): Window[] {
  const values = reading.digits.map((digit) => digit.value)
  const text = textOf(reading.digits)
  const found: Window[] = []
  for (let first = 0; first < groups.length; first += 1) {
    const from = groups[first]?.from ?? 0
    if (values.length - from < lengthMin) break
    const ranges = rangesAt(values, from)
    for (let last = first; last < groups.length; last += 1) {
      const to = groups[last]?.to ?? 0
      const length = to - from
      if (length < lengthMin) continue
      if (length > lengthMax) break
      found.push({
        reading,
        groups,
        first,
        last,
        from,
        to,
        scheme: schemeIn(ranges, length),
        luhn: luhn(text.slice(from, to)),
      })
    }
  }
  return found
}
