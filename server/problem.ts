import type { ErrorRequestHandler, RequestHandler, Response } from 'express'
import { type ErrorCode, SallyportError } from '../protocol/errors.ts'
import { makeId } from '../protocol/ids.ts'
import type { Log } from './log.ts'
import { problemDocument, problemType, requestIdHeader } from './problem-document.ts'
import type { RefusedBytes } from './refused-bytes.ts'
import { withRequestId } from './request-id.ts'

/**
 * Errors of an outer door, as `application/problem+json` (RFC 9457). Whatever is thrown becomes one row of the table;
 * nothing that came with the request gets into the answer, its headers or the log.
 */
/** An error whose answer carries more than its row of the table: the snapshot of a cursor that is gone. */
export class SallyportProblem extends SallyportError {
  readonly beside: object
  constructor(code: ErrorCode, beside: object) {
    super(code)
    this.beside = beside
  }
}

export { requestIdHeader }

/** Every request gets an id of our own making; one that a stranger sends is not taken up. */
export const requestIds: RequestHandler = (_request, response, next) => {
  const id = makeId('req_')
  response.locals['requestId'] = id
  response.setHeader(requestIdHeader, id)
  withRequestId(id, next)
}

export const requestIdOf = (response: Response): string => {
  const id: unknown = response.locals['requestId']
  return typeof id === 'string' ? id : ''
}

/** What the caller may wait before it sends the same again, where the thrower did not say. */
const retryAfterMs: Partial<Record<ErrorCode, number>> = {
  'request.idempotency_in_flight': 1_000,
  'request.rate_limited': 5_000,
  'processor.unavailable': 5_000,
  'processor.unknown_outcome': 2_000,
  'provider.unreachable': 5_000,
  'system.internal': 1_000,
  'system.unavailable': 1_000,
  'system.not_reconciled': 60_000,
}

export function sendProblem(response: Response, error: SallyportError, publicUrl: string): void {
  const problem = problemDocument(error, requestIdOf(response), publicUrl)
  const waitMs = error.retryAfterMs ?? retryAfterMs[error.code]
  if (waitMs !== undefined) response.setHeader('Retry-After', Math.max(1, Math.ceil(waitMs / 1_000)))
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer')
  response.setHeader('Cache-Control', 'no-store')
  const beside = error instanceof SallyportProblem ? error.beside : {}
  response
    .status(problem.status)
    .type(problemType)
    .send(JSON.stringify({ ...problem, ...beside }))
}

/** The router and its parts throw errors with a `status`; their messages hold input and are dropped. */
export function toSallyportError(thrown: unknown): SallyportError {
  if (thrown instanceof SallyportError) return thrown
  if (typeof thrown !== 'object' || thrown === null) return new SallyportError('system.internal')
  const status = 'status' in thrown ? thrown.status : undefined
  // A broken percent-encoding.
  if (typeof status === 'number' && status >= 400 && status < 500) return new SallyportError('request.malformed')
  return new SallyportError(isDatabaseAway(thrown) ? 'system.unavailable' : 'system.internal', { cause: thrown })
}

/** The database restarts, or has no connection left: asking again helps. */
function isDatabaseAway(thrown: object): boolean {
  const code = 'code' in thrown ? String(thrown.code) : ''
  if (/^(ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|08\d{3}|57P0\d|53300)$/.test(code)) return true
  // pg gives these no code.
  const message = thrown instanceof Error ? thrown.message : ''
  return message.startsWith('Connection terminated') || message.startsWith('timeout exceeded when trying to connect')
}

/** The last middleware of an outer door. */
export function problems(options: { publicUrl: string; log: Log }): ErrorRequestHandler {
  return (thrown, request, response, _next) => {
    const error = toSallyportError(thrown)
    const known = error.status < 500
    response.locals['code'] = error.code
    options.log[known ? 'info' : 'error']({
      event: 'request.refused',
      request_id: requestIdOf(response),
      code: error.code,
      status: error.status,
      method: request.method,
      ...(known ? {} : { error: error.cause ?? error }),
    })
    if (response.headersSent) {
      // A stream that has begun cannot turn into a problem: the reader sees it end and resumes.
      if (!response.writableEnded) response.destroy()
      return
    }
    sendProblem(response, error, options.publicUrl)
  }
}

/** The middleware before that: what no route took. */
export const nothingHere: RequestHandler = () => {
  throw new SallyportError('request.not_found')
}

/** For what never becomes a request (`limitServer`). */
export const refusedBytes = (options: { publicUrl: string; log: Log }): RefusedBytes => ({
  body: (error, requestId) => problemDocument(error, requestId, options.publicUrl),
  tell: ({ code, status }, requestId) =>
    options.log.info({ event: 'bytes.refused', request_id: requestId, code, status }),
})
