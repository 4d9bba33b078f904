/**
 * The frame's requests to intake, on its own origin. An answer of intake is parsed as far as it is used. Throws
 * `Refusal` when intake says no, `Unreachable` when nobody answers; the caller retries.
 */
import {
  captureStates,
  endStates,
  fieldNames,
  modes,
  purposes,
  type CaptureState,
  type EndState,
} from '../protocol/capture-states.ts'
import type {
  AttachAnswer,
  AttachRequest,
  CancelRequest,
  LinkOpenAnswer,
  LinkOpenRequest,
  LinkPickAnswer,
  LinkPickRequest,
  ProgressRequest,
  SealingKey,
  Spoken,
  StateAnswer,
  SubmitAnswer,
  SubmitRequest,
  WatchRequest,
} from '../protocol/capture-http.ts'
import { isErrorCode, type ErrorCode } from '../protocol/errors.ts'
import { linkChoices } from '../protocol/link.ts'
import { isAmountMinor, isCurrency } from '../protocol/money.ts'
import type { FieldName } from '../protocol/capture-states.ts'
import { asMembers, isOneOf, type Members } from '../protocol/port.ts'

export class Refusal extends Error {
  readonly code: ErrorCode
  readonly field: FieldName | undefined
  readonly key: SealingKey | undefined
  /** The capture has ended in this way. */
  readonly ended: EndState | undefined
  readonly status: number
  constructor(status: number, problem: Members | null) {
    super('intake refused')
    this.status = status
    this.code = isErrorCode(problem?.['code'])
      ? problem['code']
      : status >= 500
        ? 'system.unavailable'
        : 'system.internal'
    this.field = isOneOf(fieldNames, problem?.['field']) ? problem['field'] : undefined
    const key = asMembers(problem?.['key'])
    this.key = key === null ? undefined : sealingKey(key)
    this.ended = isOneOf(endStates, problem?.['state']) ? problem['state'] : undefined
  }
}

export class Unreachable extends Error {}

export interface CallOptions {
  signal?: AbortSignal
  timeoutMs?: number
  /** The request outlives the document. */
  keepalive?: boolean
}

async function post(path: string, bearer: string, body: object | string, options: CallOptions = {}): Promise<Members> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 15_000)
  let response: Response
  let json: unknown
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      keepalive: options.keepalive ?? false,
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
    })
    json = await response.json().catch(() => null)
  } catch (cause) {
    options.signal?.throwIfAborted()
    throw new Unreachable('no answer', { cause })
  }
  const members = asMembers(json)
  if (!response.ok) throw new Refusal(response.status, members)
  // Half an answer is a lost one.
  if (members === null) throw new Unreachable('no answer')
  return members
}

const broken = (): never => {
  throw new Refusal(500, null)
}
const text = (value: unknown): string => (typeof value === 'string' ? value : broken())
const whole = (value: unknown): number => (typeof value === 'number' && Number.isSafeInteger(value) ? value : broken())
const optionalText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const sealingKey = (members: Members | null): SealingKey => ({
  key_id: text(members?.['key_id']),
  public_key: text(members?.['public_key']),
  expires_at: text(members?.['expires_at']),
})

/** Words that are none are left out; the page has its own. */
function spokenOf(members: Members | null): { spoken?: Spoken } {
  const words = asMembers(members?.['words'])
  if (members === null || words === null) return {}
  return {
    spoken: {
      lang: text(members['lang']),
      dir: members['dir'] === 'rtl' ? 'rtl' : 'ltr',
      words: Object.fromEntries(Object.entries(words).map(([name, word]) => [name, text(word)])),
    },
  }
}

export const attach = async (secret: string, request: AttachRequest, options?: CallOptions): Promise<AttachAnswer> =>
  attachAnswer(await post('/v1/attach', secret, request, options))

/** The tap on a link. @param secret the link's. */
export async function openLink(secret: string, request: LinkOpenRequest): Promise<LinkOpenAnswer> {
  const { business, purpose, mode, choices } = await post('/v1/link/open', secret, request)
  return {
    business: text(business),
    purpose: isOneOf(purposes, purpose) ? purpose : broken(),
    mode: isOneOf(modes, mode) ? mode : broken(),
    choices: Array.isArray(choices) && choices.length === linkChoices ? choices.map(text) : broken(),
  }
}

