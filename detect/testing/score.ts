/** What a detector found, held against what a case holds. Knows the shapes of DESIGN §9 and nothing of any detector. */
import type { Case, Expected, Kind, Place } from './case.ts'

export interface Found {
  kind: Kind
  spans: readonly Place[]
}

export interface Score {
  expected: number
  /** A finding of the right kind touches it. */
  found: number
  /** Findings of the right kind cover every digit of it. */
  covered: number
  /** One finding has its places and no others, a mark that combines with the last digit aside. */
  exact: number
  /** Findings that touch nothing that is there. */
  extra: number
}

const touches = (one: Place, other: Place): boolean =>
  one.turn === other.turn && one.start < other.end && other.start < one.end

/** A track holds a number and its expiry; a number that is reported broken is still one. */
const fits = (kinds: readonly Kind[], kind: Kind): boolean =>
  kinds.includes(kind) || (kind === 'track' && kinds.includes('pan'))

/** Combining marks after a digit belong to its character, or not: both are said. */
const trimmed = (text: string, { turn, start, end }: Place): string => {
  const marks = /[\p{M}\p{Cf}]*$/u.exec(text.slice(start, end))?.[0].length ?? 0
  return `${turn} ${start} ${end - marks}`
}
const placesIn = ({ turns }: Case, places: readonly Place[]): string =>
  places.map((place) => trimmed(turns[place.turn]?.text ?? '', place)).join()

function covers(spans: readonly Place[], { turn, start, end }: Place): boolean {
  let at = start
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    if (span.turn === turn && span.start <= at && span.end > at) at = span.end
  }
  return at >= end
}

export function score(of: Case, findings: readonly Found[]): Score {
  const all = findings.flatMap(({ spans }) => spans)
  const one = (expected: Expected): [found: boolean, covered: boolean, exact: boolean] => {
    const right = findings.filter(
      ({ kind, spans }) =>
        fits(expected.kinds, kind) && spans.some((span) => expected.places.some((place) => touches(span, place))),
    )
    const spans = right.flatMap((finding) => finding.spans)
    const core = expected.places.map((place) => {
      const text = of.turns[place.turn]?.text.slice(place.start, place.end) ?? ''
      return { ...place, end: place.end - (/[\p{M}\p{Cf}]*$/u.exec(text)?.[0].length ?? 0) }
    })
    return [
      right.length > 0,
      core.every((place) => covers(spans, place)),
      right.some((finding) => placesIn(of, finding.spans) === placesIn(of, expected.places)),
    ]
  }
  const scored = of.expected.map(one)
  const places = of.expected.flatMap((expected) => expected.places)
  return {
    expected: of.expected.length,
    found: scored.filter(([found]) => found).length,
    covered: scored.filter(([, covered]) => covered).length,
    exact: scored.filter(([, , exact]) => exact).length,
    extra:
      all.length === 0
        ? 0
        : findings.filter(({ spans }) => !spans.some((span) => places.some((place) => touches(span, place)))).length,
  }
}

export const sum = (scores: readonly Score[]): Score =>
  scores.reduce(
    (total, one) => ({
      expected: total.expected + one.expected,
      found: total.found + one.found,
      covered: total.covered + one.covered,
      exact: total.exact + one.exact,
      extra: total.extra + one.extra,
    }),
    { expected: 0, found: 0, covered: 0, exact: 0, extra: 0 },
  )
