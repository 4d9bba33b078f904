import type { Response } from 'express'
import type * as z from 'zod/mini'
import type { ErrorCode } from '../../protocol/errors.ts'
import type { Caller } from './keys.ts'
import type { Shape } from './parse.ts'

/**
 * A route of the agents' API: what Express is told and what the OpenAPI document says come from this one description,
 * so that they cannot differ.
 */
export interface Call<B = unknown, Q = unknown> {
  caller: Caller
  tenant: string
  requestId: string
  /** The `:id` of the path; already of the route's pattern. */
  id: string
  body: B
  query: Q
  /** Set where the route requires one. */
  idempotencyKey: string | undefined
  /** The Last-Event-ID header, for streams. */
  lastEventId: string | undefined
  /** Whether the caller asked for `text/event-stream`. */
  wantsStream: boolean
  /** Aborted when the caller is gone or the process ends. */
  signal: AbortSignal
}

export type Reply =
  | { status: 200 | 201 | 202; body: unknown; replayed?: boolean }
  | { stream: (response: Response) => Promise<void> }

interface Answer {
  say: string
  shape: Shape
  /** Only on answers that can be one. */
  replayable?: boolean
}

interface Described {
  method: 'get' | 'post' | 'delete'
  /** Express's spelling. */
  path: string
  operation: string
  tag: 'Captures' | 'Events' | 'Tokens' | 'Charges' | 'Leaks' | 'Test'
  summary: string
  description?: string
  /** Pattern of `:id`; anything else is not found. */
  id?: RegExp
  idempotency?: 'optional' | 'required'
  /** Codes beyond those that every route may answer. */
  refusals: readonly ErrorCode[]
  answers: Partial<Record<200 | 201 | 202, Answer>>
  /** Also answers `text/event-stream`. */
  streams?: boolean
  /** With 410: what stands in for the cursor. */
  snapshot?: Shape
}

export interface Route extends Described {
  body?: Shape
  query?: Shape
  handle(call: Call): Promise<Reply>
}

/** Gives the handler the types of the shapes beside it. */
export function route<B extends Shape = Shape, Q extends Shape = Shape>(
  described: Described & {
    body?: B
    query?: Q
    handle(call: Call<z.infer<B>, z.infer<Q>>): Promise<Reply>
  },
): Route {
  // Sound: app.ts parses body and query by these very shapes before it calls.
  return described as unknown as Route
}

/** What any route may answer besides its own codes. */
export const commonRefusals: readonly ErrorCode[] = [
  'request.malformed',
  'request.too_large',
  'auth.unauthenticated',
  'system.internal',
  'system.unavailable',
]
