import type { FindingKind } from '../../detect/finding.ts'

/**
 * What the guard tells the page, on the composer. Hints: nothing of value hangs on them, and no content is in them. They
 * bubble and are composed, so that a listener on the document hears them out of any open shadow root.
 */
const crossing = { bubbles: true, composed: true } as const

/** The person would rather use the form: the page asks its agent for a capture. */
export class ComposerGuardEvent extends Event {
  static readonly type = 'sallyport:guard'
  /** What was in the composer; it is taken out already. */
  readonly kinds: readonly FindingKind[]
  /** A form stood open in the page already, and has been scrolled to and focused. */
  readonly open: boolean
  constructor(kinds: readonly FindingKind[], open: boolean) {
    super(ComposerGuardEvent.type, crossing)
    this.kinds = kinds
    this.open = open
  }
}

/** A message was kept from being sent. */
export class ComposerLeakEvent extends Event {
  static readonly type = 'sallyport:leak'
  readonly surface = 'composer'
  readonly action = 'blocked'
  readonly kinds: readonly FindingKind[]
  constructor(kinds: readonly FindingKind[]) {
    super(ComposerLeakEvent.type, crossing)
    this.kinds = kinds
  }
}
