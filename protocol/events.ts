import * as z from 'zod/mini'
import {
  captureStates,
  channels,
  channelTiers,
  fieldNames,
  progressLevels,
  purposes,
  suspendReasons,
  visibilities,
} from './capture-states.ts'
import { chargeOperations, chargeStates } from './charge.ts'
import { errors, rejectionReasons, type ErrorCode } from './errors.ts'
import { amountMinorMax } from './money.ts'
import { idPattern, tokenPattern } from './ids.ts'
import { findingKinds, leakActions, leakSurfaces } from './leak-words.ts'
import { limits } from './limits.ts'

/**
 * Events are CloudEvents 1.0 in JSON. Schemas are closed: enums, id patterns and bounded numbers; nothing that a
 * customer typed, and no member that could carry digits of a card number beyond `last4`, and `bin` in the one event of a
 * capture's end where the tenant has it turned on.
 */
const errorCode = z.enum(Object.keys(errors) as [ErrorCode, ...ErrorCode[]]) // sound: the keys are the union
const brand = z.string().check(z.regex(/^[a-z_]{2,24}$/))
const last4 = z.string().check(z.regex(/^\d{4}$/))
const time = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/))
const count = z.int().check(z.nonnegative(), z.maximum(1_000_000))
const amountMinor = z.int().check(z.minimum(0), z.maximum(amountMinorMax))
const currency = z.string().check(z.regex(/^[A-Z]{3}$/))
const token = z.string().check(z.regex(tokenPattern))
const capture = z.string().check(z.regex(idPattern('cap_')))
const charge = z.string().check(z.regex(idPattern('chg_')))
const account = z.string().check(z.regex(idPattern('acct_')))
/** The caller's own ids: letters and few signs; card-shaped ones are refused where they come in. */
export const callerId = (max: number) => z.string().check(z.regex(new RegExp(`^[A-Za-z0-9_.:@/-]{1,${max}}$`)))

export const amountShape = z.strictObject({
  amount_minor: z.int().check(z.minimum(1), z.maximum(amountMinorMax)),
  currency,
})
export const mandateShape = z.strictObject({
  uses: count,
  amount_max_minor: amountMinor,
  currency,
  account,
  not_after: time,
  max_opens: count,
})
export const tokenTermsShape = z.strictObject({
  id: token,
  uses: count,
  amount_max_minor: amountMinor,
  currency,
  not_after: time,
})
const kept = {
  brand,
  last4,
  exp_month: z.int().check(z.minimum(1), z.maximum(12)),
  exp_year: z.int().check(z.minimum(2000), z.maximum(2099)),
  /** Of a card that two networks serve: the one that the person chose. */
  network: z.optional(brand),
}
/** Of a card as a token is known by. */
export const keptCardShape = z.strictObject(kept)
/** Of a card as its capture tells of it. */
export const cardShape = z.strictObject({
  ...kept,
  /** The first six digits, where the tenant has them turned on. */
  bin: z.optional(z.string().check(z.regex(/^\d{6}$/))),
})

const captureCommon = { epoch: count, state: z.enum(captureStates), channel: z.optional(z.enum(channels)) }
const captureData = <S extends z.core.$ZodLooseShape>(shape: S) => z.strictObject({ ...captureCommon, ...shape })
const field = z.enum(fieldNames)

const chargeCommon = {
  state: z.enum(chargeStates),
  token,
  amount_minor: amountMinor,
  currency,
  operation: z.enum(chargeOperations),
  capture_id: z.optional(capture),
  reference: z.optional(callerId(limits.referenceLengthMax)),
}
const chargeData = <S extends z.core.$ZodLooseShape>(shape: S) => z.strictObject({ ...chargeCommon, ...shape })
const chargeError = {
  code: errorCode,
  category: z.string().check(z.regex(/^[a-z]{2,16}$/)),
  retryable: z.boolean(),
  who: z.enum(['customer', 'integrator', 'operator']),
  cvc: z.optional(z.enum(['open', 'none', 'spent', 'expired', 'lost'])),
}
const card = z.optional(z.strictObject({ brand, last4 }))

