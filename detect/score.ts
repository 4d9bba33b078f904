/** Adds up what speaks for and against a window being a card number. Names of rules come out, never digits. */
import { type Context, contextOf, type Hint } from './context.ts'
import { addEdges, type Neighbours } from './edges.ts'
import { type Shape, shapeOf } from './grouping.ts'
import { lengthMax, lengthMin, type Scheme, schemeOf } from './iin.ts'
import { PARTED } from './items.ts'
import type { Run, Setting } from './run.ts'
import type { Digit } from './readings.ts'
import { type RuleName, rules, thresholds } from './rules.ts'
import { addVetoes } from './vetoes.ts'
import type { Window } from './windows.ts'

/** Who says `wait` three times is not less likely to read out a card than who says it twice. */
const gapsCounted = 2

export interface Scored extends Window {
  score: number
  reasons: string[]
  /** Why it is no whole number; null if it is one. */
  flaw: 'asr_luhn_fail' | 'len_off' | 'mixed' | null
}

/** What is the same for every window of a run. */
export interface Surroundings {
  run: Run
  /** Of the marks before the run, and its items. */
  hints: readonly Hint[]
  setting: Setting
}

/** The most that the groups, and what follows, can add. */
const shapeMax = rules['GROUP.canonical'] + rules['CTX.expiry']

/** Null: not a finding. */
export function scoreOf(window: Window, neighbours: Neighbours, { run, hints, setting }: Surroundings): Scored | null {
  const { reading, from, to } = window
  const armed = setting.armed.has('pan')
  const dictated = isDictated(window)
  // Nearly all windows end here: broken, and nothing says that it matters.
  const matters = dictated || armed || hints.length > 0 || setting.cardTurn || setting.channel === 'voice'
  if (!matters && (window.scheme === null || !window.luhn)) return null
  const digits = reading.digits.slice(from, to)
  const context = contextAround(hints, digits)
  // What is left of a number that is masked is no number.
  const left = window.groups.slice(window.first, window.last + 2)
  if (!setting.without.has('VETO.MASKED') && left.some((group) => (group.parted & PARTED.mask) !== 0)) return null
  const trusted = armed || context.card || (setting.cardTurn && context.label !== 'other_card')
  const inner = window.groups.slice(window.first + 1, window.last + 1)
  // Who gives a card does not say a time or an amount in the middle of it.
  if (!trusted && inner.some((group) => group.other && group.turns === 0)) return null
  const off = window.scheme === null ? schemeNear(digits, dictated) : null
  const scheme = window.scheme ?? off
  if (scheme === null && !armed) return null
  const flaw = window.scheme === null ? (off ? 'len_off' : 'mixed') : window.luhn ? null : 'asr_luhn_fail'
  if (flaw !== null && !maySuspect(context, setting, trusted, dictated)) return null
  // Half is the field's rule; more only where everything else is right, which prose never is.
  const weak = digits.filter((digit) => digit.weak).length
  if (weak * 8 > digits.length * 7 && !trusted) return null

  const applied: RuleName[] = []
  const add = (rule: RuleName): void => {
    if (!setting.without.has(rule)) applied.push(rule)
  }
  const sumOf = (names: readonly RuleName[]): number => names.reduce((sum, rule) => sum + rules[rule], 0)
  const least = flaw !== null ? thresholds.suspect : thresholds[setting.channel]
  const told: RuleName[] = []
  if (context.card) told.push('CTX.card')
  else if (trusted && !armed) told.push('CTX.turn')
  if (scheme !== null) add(`IIN.${scheme.tier}`)
  if (off !== null) add('LEN.off')
  else if (window.luhn) add('LUHN')
  else add(scheme?.luhn === false ? 'LUHN.optional' : 'LUHN.broken')
  let shape: Shape | null = null
  const shapeNow = (): Shape => {
    shape ??= shapeOf({ ...window, scheme })
    return shape
  }
  const isShaped = (): boolean => rules[shapeNow().rule] >= 0
  const tail = addEdges(add, window, isShaped, run.leftGlued, neighbours, flaw === null) || context.tail
  const asked = (armed ? rules['CTX.armed'] : 0) + (dictated ? rules['CTX.dictated'] : 0)
  if (sumOf(applied) + sumOf(told) + asked + shapeMax < least) return null
  const formed = shapeNow()
  add(formed.rule)
  const gaps = inner.filter((group) => group.words > 0).length
  for (let index = 0; index < Math.min(gaps, gapsCounted); index += 1) add('GAP.text')
  for (const group of inner) if (group.turns > 0) add('GAP.turn')
  for (let index = 0; index < weak; index += 1) add('WEAK.digit')
  for (const rule of told) add(rule)
  if (tail) add('CTX.expiry')
  if (armed) add('CTX.armed')
  if (flaw !== null && dictated) add('CTX.dictated')
  addVetoes(add, window, context, digits)
  const score = sumOf(applied)
  if (score < least) return null
  const reasons = [...new Set(applied), ...reading.notes, `shape ${formed.text}`]
  return { ...window, scheme, score, reasons, flaw }
}

/** From the first of these digits to the last, wherever they stand. */
function contextAround(hints: readonly Hint[], digits: readonly Digit[]): Context {
  let [from, to] = [Number.POSITIVE_INFINITY, 0]
  for (const { start, end } of digits) {
    from = Math.min(from, start, end)
    to = Math.max(to, start, end)
  }
  return contextOf(hints, from, to)
}

/** A broken number is worth a word where a card is spoken of, where one is dictated, and in speech anyway. */
function maySuspect(context: Context, setting: Setting, trusted: boolean, dictated: boolean): boolean {
  if (setting.armed.has('pan')) return true
  if (context.label === 'order' || context.label === 'other_card') return false
  return trusted || dictated || setting.channel === 'voice'
}

/** Spoken digits that go on in another message, or in which the speaker corrects himself: nobody counts like that. */
function isDictated({ reading, groups, first, last, from, to }: Window): boolean {
  if (to - from <= lengthMin) return false
  let isDictation = reading.notes.includes('WORD.correction')
  for (let at = first + 1; at <= last && !isDictation; at += 1) isDictation = (groups[at]?.turns ?? 0) > 0
  if (!isDictation) return false
  for (let at = from; at < to; at += 1) if (!reading.digits[at]?.spoken) return false
  return true
}

/** The scheme of a number that has one digit too many or too few; where it is dictated, of any length near. */
function schemeNear(digits: readonly Digit[], dictated: boolean): Scheme | null {
  const values = digits.map((digit) => digit.value)
  for (const by of dictated ? [1, -1, 2, -2] : [1, -1]) {
    const length = values.length + by
    const scheme = length >= lengthMin && length <= lengthMax ? schemeOf(values, 0, length) : null
    if (scheme !== null && scheme.tier !== 'broad') return scheme
  }
  return null
}
