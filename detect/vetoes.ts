/** What a number of twelve to nineteen digits is instead, by its label or its shape. None is final: see `rules.ts`. */
import type { Context } from './context.ts'
import type { Add } from './edges.ts'
import { PARTED } from './items.ts'
import type { Digit, Reading } from './readings.ts'
import type { Group, Window } from './windows.ts'

export function addVetoes(add: Add, window: Window, context: Context, digits: readonly Digit[]): void {
  const own = window.groups.slice(window.first, window.last + 1)
  const parted = own[0]?.parted ?? 0
  if (context.label === 'order') add('AMBIGUOUS_CTX')
  if (context.label === 'imei') add('VETO.IMEI')
  if (context.label === 'iban') add('VETO.IBAN')
  if (context.label === 'iccid') add('VETO.ICCID')
  if (context.label === 'phone' || ((parted & PARTED.plus) !== 0 && digits.length <= 15)) add('VETO.PHONE')
  if (digits.every((digit) => digit.value === digits[0]?.value)) add('VETO.REPDIGIT')
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
