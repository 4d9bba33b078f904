import { errors, isErrorCode, SallyportError, type ErrorCode } from '../protocol/errors.ts'
import { isRecord } from './shape.ts'

/** Reads problem JSON; where something else answers (a proxy), the status says what kind of error it is. */
export async function refusal(response: Response): Promise<SallyportError> {
  const problem: unknown = await response.json().catch(() => null)
  const body = isRecord(problem) ? problem : {}
  const code = isErrorCode(body['code']) ? body['code'] : codeOfStatus(response.status)
  const requestId = typeof body['request_id'] === 'string' ? body['request_id'] : undefined
  const param = typeof body['param'] === 'string' ? body['param'] : undefined
  const retryAfterMs = retryAfter(response, body)
  if (code === 'request.cursor_gone') return new CursorGone(body, requestId)
  return made(code, { requestId, param, retryAfterMs })
}

function retryAfter(response: Response, body: Record<string, unknown>): number | undefined {
  if (typeof body['retry_after_ms'] === 'number' && body['retry_after_ms'] >= 0) return body['retry_after_ms']
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return seconds >= 0 ? seconds * 1000 : undefined
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 429) return 'request.rate_limited'
  if (status === 502 || status === 503 || status === 504) return 'system.unavailable'
  if (status >= 500) return 'system.internal'
  if (status === 401) return 'auth.unauthenticated'
  if (status === 404) return 'request.not_found'
  return 'request.malformed'
}

interface Details {
  /** For whoever reads a log: what the code's own sentence cannot know. */
  more?: string
  requestId?: string | undefined
  param?: string | undefined
  retryAfterMs?: number | undefined
  cause?: unknown
}
export function made(code: ErrorCode, { more, requestId, param, retryAfterMs, cause }: Details): SallyportError {
  const error = new SallyportError(code, {
    ...(requestId !== undefined && { requestId }),
    ...(param !== undefined && { param }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(cause !== undefined && { cause }),
  })
  // A member's name: whatever else an answer may bring does not come into a log by it.
  if (param !== undefined && /^[A-Za-z][A-Za-z_.-]{0,63}$/.test(param)) error.message += ` The member: ${param}.`
  if (more !== undefined) error.message += ` ${more}`
  return error
}

/**
 * The cursor belongs to another log (a restored database) or is older than the log. Events between it and now cannot
 * be had, so the stream does not go on by itself: read what stands in `snapshot`, then follow from `cursor`.
 */
export class CursorGone extends SallyportError {
  /** Go on from here: `events({ after: error.cursor })`. */
  readonly cursor: string
  /** What the gateway says stands now, as it came; the captures of a conversation are better read by `captures.list`. */
  readonly snapshot: unknown
  constructor(body: Record<string, unknown>, requestId: string | undefined) {
    super('request.cursor_gone', requestId === undefined ? {} : { requestId })
    this.name = 'CursorGone'
    const snapshot = isRecord(body['snapshot']) ? body['snapshot'] : body
    this.snapshot = snapshot
    this.cursor = typeof snapshot['cursor'] === 'string' ? snapshot['cursor'] : 'latest'
  }
}

/** Whether asking again later may help, for loops that go on by themselves. */
export const mayRecover = (error: unknown): error is SallyportError =>
  error instanceof SallyportError && errors[error.code].retryable
