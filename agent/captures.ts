import type { CaptureAnswer, CreateCaptureAnswer, CreateCaptureRequest } from '../protocol/agent-http.ts'
import { hasEnded } from '../protocol/capture-states.ts'
import { SallyportError } from '../protocol/errors.ts'
import type { SallyportEvent } from '../protocol/events.ts'
import type { CaptureLink } from '../protocol/link.ts'
import * as answers from './answers.ts'
import { followEvents } from './events.ts'
import { freshKey } from './keys.ts'
import { CursorGone } from './refusal.ts'
import type { Check } from './shape.ts'
import type { Wire } from './wire.ts'

export interface CompletedCapture extends CaptureAnswer {
  state: 'completed'
  token: NonNullable<CaptureAnswer['token']>
}
export interface WaitOptions {
  /** Every event of this capture, from its first one. What it throws ends the waiting. */
  onEvent?: (event: SallyportEvent) => void
  signal?: AbortSignal
}

export interface Captures {
  /**
   * Asks for a card in a conversation. The answer's `client_secret` goes to the customer's page, and into no model's
   * context. `idempotencyKey` only where a restart of this program may repeat the call.
   */
  create(request: CreateCaptureRequest, options?: { idempotencyKey?: string }): Promise<CreateCaptureAnswer>
  get(id: string): Promise<CaptureAnswer>
  /** The captures of one conversation, newest first, for an agent that restarted and knows nothing else. */
  list(filter: { conversation: string }): Promise<CaptureAnswer[]>
  cancel(id: string): Promise<CaptureAnswer>
  /** The person wants something else first. Typing on ends `question` by itself. */
  suspend(id: string, reason?: 'question' | 'handoff' | 'switching'): Promise<CaptureAnswer>
  resume(id: string): Promise<CaptureAnswer>
  /** A fresh secret for the page after a reload; the old one ends. */
  clientSecret(id: string): Promise<{ id: string; client_secret: string; expires_at: string }>
  /**
   * The same form by link and QR code, for another device or a channel of text alone. Link and phrase are for the
   * customer of this conversation; the form opens once, within ten minutes. A new link ends the one before.
   */
  link(id: string): Promise<CaptureLink>
  /** Waits for the server's word that the capture has ended, in whichever way. Never trusts a browser. */
  ended(id: string, options?: WaitOptions): Promise<CaptureAnswer>
  /**
   * Like `ended`, and throws where no token came: `customer.canceled`, `customer.abandoned` (expired), or the code of
   * the failure. Not for `purpose: 'authenticate'`, which ends without a token.
   */
  completed(id: string, options?: WaitOptions): Promise<CompletedCapture>
}

export function makeCaptures(wire: Wire): Captures {
  const at = (id: string, rest = ''): string => `/v1/captures/${safeId(id)}${rest}`
  const post = <T>(path: string, body: object, read: Check<T>, idempotencyKey = freshKey()): Promise<T> =>
    wire.call({ method: 'POST', path, body, idempotencyKey, read })
  const get = async (id: string): Promise<CaptureAnswer> =>
    wire.call({ method: 'GET', path: at(id), read: answers.capture })
  const ended = (id: string, options: WaitOptions = {}): Promise<CaptureAnswer> => waitForEnd(wire, get, id, options)
  return {
    create: (request, options = {}) => post('/v1/captures', request, answers.createdCapture, options.idempotencyKey),
    get,
    list: async ({ conversation }) => {
      const { captures } = await wire.call({
        method: 'GET',
        path: '/v1/captures',
        query: { conversation },
        read: answers.captureList,
      })
      return captures
    },
    cancel: async (id) => post(at(id, '/cancel'), {}, answers.capture),
    suspend: async (id, reason = 'question') => post(at(id, '/suspend'), { reason }, answers.capture),
    resume: async (id) => post(at(id, '/resume'), {}, answers.capture),
    clientSecret: async (id) => post(at(id, '/client_secret'), {}, answers.clientSecret),
    link: async (id) => post(at(id, '/link'), {}, answers.link),
    ended,
    completed: async (id, options) => {
      const capture = await ended(id, options)
      if (isCompleted(capture)) return capture
      if (capture.state === 'canceled') throw new SallyportError('customer.canceled')
      if (capture.state === 'expired') throw new SallyportError('customer.abandoned')
      throw new SallyportError(capture.error?.code ?? 'system.internal')
    },
  }
}

async function waitForEnd(
  wire: Wire,
  get: (id: string) => Promise<CaptureAnswer>,
  id: string,
  { onEvent, signal }: WaitOptions,
): Promise<CaptureAnswer> {
  let after: string | undefined
  for (;;) {
    const stream = followEvents(wire, { captureId: id, ...(after && { after }), ...(signal && { signal }) })
    try {
      for await (const event of stream) {
        if (event.subject !== id) continue
        onEvent?.(event)
        if ('state' in event.data && hasEnded(event.data.state as CaptureAnswer['state'])) return await get(id) // sound: a capture's event
      }
    } catch (error) {
      if (!(error instanceof CursorGone)) throw error
      after = error.cursor
    }
    signal?.throwIfAborted()
    // The log could not be followed without a gap; what stands now is what counts.
    const capture = await get(id)
    if (hasEnded(capture.state)) return capture
  }
}

const isCompleted = (capture: CaptureAnswer): capture is CompletedCapture =>
  capture.state === 'completed' && capture.token !== undefined

/** An id goes into a path: anything else than an id is refused before it is sent. */
export function safeId(id: string): string {
  if (!/^[a-z_]{3,10}[a-z]{26}$/.test(id)) throw new SallyportError('request.malformed', { param: 'id' })
  return id
}

/**
 * A token that a browser hands over is a claim. Compares it with the capture's own, as the server tells it, and throws
 * `policy.purpose_not_allowed` where they differ. Returns the capture's token.
 */
export function assertToken(capture: CaptureAnswer, tokenFromPage: string): string {
  const token = capture.token?.id
  if (token === undefined || token !== tokenFromPage)
    throw new SallyportError('policy.purpose_not_allowed', { param: 'token' })
  return token
}
