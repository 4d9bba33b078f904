import * as z from 'zod/mini'
import { captureStates, fieldNames, fieldStates, purposes, suspendReasons, channels, modes } from './capture-states.ts'
import { chargeOperations, chargeStates } from './charge.ts'
import { amountShape, callerId, cardShape, keptCardShape, tokenTermsShape } from './events.ts'
import { errors, type ErrorCode } from './errors.ts'
import { idPattern, tokenPattern } from './ids.ts'
import { limits } from './limits.ts'
import { linkUrlPattern, linkWordsPattern, phrasePattern, qrPathPattern, qrSizeMax } from './link.ts'
import { amountMinorMax } from './money.ts'

/** What agent code and the gateway say to each other (DESIGN §7). One shape gives parser, type and OpenAPI. */
const id = (prefix: string) => z.string().check(z.regex(idPattern(prefix)))
export const captureId = id('cap_')
export const chargeId = id('chg_')
export const accountId = id('acct_')
export const tokenId = z.string().check(z.regex(tokenPattern))
/** RFC 3339 in UTC, of a day that there is: the pattern alone would take the 99th of the 99th month. */
export const timeShape = z.string().check(
  z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/),
  z.refine((text) => {
    const time = Date.parse(text)
    return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 19) === text.slice(0, 19)
  }),
)
export const originShape = z.string().check(z.regex(/^https?:\/\/[a-z0-9.-]{1,253}(:\d{1,5})?$/))
const amountMinor = z.int().check(z.minimum(1), z.maximum(amountMinorMax))
const currency = z.string().check(z.regex(/^[A-Z]{3}$/))
const errorCode = z.enum(Object.keys(errors) as [ErrorCode, ...ErrorCode[]]) // sound: the keys are the union

export const mandateRequest = z.strictObject({
  uses: z.optional(z.int().check(z.minimum(1), z.maximum(10_000))),
  amount_max_minor: amountMinor,
  currency,
  account: z.optional(accountId),
  not_after: z.optional(timeShape),
})
export type MandateRequest = z.infer<typeof mandateRequest>

export const createCaptureRequest = z.strictObject({
  conversation: callerId(limits.conversationLengthMax),
  purpose: z.enum(purposes),
  fields: z.optional(z.array(z.enum(fieldNames)).check(z.minLength(1), z.maxLength(fieldNames.length))),
  amount: z.optional(amountShape),
  mandate: z.optional(mandateRequest),
  channel: z.optional(z.enum(channels)),
  locale: z.optional(z.string().check(z.regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/))),
  /** ISO 3166-1: whose postal codes are meant. Without it, the locale's region. */
  country: z.optional(z.string().check(z.regex(/^[A-Z]{2}$/))),
  reference: z.optional(callerId(limits.referenceLengthMax)),
  metadata: z.optional(
    z.record(
      z.string().check(z.regex(/^[a-z][a-z0-9_]{0,39}$/)),
      z.string().check(z.maxLength(limits.metadataValueLengthMax)),
    ),
  ),
  top_origin: z.optional(originShape),
  retry_of: z.optional(captureId),
  token: z.optional(tokenId),
  charge_id: z.optional(chargeId),
})
export type CreateCaptureRequest = z.infer<typeof createCaptureRequest>

const linkSentence = z.string().check(z.regex(linkWordsPattern))
export const linkWords = z.strictObject({
  lang: z.string().check(z.regex(/^[A-Za-z-]{2,12}$/)),
  dir: z.enum(['ltr', 'rtl']),
  title: linkSentence,
  phrase: linkSentence,
  open: linkSentence,
  scan: linkSentence,
  next: linkSentence,
})

/** What the chat shows, so that the form can be opened on another device (protocol/link.ts). */
export const captureLink = z.strictObject({
  url: z.string().check(z.regex(linkUrlPattern)),
  phrase: z.string().check(z.regex(phrasePattern)),
  qr: z.strictObject({
    size: z.int().check(z.minimum(21), z.maximum(qrSizeMax)),
    path: z.string().check(z.regex(qrPathPattern), z.maxLength(limits.qrPathLengthMax)),
  }),
  words: linkWords,
  expires_at: timeShape,
})

export const createCaptureAnswer = z.strictObject({
  id: captureId,
  client_secret: z.string(),
  state: z.enum(captureStates),
  link: z.nullable(captureLink),
  expires_at: timeShape,
})
export type CreateCaptureAnswer = z.infer<typeof createCaptureAnswer>

