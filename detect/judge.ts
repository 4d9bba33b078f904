/**
 * Judges a whole run: reads it in every way it can be read, scores the windows, and takes the best that do not overlap.
 * What comes out names digits by their places alone.
 */
import { type Aside, asidesOf } from './asides.ts'
import type { Automaton } from './automaton.ts'
import type { Brand } from './brands.ts'
import { contextOf, type Context } from './context.ts'
import type { Armed, Channel, FindingKind } from './finding.ts'
import { shapeOf, type Shape } from './grouping.ts'
import { type Item, PARTED } from './items.ts'
import { type Digit, type Reading, readingsOf } from './readings.ts'
import { type RuleName, rules, thresholds } from './rules.ts'
import { type Group, groupsOf, type Window, windowsOf } from './windows.ts'

/** Places of one finding, in the speaker's text; `digits` in the order they stand. */
export interface Found {
  kind: FindingKind
  brand?: Brand
  rule: string
  reasons: string[]
  digits: { start: number; end: number }[]
}

/** What is known from outside the run. */
export interface Setting {
  channel: Channel
  armed: ReadonlySet<Armed>
  /** A card was named in one of the last two turns, by whoever. */
  cardTurn: boolean
  cvcTurn: boolean
  /** A card number was found a moment ago, by the same speaker. */
  afterPan: boolean
  without: ReadonlySet<string>
}

export interface Run {
  items: readonly Item[]
  before: readonly Item[]
  leftGlued: boolean
}

interface Scored extends Window {
  score: number
  shape: Shape
  reasons: string[]
  context: Context
  suspect: boolean
}

export function judgePans(
  run: Run,
  automaton: Automaton,
  setting: Setting,
): { found: Scored[]; aside: (Aside | null)[] } {
  const aside = asidesOf(run.items)
  const around = [...run.before, ...run.items]
  const readings = readingsOf(
    run.items,
    aside.map((one) => one !== null),
    automaton,
    run.before,
  )
  const scored: Scored[] = []
  for (const reading of readings) {
    const groups = groupsOf(run.items, aside, reading.digits)
    const windows = windowsOf(reading, groups)
    const starts = new Set(windows.filter((one) => one.luhn && one.scheme).map((one) => one.first))
    const ends = new Set(windows.filter((one) => one.luhn && one.scheme).map((one) => one.last))
    for (const window of windows) {
      const one = scoreOf(window, run, around, starts, ends, setting)
      if (one !== null) scored.push(one)
    }
  }
  scored.sort((a, b) => Number(a.suspect) - Number(b.suspect) || b.score - a.score || a.from - b.from || b.to - a.to)
  const taken: Scored[] = []
  const placeOf = (one: Window): [number, number] => [
    one.reading.digits[one.from]?.start ?? 0,
    one.reading.digits[one.to - 1]?.end ?? 0,
  ]
  for (const one of scored) {
    const [start, end] = placeOf(one)
    if (taken.every((other) => placeOf(other)[1] <= start || placeOf(other)[0] >= end)) taken.push(one)
  }
  return { found: taken, aside }
}

/** Null: not a finding. */
function scoreOf(
  window: Window,
  run: Run,
  around: readonly Item[],
  starts: ReadonlySet<number>,
  ends: ReadonlySet<number>,
  setting: Setting,
): Scored | null {
  const { reading, groups, first, last, from, to, scheme } = window
  const armed = setting.armed.has('pan')
  if (scheme === null && !armed) return null
  const digits = reading.digits.slice(from, to)
  const start = digits[0]?.start ?? 0
  const end = digits[digits.length - 1]?.end ?? 0
  const shape = shapeOf(window)
  const context = contextOf(around, start, end)
  const applied: RuleName[] = []
  const add = (rule: RuleName): void => {
    if (!setting.without.has(rule)) applied.push(rule)
  }

  if (scheme !== null) add(`IIN.${scheme.tier}`)
  if (window.luhn) add('LUHN')
  else add(scheme?.luhn === false ? 'LUHN.optional' : 'LUHN.broken')
  const tail = addEdges(add, window, shape, run, starts, ends) || context.tail
  add(shape.rule)
  for (let index = first + 1; index <= last; index += 1) {
    const group = groups[index]
    if (group && group.words > 0) add('GAP.text')
    if (group && group.turns > 0) add('GAP.turn')
  }
  for (const digit of digits) if (digit.weak) add('WEAK.digit')
  if (context.card) add('CTX.card')
  else if (setting.cardTurn && context.label !== 'other_card') add('CTX.turn')
  if (tail) add('CTX.expiry')
  if (armed) add('CTX.armed')
  addVetoes(add, window, context, digits, groups)

  const weak = digits.filter((digit) => digit.weak).length
  const trusted = context.card || armed || setting.cardTurn
  // Half is the field's rule; more only where everything else is right, which prose never is.
  if (weak * 8 > digits.length * 7 && !trusted) return null
  const score = applied.reduce((sum, rule) => sum + rules[rule].weight, 0)
  const suspect = !window.luhn || scheme === null
  if (suspect && setting.channel === 'chat' && !trusted) return null
  if (suspect && (context.label === 'order' || context.label === 'other_card') && !armed) return null
  if (score < (suspect ? thresholds.suspect : thresholds[setting.channel])) return null
  return { ...window, score, shape, context, suspect, reasons: [...applied, ...reading.notes, `shape ${shape.text}`] }
}

