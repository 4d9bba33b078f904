/**
 * Calls to another process's inner door: signed, over kept-alive Unix sockets, each with a deadline.
 * Nothing is sent twice but a request that the callee refused unread (another start of it), or one whose socket had
 * just been closed: that one goes again with the same signature, which the callee takes once. While nobody
 * listens (the callee is started again) nothing is sent, so that it is simply tried again for a while, at a twin first.
 */
import { Agent, request, type RequestOptions } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { isErrorCode, SallyportError } from '../../protocol/errors.ts'
import { makeId } from '../../protocol/ids.ts'
import type { Jwk, Peer, Role } from '../config.ts'
import { currentRequestId } from '../request-id.ts'
import { readAnswer } from './read-answer.ts'
import { requestIdHeader, requestSigner, signatureHeader } from './request-signature.ts'

export interface CallOptions {
  /** Travels on to the callee's log. Without one it is that of the request being worked on. */
  requestId?: string
  /** Default 10 s. A long poll adds its wait. */
  deadlineMs?: number
  signal?: AbortSignal
  /** The start of the callee that alone has what is asked for, among its twins. */
  instance?: string
}

/**
 * Resolves to the answer's JSON, which the caller parses by shape. Rejects with the callee's SallyportError, or with
 * `system.unavailable` when the callee is not there, does not answer in time or answers nonsense; whether it acted
 * is then unknown, and it is the caller who tries again.
 */
export interface InnerCall {
  (method: 'GET' | 'POST', path: string, body?: unknown, options?: CallOptions): Promise<unknown>
  /** Drops the idle sockets. */
  close(): void
}

export interface InnerClientOptions {
  peer: Peer
  /** The role of this process. */
  issuer: Role
  /** This process's private request key. */
  key: Jwk
  now?: () => number
  /** For so long a callee that does not listen is tried again. */
  patienceMs?: number
}

const deadlineMsDefault = 10_000
/** A process that ends is back within two seconds, more on a machine that is busy starting. */
const patienceMsDefault = 5_000
const tryAgainMs = 50
/** A callee that ends closes all its idle sockets at once; more than a few are not met by one request. */
const staleMax = 3
/** A page of 500 events is below 1 MB. */
const answerBytesMax = 8_388_608

interface RawAnswer {
  status: number
  body: unknown
}

/** A door of the callee or of a twin of its, and the start that was last heard of there. */
interface Target {
  readonly socket: string
  boot: string
}

