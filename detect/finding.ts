/** What the detector says, and what it may be told: the API of DESIGN §9. A finding holds no digit of what it found. */
import type { Brand } from './brands.ts'
import type { Lexicon } from './words/lexicon.ts'

export type FindingKind = 'pan' | 'pan_suspect' | 'cvc' | 'expiry' | 'track'

/** UTF-16 offsets in the original text of one turn, from the first to the last character that carries a digit. */
export interface Span {
  turn: number
  start: number
  /** One past the last. */
  end: number
}

export interface Finding {
  kind: FindingKind
  /** One a turn, in order. */
  spans: Span[]
  brand?: Brand
  /** The rule that speaks, as `PAN.A.grouped`. */
  rule: string
  /** Every rule that counted, and the shape of the groups: `LUHN`, `shape 4-4-4-4`. Never digits. */
  reasons: string[]
  /** SHA-256 of the rules and words that judged, in hex. */
  ruleset: string
}

/** Where the text comes from sets how much evidence a finding needs: Luhn does not gate speech. */
export type Channel = 'chat' | 'voice'
export type Armed = 'pan' | 'cvc' | 'expiry'

export interface DetectOptions {
  channel?: Channel
  /** The words to know; all that are shipped, by default, where the entry has them. */
  languages?: readonly Lexicon[]
  /** As if `arm()` had been called before the text. */
  armed?: readonly Armed[]
  /** Rules that do not count, by name: for tests of the rules. */
  without?: readonly string[]
}

export interface PushOptions {
  /** The number of the message or utterance. Without it: the current one, or after a final one the next. */
  turn?: number
  /** Digits of two speakers are never joined. */
  speaker?: string
  /** Nothing more comes of this message or segment. */
  final?: boolean
  /** A recogniser's revision: it takes the place of what was pushed since the turn's last final segment. */
  replaces?: boolean
  /**
   * With `final`: nothing stays held. Digits that the next turn may complete go on crossed out, and still count for what
   * comes: for who must hand on each turn when it ends.
   */
  crosses?: boolean
}

export interface Pushed {
  /** Text of this speaker that may go on, in order, findings masked. */
  release: string
  /** UTF-16 code units of this speaker that are held back. */
  held: number
  findings: Finding[]
  /** Parts of findings that had left in an earlier turn. */
  amend: Span[]
  /** With `crosses`: each digit, or word that says some, that went on crossed out and is no finding yet. */
  crossed?: Span[]
}

export interface Guard {
  /** Never throws on any text. */
  push(chunk: string, options?: PushOptions): Pushed
  /** Decides everything that is open and forgets it: of all speakers, in the order in which they came. */
  flush(): Omit<Pushed, 'held'>
  /** Says that the next `turns` turns will probably carry this. */
  arm(kind: Armed, options: { turns: number }): void
}
