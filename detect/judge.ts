/**
 * Judges a whole run: reads it in every way it can be read, scores the windows, and takes the best that do not overlap.
 * What comes out names digits by their places alone.
 */
import { type Aside, asidesOf } from './asides.ts'
import type { Automaton } from './automaton.ts'
import { hintsIn } from './context.ts'
import { lengthMin } from './iin.ts'
import { digitsAtMost } from './number-words.ts'
import { readingsOf } from './readings.ts'
import type { Found, Run, Setting } from './run.ts'
import { type Scored, scoreOf } from './score.ts'
import { groupsOf, type Window, windowsOf } from './windows.ts'

export function judgePans(
  run: Run,
  automaton: Automaton,
  setting: Setting,
): { found: Scored[]; aside: (Aside | null)[] } {
  const aside = asidesOf(run.items, setting.without)
  const set = aside.map((one) => one !== null)
  if (digitsAtMost(run.items, set) < lengthMin) return { found: [], aside }
  const hints = hintsIn([...run.before, ...run.items])
  const readings = readingsOf(run.items, set, automaton, run.before)
  const scored: Scored[] = []
  for (const reading of readings) {
    const groups = groupsOf(run.items, aside, reading.digits)
    const windows = windowsOf(reading, groups)
    const starts = new Set(windows.filter((one) => one.luhn && one.scheme).map((one) => one.first))
    const ends = new Set(windows.filter((one) => one.luhn && one.scheme).map((one) => one.last))
    for (const window of windows) {
      const one = scoreOf(window, { starts, ends }, { run, hints, setting })
      if (one !== null) scored.push(one)
    }
  }
  scored.sort(
    (a, b) => Number(a.flaw !== null) - Number(b.flaw !== null) || b.score - a.score || a.from - b.from || b.to - a.to,
  )
  const taken: Scored[] = []
  const placeOf = (one: Window): [number, number] => {
    const [a, b] = [one.reading.digits[one.from], one.reading.digits[one.to - 1]]
    return [Math.min(a?.start ?? 0, b?.start ?? 0), Math.max(a?.end ?? 0, b?.end ?? 0)]
  }
  for (const one of scored) {
    const [start, end] = placeOf(one)
    if (taken.every((other) => placeOf(other)[1] <= start || placeOf(other)[0] >= end)) taken.push(one)
  }
  return { found: taken, aside }
}

/** `PAN.A.grouped`, `PAN.SUSPECT.asr_luhn_fail`. */
export function ruleName(one: Scored, turns: number): string {
  const own = one.groups.slice(one.first, one.last + 1)
  if (one.flaw !== null) return `PAN.SUSPECT.${one.flaw}`
  const form = turns > 1 ? 'split' : own.some((group) => group.spoken) ? 'spoken' : own.length > 1 ? 'grouped' : 'plain'
  return `PAN.${one.scheme?.tier === 'broad' ? 'C' : (one.scheme?.tier ?? 'C')}.${form}`
}

export function panOf(one: Scored, turns: number): Found {
  const found: Found = {
    kind: one.flaw !== null ? 'pan_suspect' : 'pan',
    rule: ruleName(one, turns),
    reasons: one.reasons,
    digits: one.reading.digits.slice(one.from, one.to).map(({ start, end }) => ({ start, end })),
  }
  if (one.scheme) found.brand = one.scheme.brand
  return found
}