type Add = (rule: RuleName) => void

/** @returns whether an expiry or a code follows without a word. */
function addEdges(
  add: Add,
  window: Window,
  shape: Shape,
  run: Run,
  starts: ReadonlySet<number>,
  ends: ReadonlySet<number>,
): boolean {
  const { groups, first, last } = window
  const size = (group: Group): number => group.to - group.from
  const own = groups[first]
  const left = groups[first - 1]
  const right = groups[last + 1]
  if (own?.glued || groups[last]?.glued || (first === 0 && run.leftGlued)) add('EDGE.glued')
  const leftEnds =
    left === undefined ||
    own?.strong ||
    size(left) >= 12 ||
    ends.has(first - 1) ||
    (size(left) <= 2 &&
      ((own?.parted ?? 0) & (PARTED.colon | PARTED.dot | PARTED.other)) !== 0 &&
      (own?.parted ?? 0) !== PARTED.dot)
  const rightEnds = right === undefined || right.strong || size(right) >= 12 || starts.has(last + 1)
  const explained = !rightEnds && rules[shape.rule].weight >= 0 && !right.spoken && isTail(window)
  if (left === undefined && right === undefined) {
    add('EDGE.whole')
    return false
  }
  add(leftEnds ? 'EDGE.side' : 'EDGE.left_over')
  add(rightEnds || explained ? 'EDGE.side' : 'EDGE.left_over')
  return explained
}

/** What follows, to the end of the run, is an expiry, a CVC, or both. */
export function isTail({ reading, groups, last }: Window): boolean {
  const rest: Group[] = []
  for (let index = last + 1; index < groups.length; index += 1) {
    const group = groups[index]
    if (group === undefined || group.strong) break
    rest.push(group)
  }
  const sizes = rest.map((group) => group.to - group.from)
  const text = reading.digits
    .slice(rest[0]?.from ?? 0, rest[rest.length - 1]?.to ?? 0)
    .map((digit) => digit.value)
    .join('')
  if (sizes.length === 1 && sizes[0] === 3) return true
  if (sizes[0] !== 2 && sizes[0] !== 4) return false
  return sizes.length <= 3 && /^(0[1-9]|1[0-2])(20)?[2-5]\d(\d{3,4})?$/.test(text)
}

function addVetoes(
  add: Add,
  window: Window,
  context: Context,
  digits: readonly Digit[],
  groups: readonly Group[],
): void {
  const own = groups.slice(window.first, window.last + 1)
  const parted = own[0]?.parted ?? 0
  if (context.label === 'order') add('AMBIGUOUS_CTX')
  if (context.label === 'imei') add('VETO.IMEI')
  if (context.label === 'iban') add('VETO.IBAN')
  if (context.label === 'iccid') add('VETO.ICCID')
  if (context.label === 'phone' || ((parted & PARTED.plus) !== 0 && digits.length <= 15)) add('VETO.PHONE')
  if (digits.every((digit) => digit.value === digits[0]?.value)) add('VETO.REPDIGIT')
  const dots = own.slice(1).map((group) => group.parted === PARTED.dot)
  if (dots.length >= 3 && dots.length % 2 === 1 && dots.every((dot, index) => dot === (index % 2 === 0)))
    add('VETO.DECIMAL')
  if (isCount(window.reading, own)) add('VETO.COUNT')
}

/** Five numbers or more, each one more than the last. */
function isCount(reading: Reading, groups: readonly Group[]): boolean {
  if (groups.length < 5) return false
  const values = groups.map((group) =>
    reading.digits.slice(group.from, group.to).reduce((sum, digit) => sum * 10 + digit.value, 0),
  )
  let steps = 0
  for (let index = 1; index < values.length; index += 1) if (values[index] === (values[index - 1] ?? 0) + 1) steps += 1
  return steps * 4 >= (values.length - 1) * 3
}

/** `PAN.A.grouped`, `PAN.SUSPECT.asr_luhn_fail`. */
export function ruleName(one: Scored, turns: number): string {
  const own = one.groups.slice(one.first, one.last + 1)
  if (one.suspect) return 'PAN.SUSPECT.asr_luhn_fail'
  const form = turns > 1 ? 'split' : own.some((group) => group.spoken) ? 'spoken' : own.length > 1 ? 'grouped' : 'plain'
  return `PAN.${one.scheme?.tier === 'broad' ? 'C' : (one.scheme?.tier ?? 'C')}.${form}`
}

export function panOf(one: Scored, turns: number): Found {
  const found: Found = {
    kind: one.suspect ? 'pan_suspect' : 'pan',
    rule: ruleName(one, turns),
    reasons: one.reasons,
    digits: one.reading.digits.slice(one.from, one.to).map(({ start, end }) => ({ start, end })),
  }
  if (one.scheme) found.brand = one.scheme.brand
  return found
}
