/** What is judged, with what is known around it, and what comes out. */
import type { Brand } from './brands.ts'
import type { Armed, Channel, FindingKind } from './finding.ts'
import type { Item } from './items.ts'

/** Places of one finding, in the speaker's text; `digits` in the order they stand. */
export interface Found {
  kind: FindingKind
  brand?: Brand
  rule: string
  reasons: string[]
  digits: { start: number; end: number }[]
}

/** What is known from outside the run. */
export interface Setting {
  channel: Channel
  armed: ReadonlySet<Armed>
  /** A card was named in one of the last two turns, by whoever. */
  cardTurn: boolean
  cvcTurn: boolean
  expiryTurn: boolean
  /** A card number was found a moment ago, by the same speaker. */
  afterPan: boolean
  without: ReadonlySet<string>
}

export interface Run {
  items: readonly Item[]
  before: readonly Item[]
  leftGlued: boolean
}
