import { makeCaptures, type Captures } from './captures.ts'
import { makeCharges, type Charges } from './charges.ts'
import { followEvents, type EventsOptions, type EventStream } from './events.ts'
import {
  makeGuardedConversation,
  type GuardedConversation,
  type GuardedConversationOptions,
} from './guarded-conversation.ts'
import { makeLeaks, type Leaks } from './leaks.ts'
import { readOptions, type SallyportOptions } from './options.ts'
import { makeTestCaptures, type TestCaptures } from './test-captures.ts'
import { makeTokens, type Tokens } from './tokens.ts'
import { makeWire } from './wire.ts'

/**
 * What agent code imports: one file without dependencies, for Node and every runtime with `fetch` and WebCrypto.
 * It belongs on a server: it holds the secret key. No answer, event or error that it gives holds a card number.
 */
export interface Sallyport {
  captures: Captures
  charges: Charges
  tokens: Tokens
  leaks: Leaks
  /** One conversation guarded both ways, so that no model receives or utters card data; findings are told to the gateway. */
  guardConversation(options: GuardedConversationOptions): GuardedConversation
  events(options?: EventsOptions): EventStream
  /** Sandbox alone. */
  test: TestCaptures
}

/** @throws TypeError for options that cannot work. Talks to nobody until it is used. */
export function createSallyport(options: SallyportOptions): Sallyport {
  const wire = makeWire(readOptions(options)) // the key lives in this closure, so that printing the client shows nothing
  const leaks = makeLeaks(wire)
  return {
    captures: makeCaptures(wire),
    charges: makeCharges(wire),
    tokens: makeTokens(wire),
    leaks,
    guardConversation: (of) => makeGuardedConversation(leaks, of),
    events: (filter = {}) => followEvents(wire, filter),
    test: makeTestCaptures(wire),
  }
}

export { assertToken, type Captures, type CompletedCapture, type WaitOptions } from './captures.ts'
export type { Charges, NewCharge, Part } from './charges.ts'
export type { EventsOptions, EventStream } from './events.ts'
export { guardText, guardTransform, type GuardTextOptions } from './guard-text.ts'
export type { GuardedConversation, GuardedConversationOptions, GuardedTurn } from './guarded-conversation.ts'
export type { Leaks } from './leaks.ts'
export type { LeakToTell, ToldFinding } from '../protocol/leak-reports.ts'
export type { SallyportOptions } from './options.ts'
export { CursorGone } from './refusal.ts'
export type { TestCaptures, TestCardName } from './test-captures.ts'
export type { Tokens } from './tokens.ts'
export { SallyportError, type Actor, type ErrorCode } from '../protocol/errors.ts'
export type {
  CaptureAnswer,
  ChargeAnswer,
  CreateCaptureAnswer,
  CreateCaptureRequest,
  CreateChargeRequest,
  MandateRequest,
  TokenAnswer,
} from '../protocol/agent-http.ts'
export type { Armed, Channel, Finding, FindingKind, Span } from '../detect/finding.ts'
export type { Placeholders } from '../detect/talk.ts'
export type { LeakAction, LeakSurface } from '../protocol/leak-words.ts'
export type { CaptureLink, LinkQr } from '../protocol/link.ts'
export type { SallyportEvent } from '../protocol/events.ts'
