/**
 * What the detector finds in a stream of bytes, with the place of each finding as an editor counts it. Digits pass
 * through here and stay nowhere: a finding has none, and what the guard releases is dropped.
 */
import { createGuard, type DetectOptions, type Finding } from '../../detect/index.ts'
import { linesOf } from './lines.ts'

/** Lines and columns from 1; columns in UTF-16 units, as editors count them. `end_column` is one past the last. */
export interface Place {
  line: number
  column: number
  end_column: number
}

export interface Found {
  kind: Finding['kind']
  brand?: string
  rule: string
  reasons: readonly string[]
  ruleset: string
  /** One a line: a number may be told in several. */
  places: readonly Place[]
}

/** Each line is a message of one speaker, so that a number that was sent in several messages is found as one. */
export async function* scanBytes(bytes: AsyncIterable<Uint8Array>, options: DetectOptions = {}): AsyncGenerator<Found> {
  const guard = createGuard(options)
  for await (const { line, text, ends } of linesOf(bytes)) {
    const { findings } = guard.push(text, { turn: line, final: ends })
    for (const finding of findings) yield found(finding)
  }
  for (const finding of guard.flush().findings) yield found(finding)
}

const found = ({ spans, kind, brand, rule, reasons, ruleset }: Finding): Found => ({
  kind,
  ...(brand !== undefined && { brand }),
  rule,
  reasons,
  ruleset,
  places: spans.map(({ turn, start, end }) => ({ line: turn + 1, column: start + 1, end_column: end + 1 })),
})
