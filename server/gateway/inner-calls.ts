import * as z from 'zod/mini'
import {
  captureAnswer,
  type CaptureAnswer,
  chargeAnswer,
  type ChargeAnswer,
  eraseAnswer,
  timeShape,
  type TokenAnswer,
  tokenAnswer,
} from '../../protocol/agent-http.ts'
import { SallyportError } from '../../protocol/errors.ts'
import {
  type FeedAnswer,
  feedAnswer,
  innerCaptureAnswer,
  innerChargeAnswer,
  innerChargeTermsAnswer,
  type InnerCreateCapture,
  type InnerCreateCharge,
  type InnerLink,
  type InnerLeak,
  innerLeakAnswer,
  innerLinkAnswer,
} from '../../protocol/inner-http.ts'
import type { CallOptions, InnerCall } from '../doors/inner-client.ts'
import type { Shape } from './parse.ts'

/**
 * The gateway's words to intake and egress. Answers are parsed by the shapes of the protocol, so that what those
 * processes must not say (anything beyond the documented members) does not reach an agent either.
 */
type CreatedCapture = z.infer<typeof innerCaptureAnswer>
/** Not closed, unlike what is in them: a newer intake may say more beside the capture, and it goes no further. */
const changedCapture = z.object({ capture: captureAnswer })
const readCapture = z.object({ capture: captureAnswer, secret_version: z.int() })
type ReadCapture = z.infer<typeof readCapture>
const freshSecret = z.object({ expires_at: timeShape })
export type InnerChargeAnswer = z.infer<typeof innerChargeAnswer>
export type ChargeTerms = z.infer<typeof innerChargeTermsAnswer>
export type CaptureCommandName = 'cancel' | 'suspend' | 'resume'
export type TestCommandName = 'complete' | 'reject' | 'expire'
export type ChargeCommandName = 'capture' | 'void' | 'refund'

const captureList = z.strictObject({ captures: z.array(captureAnswer) })
const chargeRead = z.union([chargeAnswer, innerChargeAnswer])

/** Reading waits at most this long for the vault. */
const readMs = 10_000
/** Egress talks to a processor meanwhile, several seconds each, and may ask for the outcome afterwards. */
const chargeMs = 45_000

export class InnerCalls {
  readonly #call: InnerCall
  constructor(call: InnerCall) {
    this.#call = call
  }

  async ask<S extends Shape>(
    shape: S,
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
    options: CallOptions,
  ): Promise<z.infer<S>> {
    let answer: unknown
    try {
      answer = await this.#call(method, path, body, options)
    } catch (error) {
      throw translated(error)
    }
    const parsed = shape.safeParse(answer)
    if (!parsed.success)
      throw new SallyportError('system.internal', { cause: new TypeError('an inner answer of another shape') })
    return parsed.data
  }
  close(): void {
    this.#call.close()
  }
}

/** That *our* signature is refused is not the agent's doing and must not look as if its key were bad. */
function translated(error: unknown): SallyportError {
  if (!(error instanceof SallyportError)) return new SallyportError('system.unavailable', { cause: error })
  if (error.code === 'auth.unauthenticated' || error.code === 'auth.replayed') {
    return new SallyportError('system.internal', { cause: error })
  }
  // `param` goes out: only what can be the name of a documented member.
  if (error.param === undefined || /^[a-z_]{1,40}(\.[a-z_]{1,40}){0,4}$/.test(error.param)) return error
  const wait = error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }
  return new SallyportError(error.code, { ...wait, cause: error })
}

