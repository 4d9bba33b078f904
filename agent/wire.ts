import { SallyportError } from '../protocol/errors.ts'
import type { Settings } from './options.ts'
import { made, refusal } from './refusal.ts'
import { isRecord, Misshapen, type Check } from './shape.ts'

/**
 * One request to the gateway, and when it may be sent again: a GET and a DELETE always, a POST with the same
 * Idempotency-Key always, and only after an error that the table calls retryable. Bounded by `retriesMax`; a key
 * that is still in flight elsewhere is waited for as long as one request may take.
 */
export interface Call<T> {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  query?: Record<string, string | number | undefined>
  body?: object
  /** Without one a POST is sent once. */
  idempotencyKey?: string
  read: Check<T>
  signal?: AbortSignal | undefined
}

export interface Wire {
  call<T>(call: Call<T>): Promise<T>
  /** A raw GET for the event stream. Throws `SallyportError` for anything but 200. */
  open(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response>
  pause(ms: number, signal?: AbortSignal): Promise<void>
  /** The pause before try `n` (from 0), with jitter. */
  backoffMs(n: number): number
}

const pauseMsMax = 10_000

export function makeWire(settings: Settings): Wire {
  const backoffMs = (n: number): number =>
    Math.min(pauseMsMax, settings.retryBaseMs * 2 ** n) * (0.5 + Math.random() / 2)

  async function call<T>(request: Call<T>): Promise<T> {
    const maySendAgain = request.method !== 'POST' || request.idempotencyKey !== undefined
    const inFlightUntil = Date.now() + settings.timeoutMs
    for (let tries = 0; ; tries += 1) {
      try {
        return await once(settings, request)
      } catch (error) {
        if (!(error instanceof SallyportError) || !maySendAgain || !error.retryable || request.signal?.aborted)
          throw error
        const waitsForOther = error.code === 'request.idempotency_in_flight'
        if (waitsForOther ? Date.now() > inFlightUntil : tries >= settings.retriesMax) throw error
        await pause(Math.min(error.retryAfterMs ?? backoffMs(tries), pauseMsMax), request.signal)
      }
    }
  }

  const open = async (path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> => {
    const response = await send(
      settings,
      path,
      { headers: { ...headers, authorization: bearer(settings) }, signal },
      signal,
    )
    if (response.status === 200) return response
    throw await refusal(response)
  }

  return { call, open, pause, backoffMs }
}

const bearer = (settings: Settings): string => `Bearer ${settings.secretKey}`

async function once<T>(settings: Settings, request: Call<T>): Promise<T> {
  const { method, query = {}, body, idempotencyKey } = request
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  const timeout = AbortSignal.timeout(settings.timeoutMs)
  const response = await send(
    settings,
    request.path + (search.size > 0 ? `?${search}` : ''),
    {
      method,
      headers: {
        authorization: bearer(settings),
        accept: 'application/json',
        ...(body && { 'content-type': 'application/json' }),
        ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: request.signal ? AbortSignal.any([timeout, request.signal]) : timeout,
    },
    request.signal,
  )
  if (!response.ok) throw await refusal(response)
  const requestId = response.headers.get('sallyport-request-id') ?? undefined
  try {
    return request.read(await response.json())
  } catch (cause) {
    if (cause instanceof Misshapen || cause instanceof SyntaxError) throw made('system.internal', { requestId, cause })
    throw noAnswer(settings, cause, request.signal)
  }
}

async function send(settings: Settings, path: string, init: RequestInit, stop?: AbortSignal): Promise<Response> {
  try {
    // A redirect would carry the secret key to another place.
    return await settings.fetch(settings.base + path, { ...init, redirect: 'error' })
  } catch (cause) {
    throw noAnswer(settings, cause, stop)
  }
}

/** Aborted by the caller: the caller's own reason. Else the error of `fetch`, of which only the code is kept: it may quote the request. */
function noAnswer({ base }: Settings, cause: unknown, stop: AbortSignal | undefined): unknown {
  if (stop?.aborted) return stop.reason
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const code =
    isRecord(inner) && typeof inner['code'] === 'string'
      ? inner['code']
      : inner instanceof Error
        ? inner.name
        : 'unknown'
  return made('system.unavailable', {
    more: `No answer from ${base} (${code}): if it stays so, is that the gateway, and does it run?`,
    cause: new Error(`no answer from the gateway (${code})`),
  })
}

/** Resolves after the time, or rejects with the signal's reason at once. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}
