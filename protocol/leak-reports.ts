import type { LeakAction, LeakSurface } from './leak-words.ts'
import type { LeakFinding, LeakReport } from './leaks.ts'
import { limits } from './limits.ts'

/** A finding of the detector; whatever else it has stays where it was found. */
export type ToldFinding = Pick<LeakFinding, 'kind' | 'rule' | 'ruleset'> & {
  brand?: string | undefined
  spans: readonly { turn: number; start: number; end: number }[]
}

export interface LeakToTell {
  conversation: string
  surface: LeakSurface
  /** `scrubbed` without another word. */
  action?: LeakAction | undefined
  findings: readonly ToldFinding[]
}

/** As `POST /v1/leaks` takes them: as many reports as the findings need. */
export function leakReports({ conversation, surface, action = 'scrubbed', findings }: LeakToTell): LeakReport[] {
  const { leakFindingsMax: most } = limits
  return Array.from({ length: Math.ceil(findings.length / most) }, (_, n) => ({
    conversation,
    surface,
    action,
    findings: findings.slice(n * most, (n + 1) * most).map(bare),
  }))
}

/** Members are named one by one, so that nothing else a finding may carry one day goes over the wire. */
const bare = ({ kind, rule, ruleset, brand, spans }: ToldFinding): LeakFinding => ({
  kind,
  rule,
  ruleset,
  ...(brand !== undefined && { brand }),
  spans: spans
    .slice(0, limits.leakSpansMax)
    .map(({ turn, start, end }) => ({ turn: bounded(turn), start: bounded(start), end: bounded(end) })),
})

const bounded = (place: number): number => Math.min(Math.max(place, 0), limits.leakPlaceMax)