export const eventData = {
  'capture.created': captureData({
    purpose: z.enum(purposes),
    fields: z.array(field).check(z.maxLength(fieldNames.length)),
    expires_at: time,
    amount: z.optional(amountShape),
    mandate: z.optional(mandateShape),
    retry_of: z.optional(capture),
    charge_id: z.optional(charge),
  }),
  'capture.channel.attached': captureData({ kind: z.enum(channels), tier: z.enum(channelTiers) }),
  'capture.channel.detached': captureData({ reason: z.enum(['replaced', 'lost', 'closed']) }),
  'capture.shield.raised': captureData({ method: z.literal('isolation') }),
  'capture.shield.failed': captureData({ code: errorCode }),
  'capture.offered': captureData({
    delivery: z.enum(['inline', 'link']),
    tier: z.optional(z.enum(channelTiers)),
    /** Seconds. */
    link_ttl: z.optional(count),
  }),
  'capture.field.started': captureData({ field }),
  'capture.field.progress': captureData({ field, level: z.enum(progressLevels) }),
  'capture.field.completed': captureData({ field, brand: z.optional(brand), last4: z.optional(last4) }),
  'capture.field.rejected': captureData({
    field,
    code: z.enum(rejectionReasons),
    attempt: count,
    attempts_left: count,
  }),
  'capture.suspended': captureData({ reason: z.enum(suspendReasons) }),
  'capture.resumed': captureData({ reason: z.enum(suspendReasons) }),
  'capture.processing': captureData({
    stage: z.enum(['sealing', 'minting']),
    visibility: z.optional(z.enum(visibilities)),
  }),
  'capture.completed': captureData({ token: z.optional(tokenTermsShape), card: z.optional(cardShape) }),
  'capture.failed': captureData({ code: errorCode, retryable: z.boolean() }),
  'capture.canceled': captureData({ by: z.enum(['customer', 'agent']) }),
  'capture.expired': captureData({ reason: z.enum(['time', 'test']) }),
  /** Of the tenant, with the conversation in the envelope: what was found, and no word of where in the text it stood. */
  'leak.detected': z.strictObject({
    surface: z.enum(leakSurfaces),
    action: z.enum(leakActions),
    kinds: z.array(z.enum(findingKinds)).check(z.minLength(1), z.maxLength(findingKinds.length)),
    count: z.int().check(z.positive(), z.maximum(limits.leakFindingsMax)),
  }),
  'token.erased': z.strictObject({ irrevocable_by: time }),
  'charge.created': chargeData({ card }),
  'charge.authorized': chargeData({ card }),
  'charge.captured': chargeData({ card, amount_captured_minor: amountMinor }),
  'charge.declined': chargeData({ card, ...chargeError }),
  'charge.action_required': chargeData({ kind: z.enum(['3ds', 'otp', 'bank_redirect']) }),
  'charge.pending': chargeData({}),
  'charge.refunded': chargeData({ amount_refunded_minor: amountMinor }),
  'charge.voided': chargeData({}),
  'charge.unknown': chargeData(chargeError),
  'charge.failed': chargeData(chargeError),
} as const
export type EventType = keyof typeof eventData
export const eventTypes = Object.keys(eventData) as EventType[] // sound: the keys are the union

export const subjectPattern = /^((cap|chg|ten)_|tok_(test|live)_)[a-z]{26}$/

const envelope = {
  specversion: z.literal('1.0'),
  id: z.string().check(z.regex(idPattern('evt_'))),
  source: z.string().check(z.regex(/^\/tenants\/ten_[a-z]{26}$/)),
  subject: z.string().check(z.regex(subjectPattern)),
  time,
  sequence: z.int().check(z.minimum(1), z.maximum(1_000_000_000)),
  datacontenttype: z.literal('application/json'),
  conversation: z.optional(callerId(limits.conversationLengthMax)),
}

type EventOf<T extends EventType> = {
  specversion: '1.0'
  id: string
  source: string
  subject: string
  time: string
  sequence: number
  datacontenttype: 'application/json'
  conversation?: string
  type: T
  data: z.infer<(typeof eventData)[T]>
}
export type SallyportEvent = { [T in EventType]: EventOf<T> }[EventType]

const shapes = new Map(
  eventTypes.map(
    (type) => [type, z.strictObject({ ...envelope, type: z.literal(type), data: eventData[type] })] as const,
  ),
)

/** Parses one event. Throws a ZodMiniError-free TypeError without the input when it is not one of ours. */
export function parseEvent(value: unknown): SallyportEvent {
  const type: unknown = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined
  const shape = shapes.get(type as EventType) // a lookup that misses for anything else
  const parsed = shape?.safeParse(value)
  if (!parsed?.success) throw new TypeError('not an event of this protocol')
  return parsed.data as SallyportEvent // sound: the shape was chosen by the type that it fixes
}

/** The closed shapes by type, for documents and tests. */
export const eventShapes: ReadonlyMap<EventType, z.ZodMiniType> = shapes
