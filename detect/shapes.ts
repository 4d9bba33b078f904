/** What the detector's callers name, whichever languages they take. */
export type {
  Armed,
  Channel,
  DetectOptions,
  Finding,
  FindingKind,
  Guard,
  Pushed,
  PushOptions,
  Span,
} from './finding.ts'
export type { Lexicon } from './words/lexicon.ts'