/** @param secret the session's, whose hash the tap was made with. */
export async function pickPhrase(secret: string, request: LinkPickRequest): Promise<LinkPickAnswer> {
  const answer = await post('/v1/link/pick', secret, request)
  return { ...attachAnswer(answer), capture_id: text(answer['capture_id']) }
}

function attachAnswer(answer: Members): AttachAnswer {
  const { state, purpose, mode, fields } = answer
  const amount = asMembers(answer['amount'])
  const mandate = asMembers(answer['mandate'])
  const card = asMembers(answer['card'])
  const locale = optionalText(answer['locale'])
  const postal = asMembers(answer['postal'])
  const cobadges = answer['cobadges']
  const retryOf = optionalText(answer['retry_of'])
  return {
    epoch: whole(answer['epoch']),
    session_secret: text(answer['session_secret']),
    state: isOneOf(captureStates, state) ? state : broken(),
    purpose: isOneOf(purposes, purpose) ? purpose : broken(),
    fields: Array.isArray(fields) ? fields.filter((field) => isOneOf(fieldNames, field)) : broken(),
    tenant: text(answer['tenant']),
    origin: text(answer['origin']),
    business: text(answer['business']),
    ...(amount === null
      ? {}
      : {
          amount: {
            amount_minor: isAmountMinor(amount['amount_minor']) ? amount['amount_minor'] : broken(),
            currency: isCurrency(amount['currency']) ? amount['currency'] : broken(),
          },
        }),
    ...(mandate && {
      mandate: {
        uses: whole(mandate['uses']),
        amount_max_minor: whole(mandate['amount_max_minor']),
        currency: isCurrency(mandate['currency']) ? mandate['currency'] : broken(),
        not_after: text(mandate['not_after']),
      },
    }),
    ...(card && { card: { brand: text(card['brand']), last4: text(card['last4']) } }),
    ...(locale === undefined ? {} : { locale }),
    ...(postal && {
      postal: {
        pattern: text(postal['pattern']),
        shortest: whole(postal['shortest']),
        numeric: postal['numeric'] === true,
      },
    }),
    ...(Array.isArray(cobadges) && { cobadges: cobadges.map(text) }),
    ...(retryOf === undefined ? {} : { retry_of: retryOf }),
    ...spokenOf(asMembers(answer['spoken'])),
    mode: isOneOf(modes, mode) ? mode : broken(),
    expires_at: text(answer['expires_at']),
    key: sealingKey(asMembers(answer['key'])),
  }
}

/** @param body as it was sent first: the same bytes again make no second token. */
export async function submit(secret: string, body: string, options?: CallOptions): Promise<SubmitAnswer> {
  const answer = await post('/v1/submit', secret, body, options)
  if (answer['status'] !== 'completed') broken()
  const [token, brand, last4] = [answer['token'], answer['brand'], answer['last4']].map(optionalText)
  return {
    status: 'completed',
    ...(token === undefined ? {} : { token }),
    ...(brand === undefined ? {} : { brand }),
    ...(last4 === undefined ? {} : { last4 }),
  }
}
export type SubmitBody = SubmitRequest

const stateAnswer = (members: Members): StateAnswer => ({
  state: isOneOf(captureStates, members['state']) ? (members['state'] satisfies CaptureState) : broken(),
  sequence: whole(members['sequence']),
})

export const sendProgress = async (
  secret: string,
  request: ProgressRequest,
  options?: CallOptions,
): Promise<StateAnswer> => stateAnswer(await post('/v1/progress', secret, request, options))

export const watch = async (secret: string, request: WatchRequest, options?: CallOptions): Promise<StateAnswer> =>
  stateAnswer(await post('/v1/watch', secret, request, { timeoutMs: 30_000, ...options }))

export async function cancel(secret: string, request: CancelRequest, options?: CallOptions): Promise<void> {
  await post('/v1/cancel', secret, request, options)
}
