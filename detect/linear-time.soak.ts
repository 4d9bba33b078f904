/** Twice the input takes at most 2.2 times the time, whatever it is: no input makes the scan quadratic. */
import { describe, expect, test } from 'vitest'
import * as api from './index.ts'
import { doublings, hostileUnits } from './testing/doublings.ts'

/** The others are soaked, and these too, at ten megabytes. */
describe.each(hostileUnits.slice(0, 4))('of %j', (unit) => {
  test.each([
    ['detect', (text: string) => void api.detect(text)],
    [
      'a guard, a kilobyte at a time',
      (text: string) => {
        const guard = api.createGuard()
        for (let at = 0; at < text.length; at += 1_024) guard.push(text.slice(at, at + 1_024), { turn: 0 })
        guard.flush()
      },
    ],
  ])('%s takes twice as long for 32 kB as for 16', (_name, run) => {
    expect(doublings(unit, 2 ** 15, run, 2)).toBeLessThanOrEqual(2.2)
  })
})

test('the control: a scan that looks back over everything is caught', () => {
  const quadratic = (text: string): void => {
    let sum = 0
    for (let at = 0; at < text.length; at += 64) for (let back = 0; back < at; back += 64) sum += text.charCodeAt(back)
    expect(sum).toBeGreaterThan(0)
  }
  expect(doublings('4', 2 ** 19, quadratic)).toBeGreaterThan(2.2)
})