export const captureAnswer = z.strictObject({
  id: captureId,
  conversation: z.string(),
  purpose: z.enum(purposes),
  state: z.enum(captureStates),
  suspended_reason: z.optional(z.enum(suspendReasons)),
  fields: z.partialRecord(z.enum(fieldNames), z.enum(fieldStates)),
  epoch: z.int(),
  sequence: z.int(),
  channel: z.optional(z.enum(channels)),
  amount: z.optional(amountShape),
  reference: z.optional(z.string()),
  retry_of: z.optional(captureId),
  metadata: z.optional(z.record(z.string(), z.string())),
  token: z.optional(tokenTermsShape),
  card: z.optional(cardShape),
  error: z.optional(z.strictObject({ code: errorCode })),
  created_at: timeShape,
  expires_at: timeShape,
})
export type CaptureAnswer = z.infer<typeof captureAnswer>

export const clientSecretAnswer = z.strictObject({ id: captureId, client_secret: z.string(), expires_at: timeShape })
export const suspendRequest = z.strictObject({ reason: z.optional(z.enum(['question', 'handoff', 'switching'])) })

export const tokenAnswer = z.strictObject({
  id: tokenId,
  mode: z.enum(modes),
  state: z.enum(['active', 'erased', 'expired']),
  uses: z.int(),
  uses_left: z.int(),
  amount_max_minor: z.int(),
  currency: z.string(),
  account: accountId,
  not_after: timeShape,
  card: z.optional(keptCardShape),
  capture_id: captureId,
  created_at: timeShape,
})
export type TokenAnswer = z.infer<typeof tokenAnswer>
export const eraseAnswer = z.strictObject({ id: tokenId, state: z.literal('erased'), irrevocable_by: timeShape })

export const createChargeRequest = z.strictObject({
  token: tokenId,
  amount_minor: amountMinor,
  currency,
  operation: z.optional(z.enum(chargeOperations)),
  processor: z.optional(z.string().check(z.regex(/^[a-z][a-z0-9_]{0,31}$/))),
  capture_id: z.optional(captureId),
  reference: z.optional(callerId(limits.referenceLengthMax)),
})
export type CreateChargeRequest = z.infer<typeof createChargeRequest>

export const captureChargeRequest = z.strictObject({ amount_minor: z.optional(amountMinor) })
export const voidChargeRequest = z.strictObject({})
export const refundChargeRequest = z.strictObject({ amount_minor: z.optional(amountMinor) })

export const chargeAnswer = z.strictObject({
  id: chargeId,
  state: z.enum(chargeStates),
  token: tokenId,
  amount_minor: z.int(),
  currency: z.string(),
  operation: z.enum(chargeOperations),
  processor: z.string(),
  amount_authorized_minor: z.int(),
  amount_captured_minor: z.int(),
  amount_refunded_minor: z.int(),
  capture_id: z.optional(captureId),
  reference: z.optional(z.string()),
  card: z.optional(z.strictObject({ brand: z.string(), last4: z.string() })),
  error: z.optional(
    z.strictObject({
      code: errorCode,
      category: z.string(),
      retryable: z.boolean(),
      who: z.enum(['customer', 'integrator', 'operator']),
      say: z.string(),
      cvc: z.optional(z.enum(['open', 'none', 'spent', 'expired', 'lost'])),
    }),
  ),
  next_action: z.optional(z.strictObject({ kind: z.enum(['3ds', 'otp', 'bank_redirect']) })),
  created_at: timeShape,
  updated_at: timeShape,
})
export type ChargeAnswer = z.infer<typeof chargeAnswer>

export const testCompleteRequest = z.strictObject({
  card: z.optional(
    z.enum([
      'visa',
      'mastercard',
      'amex',
      'declined',
      'insufficient_funds',
      'challenge',
      'cartes_bancaires_visa',
      'cartes_bancaires_mastercard',
    ]),
  ),
  /** Of a card that two networks serve: the one that the customer chooses. */
  network: cardShape.shape.network,
})
export const testRejectRequest = z.strictObject({
  field: z.optional(z.enum(fieldNames)),
  code: z.optional(z.enum(['incomplete', 'too_long', 'checksum', 'unknown_brand', 'expired', 'not_accepted'])),
})
