/** All that a guard remembers of a conversation. Plain data, so that a recogniser's revision can start from a copy. */
import type { Automaton } from './automaton.ts'
import { type Decoder, newDecoder } from './decode.ts'
import { type Encoded, newEncoded } from './encoded.ts'
import type { Armed, Channel, Finding, Span } from './finding.ts'
import { type Hold, newHold } from './hold.ts'
import { type Ledger, newLedger } from './ledger.ts'
import { newReader, type Reader } from './open-word.ts'
import { newTrack, type Track } from './track.ts'

/** Held text never gets longer: at the cap what is held is masked. */
export const heldMax = 1024

/** What all speakers of a conversation share. Counts are of turns. */
export interface Talk {
  turns: number
  /** The turn in which a card, a CVC was last named; far back if never. */
  cardAt: number
  cvcAt: number
  expiryAt: number
  /** The last turn for which the agent said that this will come. */
  armed: Record<Armed, number>
}

export const newTalk = (): Talk => ({
  turns: 0,
  cardAt: -9,
  cvcAt: -9,
  expiryAt: -9,
  armed: { pan: -1, cvc: -1, expiry: -1 },
})

/** What stays the same for the life of a guard. */
export interface Rules {
  automaton: Automaton
  channel: Channel
  without: ReadonlySet<string>
  ruleset: string
}

interface Turn {
  turn: number
  /** Where it begins in the speaker's text, and which turn of the talk it is. */
  base: number
  count: number
}

export interface Speaker {
  decoder: Decoder
  reader: Reader
  ledger: Ledger
  encoded: Encoded
  track: Track
  hold: Hold
  /** Place after the last character. */
  end: number
  /** Before this place everything has left, crossed out where it had to be. */
  crossed: number
  turns: Turn[]
  /** The last turn of the talk in which a tail of a card number may follow. */
  afterPan: number
  findings: Finding[]
  amend: Span[]
}

export const newSpeaker = (): Speaker => ({
  decoder: newDecoder(),
  reader: newReader(0),
  ledger: newLedger(),
  encoded: newEncoded(),
  track: newTrack(),
  hold: newHold(),
  end: 0,
  crossed: 0,
  turns: [],
  afterPan: -1,
  findings: [],
  amend: [],
})
