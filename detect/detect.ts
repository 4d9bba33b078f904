/** The whole of a text at once: the streaming guard with one push. */
import type { DetectOptions, Finding, Guard } from './finding.ts'
import { compiledFor, guardFor, onceFor } from './guard.ts'
import { type Prefilter, prefilterOf } from './count-table.ts'
import { mayHold } from './prefilter.ts'
import type { Lexicon } from './words/lexicon.ts'

export interface Detector {
  /** Findings in the order of their places; the turn is 0. Never throws on any text. */
  detect(text: string, options?: DetectOptions): Finding[]
  /** The text with its findings masked: of a card number at most the first six and, from 16 digits, the last four remain. */
  redact(text: string, options?: DetectOptions): { text: string; findings: Finding[] }
  /** One conversation, as it arrives. */
  createGuard(options?: DetectOptions): Guard
}

/** A stream has none, so it is not in what a guard is compiled to. */
export const prefilterFor = onceFor((languages): Prefilter => prefilterOf(compiledFor(languages).automaton))

/** @param languages what is known unless the options say otherwise. */
export function detectorFor(languages: readonly Lexicon[]): Detector {
  let own: Prefilter | null = null
  const redact: Detector['redact'] = (text, options = {}) => {
    const guard = guardFor(options, languages)
    const pushed = guard.push(text, { turn: 0, final: true })
    const rest = guard.flush()
    return { text: pushed.release + rest.release, findings: inOrder([...pushed.findings, ...rest.findings]) }
  }
  return {
    redact,
    detect(text, options) {
      if (options === undefined) {
        own ??= prefilterFor(languages)
        return mayHold(own, text) ? redact(text).findings : []
      }
      const isArmed = options.armed !== undefined && options.armed.length > 0
      const may = isArmed || mayHold(prefilterFor(options.languages ?? languages), text)
      return may ? redact(text, options).findings : []
    },
    createGuard: (options = {}) => guardFor(options, languages),
  }
}

const inOrder = (findings: Finding[]): Finding[] =>
  findings.sort((a, b) => (a.spans[0]?.start ?? 0) - (b.spans[0]?.start ?? 0))
