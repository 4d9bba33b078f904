/** Where a window begins and ends: alone, beside other text, or cut out of more digits, which is what chance finds. */
import { PARTED } from './items.ts'
import { textOf } from './readings.ts'
import type { RuleName } from './rules.ts'
import type { Group, Window } from './windows.ts'

export type Add = (rule: RuleName) => void

/** Windows with a check digit begin and end at these groups: two numbers in a row. */
export interface Neighbours {
  starts: ReadonlySet<number>
  ends: ReadonlySet<number>
}

/**
 * @param isShaped whether the groups are of a card.
 * @returns whether an expiry or a code follows without a word.
 */
export function addEdges(
  add: Add,
  window: Window,
  isShaped: () => boolean,
  leftGlued: boolean,
  { starts, ends }: Neighbours,
  tailCounts: boolean,
): boolean {
  const { groups, first, last } = window
  const size = (group: Group): number => group.to - group.from
  const own = groups[first]
  const left = groups[first - 1]
  const right = groups[last + 1]
  const between = groups.slice(first, last + 1).some((group) => group.glued)
  // A group of it goes on behind a dash in letters.
  const joined = right?.glued && (right.parted & PARTED.dash) !== 0
  if ((between && first < last) || joined) add('VETO.UUID')
  else if (between || (first === 0 && leftGlued)) add('EDGE.glued')
  const leftEnds =
    left === undefined ||
    own?.strong ||
    size(left) >= 12 ||
    ends.has(first - 1) ||
    isSaidAgain(window) ||
    (size(left) <= 2 &&
      ((own?.parted ?? 0) & (PARTED.colon | PARTED.dot | PARTED.other)) !== 0 &&
      (own?.parted ?? 0) !== PARTED.dot)
  const rightEnds = right === undefined || right.strong || size(right) >= 12 || starts.has(last + 1)
  const explained = tailCounts && !rightEnds && !right.spoken && isTail(window) && isShaped()
  if (left === undefined && right === undefined) {
    add('EDGE.whole')
    return false
  }
  add(leftEnds ? 'EDGE.side' : 'EDGE.left_over')
  add(rightEnds || explained ? 'EDGE.side' : 'EDGE.left_over')
  return explained
}

/** `four two` `sorry?` `four two four two…`: what stands before is the beginning of the same number. */
function isSaidAgain({ reading, groups, first, from, to }: Window): boolean {
  if ((groups[first]?.turns ?? 0) === 0 || from > to - from) return false
  return reading.digits.slice(0, from).every((digit, index) => digit.value === reading.digits[from + index]?.value)
}

/** What follows, to the end of the run, is an expiry, a CVC, or both. */
function isTail({ reading, groups, last }: Window): boolean {
  const after = groups.slice(last + 1)
  const end = after.findIndex((group) => group.apart)
  const rest = end < 0 ? after : after.slice(0, end)
  const sizes = rest.map((group) => group.to - group.from)
  const text = textOf(reading.digits.slice(rest[0]?.from ?? 0, rest.at(-1)?.to ?? 0))
  if (sizes.length === 1 && (sizes[0] === 3 || (sizes[0] === 4 && rest[0]?.expiry))) return true
  if (sizes[0] !== 2 && sizes[0] !== 4) return false
  return sizes.length <= 3 && /^(0[1-9]|1[0-2])(20)?[2-5]\d(\d{3,4})?$/.test(text)
}
