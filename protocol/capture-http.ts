import type { Amount } from './money.ts'
import type { ErrorCode, RejectionReason } from './errors.ts'
import type {
  CaptureState,
  Channel,
  EndState,
  FieldName,
  Mode,
  ProgressLevel,
  Purpose,
  Visibility,
} from './capture-states.ts'

/**
 * What the frame and intake's outer door say to each other, as JSON over HTTPS on the capture origin. Secrets travel in
 * `Authorization: Bearer`, never in a URL. Binary is base64url without padding. Browser code: types and constants alone;
 * intake parses with shapes of its own (`capture-http-shapes.ts`), and a test holds the two together.
 */
export const captureProtocolVersion = 1

/** `POST /v1/attach`, bearer: the client secret, or the session secret of an earlier epoch of this same frame. */
export interface AttachRequest {
  v: 1
  capture_id: string
  channel: Channel
  /** `location.ancestorOrigins`, nearest first; empty for the link channel. */
  ancestors: string[]
  /** The frame's build hash: bound into what is sealed. */
  build: string
  /** What the page speaks (`<html lang>`); where the capture asks for another language, its words come with the answer. */
  lang?: string
}
/** A language of the form: every sentence by its name, `{x}` to be filled in. */
export interface Spoken {
  lang: string
  dir: 'ltr' | 'rtl'
  words: Record<string, string>
}
export interface SealingKey {
  key_id: string
  public_key: string
  expires_at: string
}
export interface AttachAnswer {
  epoch: number
  session_secret: string
  state: CaptureState
  purpose: Purpose
  fields: FieldName[]
  tenant: string
  /** The embedding page's origin as the server judged it: part of the sealing's `info`. */
  origin: string
  business: string
  amount?: Amount
  /** Where the card may be used for more than this amount once. */
  mandate?: { uses: number; amount_max_minor: number; currency: string; not_after: string }
  /** The stored card whose security code alone is asked for. */
  card?: { brand: string; last4: string }
  /** How the capture's country writes its postal codes, without separators and in capitals. */
  postal?: { pattern: string; shortest: number; numeric: boolean }
  /** Which cards two networks serve, so that the person can choose: rows of `detect/cobadges.ts`. */
  cobadges?: readonly string[]
  /** The capture before it in the same talk: its form may still know the name. */
  retry_of?: string
  locale?: string
  /** The language of `locale`, where the page speaks another. */
  spoken?: Spoken
  mode: Mode
  expires_at: string
  key: SealingKey
}

/**
 * `POST /v1/link/open`, bearer: the link's secret. The tap: it uses the link up for whoever holds the session secret
 * whose SHA-256 this is; the same again gives the same answer.
 */
export interface LinkOpenRequest {
  v: 1
  claim: string
}
/** What may be seen before the phrase is picked, also by a wrong person: who asks and what for, and no amount. */
export interface LinkOpenAnswer {
  business: string
  purpose: Purpose
  mode: Mode
  choices: string[]
}

/** `POST /v1/link/pick`, bearer: that session secret. One try. `null`: none of these. */
export interface LinkPickRequest {
  v: 1
  choice: number | null
  /** As in `AttachRequest`. */
  lang?: string
}
export interface LinkPickAnswer extends AttachAnswer {
  capture_id: string
}

/** `POST /v1/progress`, bearer: session secret. At most 8 items, in the order they happened. */
export type ProgressItem =
  | { kind: 'started'; field: FieldName }
  | { kind: 'progress'; field: FieldName; level: ProgressLevel }
  | { kind: 'completed'; field: FieldName; brand?: string; last4?: string }
  | { kind: 'rejected'; field: FieldName; code: RejectionReason }
  | { kind: 'shield_failed'; code: ErrorCode }
  | { kind: 'detached'; reason: 'lost' | 'closed' }
export interface ProgressRequest {
  capture_id: string
  epoch: number
  items: ProgressItem[]
}
export interface StateAnswer {
  state: CaptureState
  sequence: number
}

/** `POST /v1/submit`, bearer: session secret. The same bytes may be sent again after a lost answer: one token. */
export interface SubmitRequest {
  capture_id: string
  epoch: number
  key_id: string
  enc: string
  ciphertext: string
  build: string
  /** base64url SHA-256 of what was shown: consent becomes evidence. */
  shown: string
  /** Absent: unverified. */
  visibility?: Visibility | undefined
}
export interface SubmitAnswer {
  status: 'completed'
  token?: string
  brand?: string
  last4?: string
}

/** `POST /v1/cancel`, bearer: session or client secret. */
export interface CancelRequest {
  capture_id: string
  epoch?: number
}

/** `POST /v1/watch`, bearer: session secret: waits up to 20 s for a sequence above `after`; tells the state alone. */
export interface WatchRequest {
  capture_id: string
  epoch: number
  after: number
}

/** Every refusal of any route: RFC 9457 `application/problem+json`. `field` says where the person must look. */
export interface Problem {
  type: string
  title: string
  status: number
  code: ErrorCode
  request_id: string
  param?: string
  field?: FieldName
  key?: SealingKey
  /** Of attach: how the capture ended, and nothing else of it. */
  state?: EndState
}
