import type { Server, ServerOptions } from 'node:http'
import express, { type RequestHandler } from 'express'
import { SallyportError } from '../protocol/errors.ts'

/** What an outer door takes from a stranger, each number with its reason. */
export const httpLimits = {
  /** A key, an Idempotency-Key, a cursor and what proxies add stay far below; Node's own default is as large. */
  headerBytesMax: 16_384,
  /** More than any client or chain of proxies sends. */
  headerCountMax: 100,
  /** A client that drips its headers holds a socket; honest ones send them in one packet. */
  headersTimeoutMs: 10_000,
  /** For the whole request, body included: 16 kB in 20 s is a very slow phone. Answers may take longer (streams). */
  requestTimeoutMs: 20_000,
  /** Longer than the 60 s after which usual load balancers let go, so that it is not us who close under a request. */
  keepAliveTimeoutMs: 65_000,
  /** How often the two time-outs above are looked at. */
  connectionsCheckMs: 5_000,
  /** Each stream holds one; file descriptors usually end at 1024, and the database and the log need theirs. */
  connectionsMax: 800,
  /** An Idempotency-Key is a UUID or an order number; longer ones are somebody's payload. */
  idempotencyKeyLengthMax: 255,
  /** Streams and long polls of one tenant: a client that forgets to close them must not starve the others. */
  waitingReadersPerTenantMax: 200,
  /** Below the 30 s to 60 s after which usual proxies cut a silent stream. */
  heartbeatMs: 15_000,
  /** A reader that does not read is let go; it comes back with its cursor. */
  slowReaderMs: 30_000,
  /** The supervisor gives a process 3 s to drain; answers under way get most of it. */
  drainMs: 2_000,
} as const

/** For `http.createServer`. */
export const outerServerOptions: ServerOptions = {
  maxHeaderSize: httpLimits.headerBytesMax,
  headersTimeout: httpLimits.headersTimeoutMs,
  requestTimeout: httpLimits.requestTimeoutMs,
  keepAliveTimeout: httpLimits.keepAliveTimeoutMs,
  connectionsCheckingInterval: httpLimits.connectionsCheckMs,
}

/** The limits that are properties of the server rather than options. */
export function limitServer(server: Server): void {
  server.maxConnections = httpLimits.connectionsMax
  server.maxHeadersCount = httpLimits.headerCountMax
}

/** Stops accepting, lets answers finish for `drainMs`, then closes what is left. */
export async function drainServer(server: Server, drainMs: number = httpLimits.drainMs): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  // A kept-alive connection whose answer ends now is idle only then, and nothing else closes it.
  const idle = setInterval(() => server.closeIdleConnections(), 25)
  const timer = setTimeout(() => server.closeAllConnections(), drainMs)
  await closed
  clearInterval(idle)
  clearTimeout(timer)
}

/**
 * Bodies are JSON objects of bounded size. An absent body is `{}`, since commands such as cancel need none; a body of
 * another type is refused before it is read.
 */
export function jsonBody(bytesMax: number): RequestHandler[] {
  const refuseOtherTypes: RequestHandler = (request, _response, next) => {
    if (hasBody(request.headers) && !request.is('application/json')) {
      throw new SallyportError('request.malformed', { param: 'Content-Type' })
    }
    next()
  }
  const parse = express.json({ limit: bytesMax, strict: true, inflate: false, type: 'application/json' })
  const absentIsEmpty: RequestHandler = (request, _response, next) => {
    request.body ??= {}
    next()
  }
  return [refuseOtherTypes, parse, absentIsEmpty]
}

const hasBody = (headers: { [name: string]: string | string[] | undefined }): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
