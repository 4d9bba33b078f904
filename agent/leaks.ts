import { leakReports, type LeakToTell } from '../protocol/leak-reports.ts'
import type { LeakAnswer } from '../protocol/leaks.ts'
import * as answers from './answers.ts'
import { freshKey } from './keys.ts'
import type { Wire } from './wire.ts'

export interface Leaks {
  /**
   * Tells the gateway that card data was found outside a capture: kind, rule and place of each finding, never the text.
   * Becomes the event `leak.detected` and an audit entry a finding. More than twenty are told in several reports.
   * @returns an event's id a report; none for no findings.
   */
  report(leak: LeakToTell): Promise<LeakAnswer[]>
}

export const makeLeaks = (wire: Wire): Leaks => ({
  report: async (leak) => {
    const told: LeakAnswer[] = []
    for (const body of leakReports(leak)) {
      const call = { method: 'POST', path: '/v1/leaks', body, idempotencyKey: freshKey(), read: answers.leak } as const
      told.push(await wire.call(call))
    }
    return told
  },
})