export function innerClient(options: InnerClientOptions): InnerCall {
  const { peer } = options
  const sign = requestSigner(options.issuer, options.key, options.now)
  const agent = new Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 16, timeout: 30_000 })
  const targets = [peer.socket, ...(peer.others ?? [])].map((socket): Target => ({ socket, boot: '' }))
  let turn = 0

  const call = async (method: string, path: string, body?: unknown, callOptions: CallOptions = {}) => {
    const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body))
    const part = { method, path, body: bytes }
    const deadline = AbortSignal.timeout(callOptions.deadlineMs ?? deadlineMsDefault)
    const signal = callOptions.signal === undefined ? deadline : AbortSignal.any([deadline, callOptions.signal])
    const requestId = callOptions.requestId ?? currentRequestId() ?? makeId('req_')
    const patientUntil = performance.now() + (options.patienceMs ?? patienceMsDefault)

    const send = async (to: Target, signedFor: string): Promise<RawAnswer> => {
      const signature = await sign(part, `${peer.audience}:${signedFor}`)
      const headers = {
        host: peer.audience,
        'content-type': 'application/json',
        'content-length': String(bytes.length),
        [signatureHeader]: signature,
        [requestIdHeader]: requestId,
      }
      const target = { agent, socketPath: to.socket, method, path, headers, signal }
      for (let stale = 0; ; stale += 1) {
        try {
          return await exchange(target, bytes)
        } catch (error) {
          if (!(error instanceof StaleSocket) || stale === staleMax) throw error
        }
      }
    }

    const at = async (to: Target): Promise<RawAnswer> => {
      const signedFor = to.boot
      const answer = await send(to, signedFor)
      const present = bootOf(answer)
      if (present === undefined || present === signedFor) return answer
      // Refused unread: signed for an earlier start of the callee, or before its start was known.
      to.boot = present
      return send(to, present)
    }

    try {
      const order = inTurn(await holderOf(callOptions.instance, signal))
      for (let next = 0; ; next += 1) {
        // Sound: there is one target at least.
        const to = order[next % order.length] as Target
        try {
          const answer = await at(to)
          if (answer.status === 200) return answer.body
          throw asError(answer)
        } catch (error) {
          if (!nobodyListens(error) || performance.now() > patientUntil) throw error
          if ((next + 1) % order.length === 0) await delay(tryAgainMs, undefined, { signal })
        }
      }
    } catch (error) {
      if (error instanceof SallyportError) throw error
      throw new SallyportError('system.unavailable', { cause: error })
    }
  }

  /** Each call begins at another twin; one that is wanted comes first. */
  function inTurn(wanted: Target | undefined): readonly Target[] {
    const from = wanted === undefined ? turn++ % targets.length : targets.indexOf(wanted)
    return [...targets.slice(from), ...targets.slice(0, from)]
  }

  /** Where that start of the callee is; undefined where it is gone, and any other may say so. */
  async function holderOf(instance: string | undefined, signal: AbortSignal): Promise<Target | undefined> {
    if (instance === undefined || targets.length === 1) return undefined
    const known = targets.find(({ boot }) => boot === instance)
    if (known !== undefined) return known
    await Promise.all(targets.map((target) => learn(target, signal)))
    return targets.find(({ boot }) => boot === instance)
  }

  /** A request that is signed for no start is answered with the present one, and read by nobody. */
  async function learn(target: Target, signal: AbortSignal): Promise<void> {
    const nothing = { method: 'GET', path: '/', body: Buffer.alloc(0) }
    const headers = { host: peer.audience, [signatureHeader]: await sign(nothing, `${peer.audience}:`) }
    const question = { agent, socketPath: target.socket, method: 'GET', path: '/', headers, signal }
    const answer = await exchange(question, nothing.body).catch(() => null)
    target.boot = (answer !== null && bootOf(answer)) || target.boot
  }

  return Object.assign(call, { close: () => agent.destroy() })
}

/** The callee had closed it, or ended before it took the connection: no byte of an answer came. */
class StaleSocket extends Error {}

/** The connection itself did not come about: not one byte has left. */
const nobodyListens = (error: unknown): boolean =>
  error instanceof Error &&
  'syscall' in error &&
  error.syscall === 'connect' &&
  'code' in error &&
  (error.code === 'ECONNREFUSED' || error.code === 'ENOENT')

function exchange(target: RequestOptions, bytes: Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(target, (response) => {
      readAnswer(response, answerBytesMax)
        .then((bytes) => ({ status: response.statusCode ?? 0, body: JSON.parse(bytes.toString('utf8')) }))
        .then(resolve, reject)
    })
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const stale = error.code === 'ECONNRESET' || error.code === 'EPIPE'
      reject(stale ? new StaleSocket('', { cause: error }) : error)
    })
    outgoing.end(bytes)
  })
}

const members = (body: unknown): Record<string, unknown> =>
  typeof body === 'object' && body !== null ? { ...body } : {}

function bootOf(answer: RawAnswer): string | undefined {
  const { code, boot } = members(answer.body)
  return answer.status === 401 && code === 'auth.replayed' && typeof boot === 'string' ? boot : undefined
}

function asError(answer: RawAnswer): SallyportError {
  const { code, param, retry_after_ms: retryAfterMs } = members(answer.body)
  // Replayed for the present start: an earlier sending of it was taken, and its answer is lost.
  if (!isErrorCode(code) || code === 'auth.replayed') return new SallyportError('system.unavailable')
  return new SallyportError(code, {
    ...(typeof param === 'string' ? { param } : {}),
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
  })
}
