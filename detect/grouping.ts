/** How the digits of a window are grouped, against how its scheme's cards are printed and how people type and say them. */
import { type Brand, groupingOf } from './brands.ts'
import { lengthMax } from './iin.ts'
import { PARTED } from './items.ts'
import { type RuleName, rules } from './rules.ts'
import type { Group, Window } from './windows.ts'

export interface Shape {
  rule: RuleName
  /** `4-4-4-4`. */
  text: string
}

export function shapeOf(window: Window): Shape {
  const groups = window.groups.slice(window.first, window.last + 1)
  const said = shapeWith(window, groups, sizesOf(groups, false))
  if (groups.every((group) => group.turns === 0)) return said
  // The end of a message may cut a group, or be what parts them; the reading that makes more sense holds.
  const shapes = [said, shapeWith(window, groups, sizesOf(groups, true))]
  const byTurn = turnsIn(groups)
  if (byTurn !== null) shapes.push(shapeWith(window, groups, byTurn))
  return shapes.reduce((best, shape) => (rules[shape.rule] > rules[best.rule] ? shape : best))
}

/** `50 19` in one message and `55 55` in the next are groups of four, in pairs. Null where a message has words or one group. */
function turnsIn(groups: readonly Group[]): number[] | null {
  const sizes: number[] = []
  for (const [index, group] of groups.entries()) {
    const size = group.to - group.from
    const isPair = size === 2 || (size === 1 && index === groups.length - 1)
    if (group.words > 0 || group.spoken || !isPair) return null
    if (index === 0 || group.turns > 0) sizes.push(size)
    else sizes[sizes.length - 1] = (sizes.at(-1) ?? 0) + size
  }
  return sizes
}

function shapeWith(window: Window, groups: readonly Group[], sizes: readonly number[]): Shape {
  return { rule: ruleOf(window, groups, sizes), text: sizes.join('-') }
}

/** `4,242` is one group of four: a recogniser writes numbers so. A message may end within a group. */
function sizesOf(groups: readonly Group[], joinTurns: boolean): number[] {
  const sizes: number[] = []
  for (const [index, group] of groups.entries()) {
    const size = group.to - group.from
    const before = sizes.at(-1) ?? 0
    if (index > 0 && size === 3 && before === 1 && group.parted === PARTED.comma && !group.spoken)
      sizes[sizes.length - 1] = 4
    else if (
      joinTurns &&
      index > 0 &&
      group.turns > 0 &&
      group.words === 0 &&
      !group.spoken &&
      size + before <= lengthMax
    )
      sizes[sizes.length - 1] = before + size
    else sizes.push(size)
  }
  return sizes
}

function ruleOf({ from, to, scheme }: Window, groups: readonly Group[], sizes: readonly number[]): RuleName {
  const length = to - from
  if (sizes.length === 1) {
    if (length === 16 || (length === 15 && scheme?.brand === 'amex')) return 'GROUP.plain'
    return length === 17 || length === 18 ? 'GROUP.plain_never' : 'GROUP.plain_rare'
  }
  const spoken = groups.filter((group) => group.spoken || group.ideographs).length
  const mixed = spoken > 0 && spoken < groups.length
  const usual = length === 16 || length === 15 || (length === 19 && spoken === groups.length)
  const first = sizes[0] ?? 0
  const last = sizes.at(-1) ?? 0
  const even = sizes.slice(0, -1).every((size) => size === first) && last <= first
  if (!mixed && isCanonical(sizes, length, scheme?.brand ?? null)) return 'GROUP.canonical'
  // A list of numbers has no shorter last one, unless they have two digits.
  const isPairs = even && first === 2 && spoken === 0
  const signs = groups.slice(1).every(({ parted }) => (parted & (PARTED.space | PARTED.comma | PARTED.newline)) === 0)
  if (isPairs && signs && (usual || last < first)) return 'GROUP.even'
  if (even && last < first && !isPairs && (spoken === 0 || first <= 2)) return 'GROUP.even'
  // 424 242 424 242 4242: nothing is left over.
  if (spoken === 0 && length === 16 && sizes.join() === '3,3,3,3,4') return 'GROUP.irregular'
  if (spoken === 0 && isList(groups, sizes)) return 'VETO.SEQ'
  if (isPairs) return usual ? 'GROUP.pairs' : 'VETO.SEQ'
  if (even && first === 3 && spoken === 0 && length !== 15) return 'VETO.SEQ'
  if (even && first <= 2) return usual ? 'GROUP.even' : 'GROUP.spoken_rare'
  if (spoken * 2 >= groups.length || (spoken > 0 && sizes.every((size) => size <= 2)))
    return usual ? 'GROUP.spoken' : 'GROUP.spoken_rare'
  if (mixed) return 'GROUP.mixed'
  return usual ? 'GROUP.irregular' : 'GROUP.irregular_rare'
}

/** Every cut is one that the printed card has too: 8-8 of 4-4-4-4, and 4-11 of 4-6-5. */
function isCanonical(sizes: readonly number[], length: number, brand: Brand | null): boolean {
  const cutsOf = (list: readonly number[]): number[] => {
    let sum = 0
    return list.map((size) => (sum += size)).filter((cut) => cut < length)
  }
  const cuts = cutsOf(sizes)
  const printed = [groupingOf(brand, length), [4, 4, 4, 4, 4]].map(cutsOf)
  return printed.some((allowed) => cuts.every((cut) => allowed.includes(cut)))
}

/** Numbers of one to three digits and several lengths, or all with commas between: a list, unless it is of digits. */
function isList(groups: readonly Group[], sizes: readonly number[]): boolean {
  const small = sizes.filter((size) => size <= 3).length * 3 > sizes.length * 2
  const commas = groups.slice(1).every((group) => (group.parted & PARTED.comma) !== 0)
  const several = new Set(sizes).size > 1
  return small && (several || (commas && sizes[0] !== 1))
}
