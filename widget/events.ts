import type { FieldHint } from '../protocol/port-to-host.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import type { ThemeNotes } from '../protocol/look/tokens.ts'

/**
 * What the element tells its page. Hints: nothing of value hangs on them, the agent goes on by the server's events.
 * All bubble and are composed, so that a listener on the document hears them out of any shadow root.
 */
const crossing = { bubbles: true, composed: true } as const

/** The form is attached to its capture and takes input. */
export class CaptureReadyEvent extends Event {
  static readonly type = 'sallyport:ready'
  readonly captureId: string
  constructor(captureId: string) {
    super(CaptureReadyEvent.type, crossing)
    this.captureId = captureId
  }
}

/** One field has come further, or was taken back. Brand and last4 stand with a complete number alone. */
export class CaptureProgressEvent extends Event {
  static readonly type = 'sallyport:progress'
  readonly captureId: string
  readonly field: FieldHint['field']
  readonly status: FieldHint['status']
  readonly level: FieldHint['level'] | undefined
  readonly code: FieldHint['code'] | undefined
  readonly brand: string | undefined
  readonly last4: string | undefined
  constructor(captureId: string, hint: FieldHint) {
    super(CaptureProgressEvent.type, crossing)
    this.captureId = captureId
    this.field = hint.field
    this.status = hint.status
    this.level = hint.level
    this.code = hint.code
    this.brand = hint.brand
    this.last4 = hint.last4
  }
}

/** A token that comes from a browser proves nothing: compare it with the capture's before use. */
export class CaptureCompleteEvent extends Event {
  static readonly type = 'sallyport:complete'
  readonly captureId: string
  readonly token: string | undefined
  readonly brand: string | undefined
  readonly last4: string | undefined
  constructor(captureId: string, card: { token?: string; brand?: string; last4?: string }) {
    super(CaptureCompleteEvent.type, crossing)
    this.captureId = captureId
    this.token = card.token
    this.brand = card.brand
    this.last4 = card.last4
  }
}

/** The person, or the agent, does not want to go on. */
export class CaptureCancelEvent extends Event {
  static readonly type = 'sallyport:cancel'
  readonly captureId: string
  constructor(captureId: string) {
    super(CaptureCancelEvent.type, crossing)
    this.captureId = captureId
  }
}

/** `fatal`: the request has failed. Otherwise the frame itself offers the person another try. */
export class CaptureErrorEvent extends Event {
  static readonly type = 'sallyport:error'
  readonly captureId: string | undefined
  readonly code: ErrorCode
  readonly fatal: boolean
  constructor(captureId: string | undefined, code: ErrorCode, fatal: boolean) {
    super(CaptureErrorEvent.type, crossing)
    this.captureId = captureId
    this.code = code
    this.fatal = fatal
  }
}

/** Tokens of the theme that are not as they were given, each with why: left out, or brought to the nearest that works. */
export class CaptureThemeEvent extends Event {
  static readonly type = 'sallyport:theme'
  readonly notes: ThemeNotes
  constructor(notes: ThemeNotes) {
    super(CaptureThemeEvent.type, crossing)
    this.notes = notes
  }
}
