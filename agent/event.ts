import type {
  CaptureState,
  Channel,
  FieldName,
  ProgressLevel,
  Purpose,
  SuspendReason,
  Visibility,
} from '../protocol/capture-states.ts'
import type { ChargeOperation, ChargeState } from '../protocol/charge.ts'
import type { RejectionReason } from '../protocol/errors.ts'
import type { EventType, SallyportEvent } from '../protocol/events.ts'
import { idPattern } from '../protocol/ids.ts'
import type { FindingKind, LeakAction, LeakSurface } from '../protocol/leak-words.ts'
import {
  accountId,
  actor,
  amount,
  callerId,
  captureId,
  card,
  cardFace,
  chargeId,
  currency,
  cvcState,
  errorCode,
  last4,
  time,
  tokenId,
  tokenTerms,
} from './answers.ts'
import { flag, int, isRecord, list, Misshapen, optional, shape, text, word, type Check } from './shape.ts'

/** One event of the log, checked. What it may hold is `protocol/events.ts`; a test holds the two together. */
type Data<T extends EventType> = Extract<SallyportEvent, { type: T }>['data']
type Members = Record<string, Check<unknown>>

const captureCommon = { epoch: int, state: word<CaptureState>(), channel: optional(word<Channel>()) }
const ofCapture = <S extends Members>(members: S) => shape({ ...captureCommon, ...members })
const chargeCommon = {
  state: word<ChargeState>(),
  token: tokenId,
  amount_minor: int,
  currency,
  operation: word<ChargeOperation>(),
  capture_id: optional(captureId),
  reference: optional(callerId),
}
const ofCharge = <S extends Members>(members: S) => shape({ ...chargeCommon, ...members })
const charged = { card: optional(cardFace) }
const trouble = { code: errorCode, category: word(), retryable: flag, who: actor, cvc: optional(cvcState) }
const field = word<FieldName>()
const bankStep = word<'3ds' | 'otp' | 'bank_redirect'>()
const mandate = shape({
  uses: int,
  amount_max_minor: int,
  currency,
  account: accountId,
  not_after: time,
  max_opens: int,
})

const data: { [T in EventType]: Check<Data<T>> } = {
  'capture.created': ofCapture({
    purpose: word<Purpose>(),
    fields: list(field),
    expires_at: time,
    amount: optional(amount),
    mandate: optional(mandate),
    retry_of: optional(captureId),
    charge_id: optional(chargeId),
  }),
  'capture.channel.attached': ofCapture({ kind: word<Channel>(), tier: word<'isolated_frame'>() }),
  'capture.channel.detached': ofCapture({ reason: word<'replaced' | 'lost' | 'closed'>() }),
  'capture.shield.raised': ofCapture({ method: word<'isolation'>() }),
  'capture.shield.failed': ofCapture({ code: errorCode }),
  'capture.offered': ofCapture({ delivery: word<'inline' | 'link'>() }),
  'capture.field.started': ofCapture({ field }),
  'capture.field.progress': ofCapture({ field, level: word<ProgressLevel>() }),
  'capture.field.completed': ofCapture({ field, brand: optional(word<string>()), last4: optional(last4) }),
  'capture.field.rejected': ofCapture({ field, code: word<RejectionReason>(), attempt: int, attempts_left: int }),
  'capture.suspended': ofCapture({ reason: word<SuspendReason>() }),
  'capture.resumed': ofCapture({ reason: word<SuspendReason>() }),
  'capture.processing': ofCapture({ stage: word<'sealing' | 'minting'>(), visibility: optional(word<Visibility>()) }),
  'capture.completed': ofCapture({ token: optional(tokenTerms), card: optional(card) }),
  'capture.failed': ofCapture({ code: errorCode, retryable: flag }),
  'capture.canceled': ofCapture({ by: word<'customer' | 'agent'>() }),
  'capture.expired': ofCapture({ reason: word<'time' | 'test'>() }),
  'leak.detected': shape({
    surface: word<LeakSurface>(),
    action: word<LeakAction>(),
    kinds: list(word<FindingKind>()),
    count: int,
  }),
  'token.erased': shape({ irrevocable_by: time }),
  'charge.created': ofCharge(charged),
  'charge.authorized': ofCharge(charged),
  'charge.captured': ofCharge({ ...charged, amount_captured_minor: int }),
  'charge.declined': ofCharge({ ...charged, ...trouble }),
  'charge.action_required': ofCharge({ kind: bankStep }),
  'charge.pending': ofCharge({}),
  'charge.refunded': ofCharge({ amount_refunded_minor: int }),
  'charge.voided': ofCharge({}),
  'charge.unknown': ofCharge(trouble),
  'charge.failed': ofCharge(trouble),
}
const isEventType = (type: string): type is EventType => Object.hasOwn(data, type)

const envelope = shape({
  specversion: text(/^1\.0$/) as Check<'1.0'>,
  id: text(idPattern('evt_')),
  source: text(/^\/tenants\/ten_[a-z]{26}$/),
  subject: text(/^[a-z_]{3,10}[a-z]{26}$/),
  time,
  sequence: int,
  datacontenttype: text(/^application\/json$/) as Check<'application/json'>,
  conversation: optional(callerId),
})

/** Null: a type of a newer gateway, to be passed over. Throws `Misshapen` where a known type is not as documented. */
export function readEvent(value: unknown): SallyportEvent | null {
  if (!isRecord(value) || typeof value['type'] !== 'string') throw new Misshapen()
  if (!isEventType(value['type'])) return null
  const type = value['type']
  // Sound: `data` was checked by the entry of the table that this very type chose.
  return { ...envelope(value), type, data: data[type](value['data']) } as SallyportEvent
}
