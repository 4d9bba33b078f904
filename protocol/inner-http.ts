import * as z from 'zod/mini'
import {
  accountId,
  captureAnswer,
  captureId,
  chargeAnswer,
  chargeId,
  createCaptureRequest,
  createChargeRequest,
  linkWords,
  timeShape,
  tokenId,
} from './agent-http.ts'
import { idPattern } from './ids.ts'
import { leakAnswer, leakReport } from './leaks.ts'
import { phrasePattern } from './link.ts'

/** What the gateway says to intake's and egress's inner doors. All requests are signed; all are for one tenant. */
export const tenantId = z.string().check(z.regex(idPattern('ten_')))
/** SHA-256, base64url: of an Idempotency-Key with its route, of a canonical body, of a client secret. */
export const digest = z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/))

/** The key is bound to what it creates; `body` is the canonical body's digest. */
export const idempotency = z.strictObject({ key: digest, body: digest })
export type Idempotency = z.infer<typeof idempotency>

/** `POST /captures`. The gateway makes the id (derived from the key where there is one) and the ticket. */
export const innerCreateCapture = z.strictObject({
  tenant: tenantId,
  capture_id: captureId,
  client_secret_hash: digest,
  ticket: z.string(),
  idempotency: z.optional(idempotency),
  request: createCaptureRequest,
})
export type InnerCreateCapture = z.infer<typeof innerCreateCapture>
/** Answer: the capture, and the number of client secrets made so far (the gateway derives the secret from it). */
export const innerCaptureAnswer = z.strictObject({
  capture: captureAnswer,
  secret_version: z.int(),
  replayed: z.boolean(),
})

/** `POST /captures/:id/{cancel,suspend,resume}` */
export const innerCaptureCommand = z.strictObject({
  tenant: tenantId,
  reason: z.optional(z.enum(['question', 'handoff', 'switching'])),
})
/** `POST /captures/:id/client_secret`: the hash of version `secret_version + 1`. 409 system.conflict when it moved on. */
export const innerClientSecret = z.strictObject({
  tenant: tenantId,
  secret_version: z.int().check(z.nonnegative(), z.maximum(2_147_483_646)),
  client_secret_hash: digest,
})
/**
 * `POST /captures/:id/link`: a link beside those made so far (`after`), or the one there is when another was made
 * meanwhile; under an Idempotency-Key always the one that the key made. The gateway derives secret and phrase from the version.
 */
export const innerLink = z.strictObject({
  tenant: tenantId,
  after: z.int().check(z.nonnegative(), z.maximum(2_147_483_646)),
  link_secret_hash: digest,
  phrase: z.string().check(z.regex(phrasePattern)),
  idempotency: z.optional(idempotency),
})
export type InnerLink = z.infer<typeof innerLink>
export const innerLinkAnswer = z.strictObject({
  capture: captureAnswer,
  version: z.int(),
  words: linkWords,
  expires_at: timeShape,
  /** By this request; by this Idempotency-Key, before; or by another request, so that `after` was not the newest. */
  made: z.enum(['now', 'before', 'by_another']),
})

/** `POST /leaks`: what an agent's own process found. `key` is the id of the API key that told it, `request` for the audit log. */
export const innerLeak = z.strictObject({
  tenant: tenantId,
  event_id: z.string().check(z.regex(idPattern('evt_'))),
  key: z.string().check(z.regex(idPattern('key_'))),
  request_id: z.string().check(z.regex(idPattern('req_'))),
  idempotency: z.optional(idempotency),
  report: leakReport,
})
export type InnerLeak = z.infer<typeof innerLeak>
export const innerLeakAnswer = z.strictObject({ leak: leakAnswer, replayed: z.boolean() })

/** `POST /tokens/:id/erase` */
export const innerErase = z.strictObject({ tenant: tenantId })

/** `GET /feed?after=&limit=&wait_ms=` over all tenants: for the gateway's follower alone. */
export const feedAnswer = z.strictObject({
  log_id: z.string(),
  head: z.int(),
  events: z.array(z.strictObject({ position: z.int(), tenant: tenantId, event: z.unknown() })),
})
export type FeedAnswer = {
  log_id: string
  head: number
  events: { position: number; tenant: string; event: unknown }[]
}

/** `POST /charges`: egress takes amount, currency, account, token and operation from the grant, never from beside it. */
export const innerCreateCharge = z.strictObject({
  tenant: tenantId,
  charge_id: chargeId,
  idempotency,
  request: createChargeRequest,
  grant: z.string(),
})
export type InnerCreateCharge = z.infer<typeof innerCreateCharge>
/** `POST /charges/:id/{capture,void,refund}` */
export const innerChargeOperation = z.strictObject({
  tenant: tenantId,
  idempotency,
  amount_minor: z.optional(z.int().check(z.minimum(1))),
})
export const innerChargeAnswer = z.strictObject({ charge: chargeAnswer, replayed: z.boolean() })

/** `POST /charges/terms`: what the gateway must sign into a grant for this token: account and next attempt of this charge. */
export const innerChargeTerms = z.strictObject({ tenant: tenantId, token: tokenId, charge_id: chargeId })
export const innerChargeTermsAnswer = z.strictObject({
  account: accountId,
  attempt: z.int(),
  classes: z.array(z.enum(['card', 'cvc'])),
  egress: z.string(),
  processor: z.string(),
})
