/**
 * Every error that crosses a boundary, in one table. A code is `category.reason`; the table says which
 * HTTP status carries it, whether the same request may be sent again, what it concerns, who must act,
 * and the sentence to say. No input value is ever put into a message.
 */
export const errorCategories = [
  'request',
  'input',
  'customer',
  'channel',
  'shield',
  'provider',
  'processor',
  'policy',
  'auth',
  'system',
] as const
export type ErrorCategory = (typeof errorCategories)[number]

export type ErrorScope = 'field' | 'capture' | 'channel'
export type Actor = 'customer' | 'integrator' | 'operator'

export interface ErrorRow {
  status: number
  retryable: boolean
  scope: ErrorScope
  who: Actor
  say: string
}

const row = (status: number, retryable: boolean, scope: ErrorScope, who: Actor, say: string): ErrorRow => ({
  status,
  retryable,
  scope,
  who,
  say,
})

export const errors = {
  'request.malformed': row(
    400,
    false,
    'capture',
    'integrator',
    'The request does not have the documented shape; `param` names the member. See /openapi.json; amounts are integers in minor units.',
  ),
  'request.not_found': row(
    404,
    false,
    'capture',
    'integrator',
    'Nothing by this id for this key, or no such route. Check id, key, mode and path.',
  ),
  'request.too_large': row(413, false, 'capture', 'integrator', 'The request is larger than this route takes.'),
  'request.headers_too_large': row(
    431,
    false,
    'capture',
    'integrator',
    'The headers of the request are too large or too many.',
  ),
  'request.timeout': row(408, true, 'capture', 'integrator', 'The request did not arrive in time. Send it again.'),
  'request.rate_limited': row(
    429,
    true,
    'capture',
    'integrator',
    'Too many requests. Wait as long as Retry-After says, then send it again.',
  ),
  'request.idempotency_conflict': row(
    422,
    false,
    'capture',
    'integrator',
    'This Idempotency-Key (or the reference behind it) was used with another body.',
  ),
  'request.idempotency_in_flight': row(
    409,
    true,
    'capture',
    'integrator',
    'A request with this Idempotency-Key is still under way. Send it again after Retry-After.',
  ),
  'request.idempotency_required': row(
    400,
    false,
    'capture',
    'integrator',
    'This route moves money and needs an Idempotency-Key: any string unique for this charge, such as the order number.',
  ),
  'request.cursor_gone': row(
    410,
    false,
    'capture',
    'integrator',
    'This cursor belongs to another log or has expired. Take the snapshot in this answer and go on from its cursor.',
  ),
  'input.incomplete': row(422, true, 'field', 'customer', 'Some digits are missing.'),
  'input.too_long': row(422, true, 'field', 'customer', 'There are too many digits.'),
  'input.checksum': row(422, true, 'field', 'customer', 'One of the digits does not seem right.'),
  'input.unknown_brand': row(422, true, 'field', 'customer', 'This kind of card is not known.'),
  'input.expired': row(422, true, 'field', 'customer', 'This card has expired.'),
  'input.not_accepted': row(422, true, 'field', 'customer', 'This card is not accepted here. Please use another one.'),
  'input.too_many_attempts': row(
    422,
    false,
    'capture',
    'customer',
    'There were too many attempts. Ask for a new form.',
  ),
  'customer.declined': row(402, false, 'capture', 'customer', 'The person did not want to go on.'),
  'customer.canceled': row(
    409,
    false,
    'capture',
    'customer',
    'The form was closed: the person said not now, or the agent withdrew it.',
  ),
  'customer.abandoned': row(410, false, 'capture', 'customer', 'The form was not finished in time.'),
  'channel.blocked': row(
    503,
    false,
    'channel',
    'integrator',
    "The card form could not load. Either this page's origin is not among the tenant's, the publishable key or frame-origin is wrong, or something blocks the capture origin.",
  ),
  'channel.timeout': row(504, true, 'channel', 'customer', 'The card form did not answer in time.'),
  'channel.csp': row(
    403,
    false,
    'channel',
    'integrator',
    "The page's content security policy does not allow the capture origin. Add it to frame-src.",
  ),
  'channel.offline': row(
    503,
    true,
    'channel',
    'customer',
    'This device has no connection, so the card form cannot go on for now.',
  ),
  'channel.origin': row(
    403,
    false,
    'channel',
    'integrator',
    "This page's origin may not show the card form. Add it to the tenant's origins.",
  ),
  'channel.version': row(
    409,
    false,
    'channel',
    'integrator',
    'The widget and the frame speak different versions. Load the widget of the current release.',
  ),
  'channel.lost': row(409, true, 'channel', 'customer', 'The card form went away before it was finished.'),
  'channel.epoch_stale': row(409, false, 'channel', 'integrator', 'Another window has taken over this form.'),
  'channel.key_expired': row(
    409,
    true,
    'channel',
    'operator',
    'The sealing key has changed. Attach again and seal with the new one.',
  ),
  'channel.link_expired': row(
    410,
    false,
    'channel',
    'customer',
    'This link is over: it was opened before, its ten minutes have passed, or a newer one took its place. Ask for a new one in the chat.',
  ),
  'channel.wrong_person': row(
    403,
    false,
    'channel',
    'customer',
    'These are not the words that stand in the chat, so the link is dead. Whoever got it from somebody else should stop here.',
  ),
  'channel.unsupported': row(422, false, 'channel', 'integrator', 'This browser lacks what the card form needs.'),
  'shield.covered': row(
    409,
    true,
    'channel',
    'customer',
    'Something lies over the card form or makes it hard to see, so nothing was taken. Once it can be seen whole, it can be sent.',
  ),
  'shield.unavailable': row(
    503,
    true,
    'channel',
    'operator',
    'The protection of the channel cannot be shown, so nothing is taken.',
  ),
  'provider.unreachable': row(503, true, 'channel', 'operator', "The channel's provider does not answer."),
  'processor.declined': row(402, false, 'capture', 'customer', 'The card was declined. Another card may work.'),
  'processor.insufficient_funds': row(
    402,
    false,
    'capture',
    'customer',
    'The card was declined for lack of funds. Another card may work.',
  ),
  'processor.action_failed': row(
    422,
    false,
    'capture',
    'integrator',
    "The processor refused this operation in the charge's present state.",
  ),
  'processor.unavailable': row(
    503,
    true,
    'capture',
    'operator',
    'The processor does not answer and the request was not sent. Try again later.',
  ),
  'processor.unknown_outcome': row(
    202,
    true,
    'capture',
    'operator',
    'The processor did not say what happened. Get the charge again; do not make a second one.',
  ),
  'policy.amount_exceeds_mandate': row(
    403,
    false,
    'capture',
    'integrator',
    "The token's mandate does not cover this amount or currency. See GET /v1/tokens/:id.",
  ),
  'policy.purpose_not_allowed': row(
    403,
    false,
    'capture',
    'integrator',
    "The token's mandate does not allow this use: used up, ended, erased or made for something else. See GET /v1/tokens/:id.",
  ),
  'policy.account_not_allowed': row(
    403,
    false,
    'capture',
    'integrator',
    "The token's mandate is for another merchant account.",
  ),
  'policy.channel_not_allowed': row(
    403,
    false,
    'channel',
    'integrator',
    'A link takes mandates of one use, unless an admin has allowed more for the tenant.',
  ),
  'policy.cards_paused': row(
    429,
    false,
    'capture',
    'customer',
    'No further cards are taken here for the moment. Please try again later, or pay another way.',
  ),
  'policy.reference_required': row(
    400,
    false,
    'capture',
    'integrator',
    'A token of many uses needs a reference with each charge.',
  ),
  'auth.unauthenticated': row(
    401,
    false,
    'capture',
    'integrator',
    'The key or secret is missing, wrong or over. Agent code sends `Authorization: Bearer sk_…`; a client secret lives 15 minutes.',
  ),
  'auth.forbidden': row(403, false, 'capture', 'integrator', 'This key may not do that.'),
  'auth.replayed': row(
    401,
    true,
    'capture',
    'operator',
    'The signed request was seen before or is meant for an earlier start of the process.',
  ),
  'system.internal': row(
    500,
    true,
    'capture',
    'operator',
    'Something went wrong on our side. The request id helps to find it.',
  ),
  'system.unavailable': row(
    503,
    true,
    'capture',
    'operator',
    'A part of the service is restarting. Try again shortly.',
  ),
  'system.not_reconciled': row(
    503,
    true,
    'capture',
    'operator',
    'This deployment was put back from a backup. Charges with cards of before wait until its operator has run `sallyport reconcile`; then send the same request again.',
  ),
  'system.conflict': row(
    409,
    false,
    'capture',
    'integrator',
    'The state has changed and does not allow this. Read it again.',
  ),
} as const satisfies Record<`${ErrorCategory}.${string}`, ErrorRow>