const query = (members: Record<string, string | number>): string =>
  new URLSearchParams(
    Object.entries(members).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()

export interface IntakeCalls {
  createCapture(body: InnerCreateCapture, requestId: string): Promise<CreatedCapture>
  getCapture(tenant: string, id: string, requestId: string): Promise<ReadCapture>
  listCaptures(tenant: string, conversation: string, requestId: string): Promise<CaptureAnswer[]>
  commandCapture(
    tenant: string,
    id: string,
    command: CaptureCommandName,
    reason: 'question' | 'handoff' | 'switching' | undefined,
    requestId: string,
  ): Promise<CaptureAnswer>
  /** Answers when the secret ends. */
  freshSecret(tenant: string, id: string, version: number, hash: string, requestId: string): Promise<string>
  link(id: string, body: InnerLink, requestId: string): Promise<z.infer<typeof innerLinkAnswer>>
  reportLeak(body: InnerLeak): Promise<z.infer<typeof innerLeakAnswer>>
  eraseToken(tenant: string, id: string, requestId: string): Promise<z.infer<typeof eraseAnswer>>
  test(tenant: string, id: string, command: TestCommandName, body: object, requestId: string): Promise<CaptureAnswer>
  feed(after: number, limit: number, waitMs: number, signal: AbortSignal): Promise<FeedAnswer>
  close(): void
}

export function intakeCalls(call: InnerCall): IntakeCalls {
  const inner = new InnerCalls(call)
  const post = <S extends Shape>(shape: S, path: string, body: object, requestId: string) =>
    inner.ask(shape, 'POST', path, body, { requestId, deadlineMs: readMs })
  const get = <S extends Shape>(shape: S, path: string, requestId: string) =>
    inner.ask(shape, 'GET', path, undefined, { requestId, deadlineMs: readMs })
  return {
    createCapture: (body, requestId) => post(innerCaptureAnswer, '/captures', body, requestId),
    getCapture: (tenant, id, requestId) => get(readCapture, `/captures/${id}?${query({ tenant })}`, requestId),
    listCaptures: async (tenant, conversation, requestId) =>
      (await get(captureList, `/captures?${query({ tenant, conversation })}`, requestId)).captures,
    commandCapture: async (tenant, id, command, reason, requestId) => {
      const body = { tenant, ...(reason && { reason }) }
      return (await post(changedCapture, `/captures/${id}/${command}`, body, requestId)).capture
    },
    freshSecret: async (tenant, id, version, hash, requestId) => {
      const body = { tenant, secret_version: version, client_secret_hash: hash }
      return (await post(freshSecret, `/captures/${id}/client_secret`, body, requestId)).expires_at
    },
    link: (id, body, requestId) => post(innerLinkAnswer, `/captures/${id}/link`, body, requestId),
    reportLeak: (body) => post(innerLeakAnswer, '/leaks', body, body.request_id),
    eraseToken: (tenant, id, requestId) => post(eraseAnswer, `/tokens/${id}/erase`, { tenant }, requestId),
    test: async (tenant, id, command, body, requestId) =>
      (await post(changedCapture, `/test/captures/${id}/${command}`, { tenant, ...body }, requestId)).capture,
    feed: async (after, limit, waitMs, signal) => {
      const path = `/feed?${query({ after, limit, wait_ms: waitMs })}`
      const answer = await inner.ask(feedAnswer, 'GET', path, undefined, { deadlineMs: waitMs + readMs, signal })
      // Sound: z.unknown() infers an optional member; the follower parses every event by its own shape.
      return answer as FeedAnswer
    },
    close: () => inner.close(),
  }
}

export interface EgressCalls {
  terms(tenant: string, token: string, chargeId: string, requestId: string): Promise<ChargeTerms>
  createCharge(body: InnerCreateCharge, requestId: string): Promise<InnerChargeAnswer>
  getCharge(tenant: string, id: string, requestId: string): Promise<ChargeAnswer>
  commandCharge(id: string, command: ChargeCommandName, body: object, requestId: string): Promise<InnerChargeAnswer>
  /** What is left of a mandate is the ledger's to say. */
  getToken(tenant: string, id: string, requestId: string): Promise<TokenAnswer>
  close(): void
}

export function egressCalls(call: InnerCall): EgressCalls {
  const inner = new InnerCalls(call)
  return {
    terms: (tenant, token, chargeId, requestId) => {
      const body = { tenant, token, charge_id: chargeId }
      return inner.ask(innerChargeTermsAnswer, 'POST', '/charges/terms', body, { requestId, deadlineMs: readMs })
    },
    createCharge: (body, requestId) =>
      inner.ask(innerChargeAnswer, 'POST', '/charges', body, { requestId, deadlineMs: chargeMs }),
    getCharge: async (tenant, id, requestId) => {
      const path = `/charges/${id}?${query({ tenant })}`
      const answer = await inner.ask(chargeRead, 'GET', path, undefined, { requestId, deadlineMs: chargeMs })
      return 'charge' in answer ? answer.charge : answer
    },
    commandCharge: (id, command, body, requestId) =>
      inner.ask(innerChargeAnswer, 'POST', `/charges/${id}/${command}`, body, { requestId, deadlineMs: chargeMs }),
    getToken: (tenant, id, requestId) => {
      const path = `/tokens/${id}?${query({ tenant })}`
      return inner.ask(tokenAnswer, 'GET', path, undefined, { requestId, deadlineMs: readMs })
    },
    close: () => inner.close(),
  }
}
