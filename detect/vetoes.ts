/** What a number of twelve to nineteen digits is instead, by its label or its shape. None is final: see `rules.ts`. */
import type { Context, Label } from './context.ts'
import type { Add } from './edges.ts'
import { PARTED } from './items.ts'
import { type Digit, type Reading, textOf } from './readings.ts'
import type { RuleName } from './rules.ts'
import type { Group, Window } from './windows.ts'

const labelVetoes: Partial<Record<Label, RuleName>> = {
  order: 'AMBIGUOUS_CTX',
  imei: 'VETO.IMEI',
  iban: 'VETO.IBAN',
  iccid: 'VETO.ICCID',
  phone: 'VETO.PHONE',
}

export function addVetoes(add: Add, window: Window, context: Context, digits: readonly Digit[]): void {
  const own = window.groups.slice(window.first, window.last + 1)
  const parted = own[0]?.parted ?? 0
  const { label } = context
  if (label !== null && labelVetoes[label] !== undefined) add(labelVetoes[label])
  const plus = (parted & PARTED.plus) !== 0 && digits.length <= 15
  if (plus && label !== 'phone') add('VETO.PHONE')
  if (digits.every((digit) => digit.value === digits[0]?.value)) add('VETO.REPDIGIT')
  if (isCount(window.reading, own)) add('VETO.COUNT')
}

/** Five numbers or more, each one more than the last. */
function isCount(reading: Reading, groups: readonly Group[]): boolean {
  if (groups.length < 5) return false
  const values = groups.map(({ from, to }) => Number(textOf(reading.digits.slice(from, to))))
  let steps = 0
  for (let index = 1; index < values.length; index += 1) if (values[index] === (values[index - 1] ?? 0) + 1) steps += 1
  return steps * 4 >= (values.length - 1) * 3
}