export type ErrorCode = keyof typeof errors

/** The six reasons for which a field is taken back (DESIGN §4); `input.<reason>` is the code. */
export const rejectionReasons = [
  'incomplete',
  'too_long',
  'checksum',
  'unknown_brand',
  'expired',
  'not_accepted',
] as const
export type RejectionReason = (typeof rejectionReasons)[number]

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(errors, value)

/**
 * The one error class. `message` is the table's sentence and never holds input.
 * `param` is the name of a documented member, `cause` stays in the process that threw.
 */
export class SallyportError extends Error {
  readonly code: ErrorCode
  readonly param: string | undefined
  readonly retryAfterMs: number | undefined
  /** The id under which the refusing process logged it; empty where the error was made on this side. */
  readonly requestId: string | undefined
  constructor(
    code: ErrorCode,
    options: { param?: string; retryAfterMs?: number; requestId?: string; cause?: unknown } = {},
  ) {
    super(errors[code].say, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'SallyportError'
    this.code = code
    this.param = options.param
    this.retryAfterMs = options.retryAfterMs
    this.requestId = options.requestId
  }
  get status(): number {
    return errors[this.code].status
  }
  get retryable(): boolean {
    return errors[this.code].retryable
  }
  get who(): Actor {
    return errors[this.code].who
  }
}
