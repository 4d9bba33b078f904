import { randomUUID } from 'node:crypto'
import type { Response } from 'express'

/** What the shop's server answers when it does not do what it was asked: a code, an id, and nothing that was sent. */
const codes = {
  malformed: 400,
  conversation_gone: 404,
  form_gone: 404,
  not_found: 404,
  timeout: 408,
  too_large: 413,
  enough: 429,
  headers_too_large: 431,
  internal: 500,
} as const
export type ShopCode = keyof typeof codes

export const problem = (code: ShopCode, requestId: string = randomUUID()) => ({
  type: 'about:blank',
  status: codes[code],
  code,
  request_id: requestId,
})

export function refuse(response: Response, code: ShopCode): void {
  response.status(codes[code]).type('application/problem+json').set('cache-control', 'no-store')
  response.send(JSON.stringify(problem(code)))
}

/** For errors that say a status of their own: those of the body, the router, and what the server refuses by itself. */
export function codeOf(error: unknown): ShopCode {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined
  if (typeof status !== 'number' || status < 400 || status > 499) return 'internal'
  const known = { 404: 'not_found', 408: 'timeout', 413: 'too_large', 431: 'headers_too_large' } as const
  return (known as Record<number, ShopCode>)[status] ?? 'malformed'
}
