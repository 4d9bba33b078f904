import type { LeakAction, LeakSurface } from '../protocol/leak-words.ts'
import type { LeakAnswer, LeakFinding } from '../protocol/leaks.ts'
import * as answers from './answers.ts'
import { freshKey } from './keys.ts'
import type { Wire } from './wire.ts'

/** A finding of the detector; whatever else it has stays here. */
export type ToldFinding = Pick<LeakFinding, 'kind' | 'rule' | 'ruleset'> & {
  brand?: string | undefined
  spans: readonly { turn: number; start: number; end: number }[]
}

export interface LeakToTell {
  conversation: string
  surface: LeakSurface
  /** `scrubbed` without another word. */
  action?: LeakAction
  findings: readonly ToldFinding[]
}

export interface Leaks {
  /**
   * Tells the gateway that card data was found outside a capture: kind, rule and place of each finding, never the text.
   * Becomes the event `leak.detected` and an audit entry a finding. More than twenty are told in several reports.
   * @returns an event's id a report; none for no findings.
   */
  report(leak: LeakToTell): Promise<LeakAnswer[]>
}

/** As protocol/limits.ts has them; agent/ has no zod, and a test holds the two together. */
export const leakLimits = { findings: 20, spans: 8, place: 999_999 } as const

export const makeLeaks = (wire: Wire): Leaks => ({
  report: async ({ conversation, surface, action = 'scrubbed', findings }) => {
    const told: LeakAnswer[] = []
    for (let at = 0; at < findings.length; at += leakLimits.findings) {
      const body = {
        conversation,
        surface,
        action,
        findings: findings.slice(at, at + leakLimits.findings).map(bare),
      }
      told.push(
        await wire.call({
          method: 'POST',
          path: '/v1/leaks',
          body,
          idempotencyKey: freshKey(),
          read: answers.leak,
        }),
      )
    }
    return told
  },
})

/** Members are named one by one, so that nothing else a finding may carry one day goes over the wire. */
const bare = ({ kind, rule, ruleset, brand, spans }: ToldFinding): LeakFinding => ({
  kind,
  rule,
  ruleset,
  ...(brand !== undefined && { brand }),
  spans: spans
    .slice(0, leakLimits.spans)
    .map(({ turn, start, end }) => ({ turn: bounded(turn), start: bounded(start), end: bounded(end) })),
})

const bounded = (place: number): number => Math.min(Math.max(place, 0), leakLimits.place)
