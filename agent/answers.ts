import type { CaptureAnswer, ChargeAnswer, CreateCaptureAnswer, TokenAnswer } from '../protocol/agent-http.ts'
import type {
  CaptureState,
  Channel,
  FieldName,
  FieldState,
  Mode,
  Purpose,
  SuspendReason,
} from '../protocol/capture-states.ts'
import type { ChargeOperation, ChargeState } from '../protocol/charge.ts'
import { isErrorCode, type Actor, type ErrorCode } from '../protocol/errors.ts'
import { idPattern, tokenPattern } from '../protocol/ids.ts'
import { type CaptureLink, linkUrlPattern, linkWordsPattern, phrasePattern, qrPathPattern } from '../protocol/link.ts'
import { dictionary, flag, int, list, nullable, optional, shape, text, word, type Check } from './shape.ts'

/** What the gateway answers, checked. `protocol/agent-http.ts` holds the shapes; a test holds the two together. */
export const captureId = text(idPattern('cap_'))
export const chargeId = text(idPattern('chg_'))
export const tokenId = text(tokenPattern)
export const time = text(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/)
export const currency = text(/^[A-Z]{3}$/)
export const last4 = text(/^\d{4}$/)
export const callerId = text(/^[A-Za-z0-9_.:@/-]{1,128}$/)
export const accountId = text(idPattern('acct_'))
const sentence = text(/^[^\n]{0,400}$/)
const secret = text(/^[A-Za-z0-9_.-]{8,400}$/)

/** A code that this version does not know is told as `system.internal`. */
export const errorCode: Check<ErrorCode> = (value) => (isErrorCode(value) ? value : 'system.internal')

export const amount = shape({ amount_minor: int, currency })
const kept = { brand: word(), last4, exp_month: int, exp_year: int, network: optional(word()) }
export const keptCard = shape(kept)
export const card = shape({ ...kept, bin: optional(text(/^\d{6}$/)) })
export const cardFace = shape({ brand: word(), last4 })
export const tokenTerms = shape({ id: tokenId, uses: int, amount_max_minor: int, currency, not_after: time })
export const cvcState = word<'open' | 'none' | 'spent' | 'expired' | 'lost'>()
export const actor = word<Actor>()

export const capture: Check<CaptureAnswer> = shape({
  id: captureId,
  conversation: callerId,
  purpose: word<Purpose>(),
  state: word<CaptureState>(),
  suspended_reason: optional(word<SuspendReason>()),
  fields: dictionary(word<FieldName>(), word<FieldState>()),
  epoch: int,
  sequence: int,
  channel: optional(word<Channel>()),
  amount: optional(amount),
  reference: optional(callerId),
  retry_of: optional(captureId),
  metadata: optional(dictionary(word(), text(/^[\s\S]{0,400}$/)) as Check<Record<string, string>>),
  token: optional(tokenTerms),
  card: optional(card),
  error: optional(shape({ code: errorCode })),
  created_at: time,
  expires_at: time,
})

const linkSentence = text(linkWordsPattern)
export const link: Check<CaptureLink> = shape({
  url: text(linkUrlPattern),
  phrase: text(phrasePattern),
  qr: shape({ size: int, path: text(qrPathPattern) }),
  words: shape({
    lang: text(/^[A-Za-z-]{2,12}$/),
    dir: word<'ltr' | 'rtl'>(),
    title: linkSentence,
    phrase: linkSentence,
    open: linkSentence,
    scan: linkSentence,
    next: linkSentence,
  }),
  expires_at: time,
})
export const createdCapture: Check<CreateCaptureAnswer> = shape({
  id: captureId,
  client_secret: secret,
  state: word<CaptureState>(),
  link: nullable(link),
  expires_at: time,
})
export const clientSecret = shape({ id: captureId, client_secret: secret, expires_at: time })
export const captureList = shape({ captures: list(capture) })

export const token: Check<TokenAnswer> = shape({
  id: tokenId,
  mode: word<Mode>(),
  state: word<'active' | 'erased' | 'expired'>(),
  uses: int,
  uses_left: int,
  amount_max_minor: int,
  currency,
  account: accountId,
  not_after: time,
  card: optional(keptCard),
  capture_id: captureId,
  created_at: time,
})
export const leak = shape({ id: text(idPattern('evt_')), count: int })
export const erasure = shape({ id: tokenId, state: word<'erased'>(), irrevocable_by: time })

export const charge: Check<ChargeAnswer> = shape({
  id: chargeId,
  state: word<ChargeState>(),
  token: tokenId,
  amount_minor: int,
  currency,
  operation: word<ChargeOperation>(),
  processor: word(),
  amount_authorized_minor: int,
  amount_captured_minor: int,
  amount_refunded_minor: int,
  capture_id: optional(captureId),
  reference: optional(callerId),
  card: optional(cardFace),
  error: optional(
    shape({
      code: errorCode,
      category: word(),
      retryable: flag,
      who: actor,
      say: sentence,
      cvc: optional(cvcState),
    }),
  ),
  next_action: optional(shape({ kind: word<'3ds' | 'otp' | 'bank_redirect'>() })),
  created_at: time,
  updated_at: time,
})
