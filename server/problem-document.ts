import { type ErrorCode, errors, type SallyportError } from '../protocol/errors.ts'

/** What a refusal says, whichever door says it (RFC 9457): one row of the table, never a value that came in. */
export interface Problem {
  type: string
  title: string
  status: number
  code: ErrorCode
  request_id: string
  param?: string
  retryable: boolean
  who: 'customer' | 'integrator' | 'operator'
}

export const problemType = 'application/problem+json'
export const requestIdHeader = 'sallyport-request-id'

export function problemDocument(error: SallyportError, requestId: string, publicUrl: string): Problem {
  const { status, retryable, say, who } = errors[error.code]
  return {
    type: `${publicUrl}/errors/${error.code}`,
    title: say,
    status,
    code: error.code,
    request_id: requestId,
    ...(error.param === undefined ? {} : { param: error.param }),
    retryable,
    who,
  }
}
