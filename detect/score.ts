/** Adds up what speaks for and against a window being a card number. Names of rules come out, never digits. */
import { type Context, contextOf } from './context.ts'
import { addEdges, type Neighbours } from './edges.ts'
import { type Shape, shapeOf } from './grouping.ts'
import { lengthMax, lengthMin, type Scheme, schemeOf } from './iin.ts'
import { type Item, PARTED } from './items.ts'
import type { Run, Setting } from './run.ts'
import type { Digit } from './readings.ts'
import { type RuleName, rules, thresholds } from './rules.ts'
import { addVetoes } from './vetoes.ts'
import type { Window } from './windows.ts'

/** Who says `wait` three times is not less likely to read out a card than who says it twice. */
const gapsCounted = 2

export interface Scored extends Window {
  score: number
  shape: Shape
  reasons: string[]
  /** Why it is no whole number; null if it is one. */
  flaw: 'asr_luhn_fail' | 'len_off' | 'mixed' | null
}

/** Null: not a finding. @param around marks before the run, and its items. */
export function scoreOf(
  window: Window,
  run: Run,
  around: readonly Item[],
  neighbours: Neighbours,
  setting: Setting,
): Scored | null {
  const { reading, from, to } = window
  const digits = reading.digits.slice(from, to)
  const places = digits.flatMap((digit) => [digit.start, digit.end])
  const context = contextOf(around, Math.min(...places), Math.max(...places))
  // What is left of a number that is masked is no number.
  const left = window.groups.slice(window.first, window.last + 2)
  if (!setting.without.has('VETO.MASKED') && left.some((group) => (group.parted & PARTED.mask) !== 0)) return null
  const armed = setting.armed.has('pan')
  const trusted = armed || context.card || (setting.cardTurn && context.label !== 'other_card')
  const dictated = isDictated(window, digits)
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
  const shape = shapeOf({ ...window, scheme })
  if (scheme !== null) add(`IIN.${scheme.tier}`)
  if (off !== null) add('LEN.off')
  else if (window.luhn) add('LUHN')
  else add(scheme?.luhn === false ? 'LUHN.optional' : 'LUHN.broken')
  const tail = addEdges(add, window, shape, run.leftGlued, neighbours, flaw === null) || context.tail
  add(shape.rule)
  const inner = window.groups.slice(window.first + 1, window.last + 1)
  const gaps = inner.filter((group) => group.words > 0).length
  for (let index = 0; index < Math.min(gaps, gapsCounted); index += 1) add('GAP.text')
  for (const group of inner) if (group.turns > 0) add('GAP.turn')
  for (let index = 0; index < weak; index += 1) add('WEAK.digit')
  if (context.card) add('CTX.card')
  else if (trusted && !armed) add('CTX.turn')
  if (tail) add('CTX.expiry')
  if (armed) add('CTX.armed')
  if (flaw !== null && dictated) add('CTX.dictated')
  addVetoes(add, window, context, digits)
  const score = applied.reduce((sum, rule) => sum + rules[rule].weight, 0)
  if (score < (flaw !== null ? thresholds.suspect : thresholds[setting.channel])) return null
  const reasons = [...new Set(applied), ...reading.notes, `shape ${shape.text}`]
  return { ...window, scheme, score, shape, reasons, flaw }
}

/** A broken number is worth a word where a card is spoken of, where one is dictated, and in speech anyway. */
function maySuspect(context: Context, setting: Setting, trusted: boolean, dictated: boolean): boolean {
  if (setting.armed.has('pan')) return true
  if (context.label === 'order' || context.label === 'other_card') return false
  return trusted || dictated || setting.channel === 'voice'
}

/** Spoken digits that go on in another message, or in which the speaker corrects himself: nobody counts like that. */
function isDictated({ reading, groups, first, last }: Window, digits: readonly Digit[]): boolean {
  if (digits.length <= lengthMin || !digits.every((digit) => digit.spoken)) return false
  const turns = groups.slice(first + 1, last + 1).some((group) => group.turns > 0)
  return turns || reading.notes.includes('WORD.correction')
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
