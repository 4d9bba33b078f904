/** The whole of a text at once: the streaming guard with one push. */
import type { DetectOptions, Finding, Guard } from './finding.ts'
import { compiledFor, guardFor } from './guard.ts'
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

/** @param languages what is known unless the options say otherwise. */
export function detectorFor(languages: readonly Lexicon[]): Detector {
  const redact: Detector['redact'] = (text, options = {}) => {
    const guard = guardFor(options, languages)
    const pushed = guard.push(text, { turn: 0, final: true })
    const rest = guard.flush()
    return { text: pushed.release + rest.release, findings: inOrder([...pushed.findings, ...rest.findings]) }
  }
  return {
    redact,
    detect(text, options) {
      const armed = options?.armed !== undefined && options.armed.length > 0
      if (!armed && !mayHold(compiledFor(options?.languages ?? languages).prefilter, text)) return []
      return redact(text, options).findings
    },
    createGuard: (options = {}) => guardFor(options, languages),
  }
}

const inOrder = (findings: Finding[]): Finding[] =>
  findings.sort((a, b) => (a.spans[0]?.start ?? 0) - (b.spans[0]?.start ?? 0))
