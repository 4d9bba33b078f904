/**
 * A body is one JSON object of bounded size, in UTF-8. It is refused at the first byte that is too many, without waiting
 * for the rest of it, and nothing is decompressed: a small body could be large.
 */
import type { IncomingMessage } from 'node:http'
import { SallyportError } from '../protocol/errors.ts'
import { httpLimits } from './http-limits.ts'

export const malformed = (param?: string): SallyportError =>
  new SallyportError('request.malformed', param === undefined ? {} : { param })

/** Throws SallyportError. The connection stays; what still comes of the request is bounded by `refused-bytes.ts`. */
export function readBytes(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
      return reject(new SallyportError('request.too_large'))
    }
    const parts: Buffer[] = []
    let length = 0
    const stop = (): void => {
      request.off('data', take)
      request.off('end', end)
      request.off('close', cut)
      request.off('error', cut)
      // What follows is thrown away, and an error of it is nobody's.
      request.on('error', () => undefined)
    }
    const take = (part: Buffer): void => {
      length += part.length
      if (length <= bytesMax) return void parts.push(part)
      stop()
      reject(new SallyportError('request.too_large'))
    }
    const end = (): void => {
      stop()
      resolve(Buffer.concat(parts, length))
    }
    const cut = (): void => {
      stop()
      reject(malformed())
    }
    request.on('data', take)
    request.on('end', end)
    request.on('close', cut)
    request.on('error', cut)
  })
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Throws `request.malformed` for bytes that are not UTF-8, not JSON, nested too deep, or that no database can keep. */
export function parseJson(bytes: Uint8Array): unknown {
  let value: unknown
  try {
    const text = strictUtf8.decode(bytes)
    if (depthOf(text) > httpLimits.bodyDepthMax) throw malformed()
    value = JSON.parse(text)
  } catch {
    throw malformed()
  }
  if (!isText(value)) throw malformed()
  return value
}

/** Postgres takes neither NUL nor half of a surrogate pair: let through, they would be its error and not the caller's. */
function isText(value: unknown): boolean {
  if (typeof value === 'string') return !/[\0\p{Surrogate}]/u.test(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, member]) => isText(name) && isText(member))
}

/** Brackets that stand open at once, outside of strings. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (const [sign] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (sign === '[' || sign === '{') deepest = Math.max(deepest, ++depth)
    else if (sign === ']' || sign === '}') depth -= 1
  }
  return deepest
}

/** JSON and nothing beside it; a charset, where one is named, is UTF-8. */
const jsonType = /^application\/json[ \t]*(?:;[ \t]*charset[ \t]*=[ \t]*"?utf-8"?[ \t]*)?$/i

const hasBody = (headers: IncomingMessage['headers']): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

/** An absent body is `{}`, since commands such as cancel need none. Throws SallyportError. */
export async function readJsonObject(
  request: IncomingMessage,
  bytesMax: number,
  seen?: (bytes: Buffer) => void,
): Promise<object> {
  if (!hasBody(request.headers)) return {}
  if (!jsonType.test(request.headers['content-type'] ?? '')) throw malformed('Content-Type')
  if (request.headers['content-encoding'] !== undefined) throw malformed('Content-Encoding')
  const bytes = await readBytes(request, bytesMax)
  seen?.(bytes)
  if (bytes.length === 0) return {}
  const value = parseJson(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed()
  return value
}

type Next = (error?: unknown) => void

/** The same as a middleware. */
export const jsonBody =
  (bytesMax: number) =>
  (request: IncomingMessage & { body?: unknown }, _response: unknown, next: Next): void => {
    readJsonObject(request, bytesMax).then((body) => {
      request.body = body
      next()
    }, next)
  }
