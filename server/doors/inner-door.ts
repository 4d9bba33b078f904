/**
 * A process's inner door: HTTP on a Unix socket, for the processes that its table of routes names. Every request but
 * the health checks and the metrics is signed. Errors go out as problem documents that hold a code, never a value.
 */
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { dirname } from 'node:path'
import { type ErrorCode, SallyportError } from '../../protocol/errors.ts'
import { idPattern, makeId } from '../../protocol/ids.ts'
import type { CallerDoor, Jwk, Role } from '../config.ts'
import { httpLimits, innerLimits, innerServerOptions, limitServer } from '../http-limits.ts'
import { parseJson, readBytes } from '../json-body.ts'
import { type Drainable, drainable, type DrainOptions } from '../drain.ts'
import type { Log } from '../log.ts'
import { expositionType } from '../metrics/registry.ts'
import type { CountRequest } from '../metrics/requests.ts'
import { problemType } from '../problem-document.ts'
import { withRequestId } from '../request-id.ts'
import { whileOpen } from '../while-open.ts'
import { requestIdHeader, requestVerifier, signatureHeader } from './request-signature.ts'
import type { ShownFile } from './shown-file.ts'

export interface InnerRequest {
  caller: Role
  requestId: string
  /** The `:name` segments of the route. */
  params: Readonly<Record<string, string>>
  query: URLSearchParams
  /** Aborted when the caller has gone away: a long poll ends early. */
  signal: AbortSignal
}

/**
 * `body` is what JSON gave, unparsed by shape (undefined for a GET). The answer is sent as JSON with status 200.
 * A SallyportError becomes its own problem; anything else `system.internal`.
 */
export type InnerHandler = (body: unknown, request: InnerRequest) => Promise<unknown>

export interface InnerRoute {
  callers: readonly Role[]
  /** Where a request is larger than between processes is usual. */
  bodyBytesMax?: number
  handle: InnerHandler
}

/** 'POST /captures/:id/cancel' → who may call it and what it does. */
export type InnerRoutes = Readonly<Record<string, InnerRoute>>

export interface InnerDoorOptions {
  audience: Role
  /** The pinned public request key of each caller. */
  callers: Partial<Record<Role, Jwk>>
  routes: InnerRoutes
  /** Path of the socket, at most 107 bytes; its folder is made 0700 where it is missing. */
  socket: string
  /** The same door at further sockets, one a caller: there, that caller's signature alone is taken. */
  doors?: readonly CallerDoor[] | undefined
  log: Log
  /** What /readyz asks; resolves to false or rejects while the process cannot serve. */
  ready?: () => Promise<boolean>
  now?: () => number
  /** Names this start; random without it. */
  bootId?: string
  /** What /metrics answers; without it there is no such route. */
  metrics?: () => Promise<string>
  /** Files for whoever may open the socket, without a signature; null where there is none of that path. */
  shows?: { under: string; file: (path: string) => Promise<ShownFile | null> }
  /** Told of every answer. */
  count?: CountRequest
}

export interface InnerDoor {
  bootId: string
  /** Long polls end at once, other requests under way are answered; the sockets are removed. */
  close(options?: DrainOptions): Promise<void>
}

interface CompiledRoute extends InnerRoute {
  name: string
  method: string
  segments: readonly string[]
}

export async function innerDoor(options: InnerDoorOptions): Promise<InnerDoor> {
  const bootId = options.bootId ?? randomUUID()
  const verify = requestVerifier(`${options.audience}:${bootId}`, options.callers, options.now)
  const routes = Object.entries(options.routes).map(([name, route]): CompiledRoute => {
    const [method = '', path = ''] = name.split(' ')
    return { ...route, name: path, method, segments: path.split('/') }
  })

  const tell = ({ code }: SallyportError, requestId: string): void =>
    options.log.info({ event: 'inner.refused', request_id: requestId, code })

  const closing = new AbortController()
  const signalFor = whileOpen(closing.signal)
  const doors: Drainable[] = []

  /** `only`: who may call at this socket; undefined where all callers may. */
  function makeServer(only?: Role): Server {
    const server = createServer(innerServerOptions, (request, response) => {
      const sentId = request.headers[requestIdHeader]
      const requestId = typeof sentId === 'string' && idPattern('req_').test(sentId) ? sentId : makeId('req_')
      void withRequestId(requestId, () => serve(request, response, requestId, only))
    })
    limitServer(server, { body: problemBody, tell }, innerLimits.connectionsMax)
    doors.push(drainable(server))
    return server
  }

  async function serve(
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    only?: Role,
  ): Promise<void> {
    const began = performance.now()
    const method = request.method ?? ''
    const url = request.url ?? ''
    const queryAt = url.indexOf('?')
    const path = queryAt < 0 ? url : url.slice(0, queryAt)
    const found = match(routes, method, path)
    // The pattern, never the path: whoever reaches the socket may write there what they like.
    const route = found?.route.name ?? null
    try {
      if (method === 'GET' && path === '/healthz') return answer(response, 200, requestId, { ok: true })
      if (method === 'GET' && path === '/readyz') return await readyz(response, requestId)
      if (method === 'GET' && path === '/metrics' && options.metrics !== undefined) {
        return exposition(response, await options.metrics())
      }
      if (
        method === 'GET' &&
        only === undefined &&
        options.shows !== undefined &&
        path.startsWith(options.shows.under)
      ) {
        const file = await options.shows.file(path)
        if (file === null) throw new SallyportError('request.not_found')
        return showFile(response, file)
      }
      const body = await readBytes(request, found?.route.bodyBytesMax ?? httpLimits.innerBodyBytesMax)
      const signature = request.headers[signatureHeader]
      if (typeof signature !== 'string') throw new SallyportError('auth.unauthenticated')
      const verdict = await verify(signature, { method, path: url, body })
      if (!verdict.ok) {
        if (verdict.why === 'bad') throw new SallyportError('auth.unauthenticated')
        return problem(response, requestId, new SallyportError('auth.replayed'), { boot: bootId })
      }
      const { caller } = verdict
      // Signed with the key of a process that has a socket of its own: somebody else holds that key.
      if (only !== undefined && caller !== only) throw new SallyportError('auth.unauthenticated')
      if (found === null) throw new SallyportError('request.not_found')
      if (!found.route.callers.includes(caller)) throw new SallyportError('auth.forbidden')
      const result = await found.route.handle(body.length === 0 ? undefined : parseJson(body), {
        caller,
        requestId,
        params: found.params,
        query: new URLSearchParams(queryAt < 0 ? '' : url.slice(queryAt + 1)),
        signal: signalFor(response),
      })
      answer(response, 200, requestId, result ?? {})
      const ms = Math.round(performance.now() - began)
      options.log.info({ event: 'inner.answered', request_id: requestId, caller, method, route, status: 200, ms })
      options.count?.({ route: `${method} ${route}`, status: 200, code: 'ok', ms })
    } catch (error) {
      const known = error instanceof SallyportError ? error : new SallyportError('system.internal', { cause: error })
      const ms = Math.round(performance.now() - began)
      const fields = { event: 'inner.refused', request_id: requestId, code: known.code, method, route, ms } as const
      options.count?.({ route: `${method} ${route}`, status: known.status, code: known.code, ms })
      if (known.status >= 500) options.log.error({ ...fields, event: 'inner.failed', error: known.cause ?? known })
      else options.log.info(fields)
      problem(response, requestId, known)
    }
  }

  async function readyz(response: ServerResponse, requestId: string): Promise<void> {
    const ready = !closing.signal.aborted && (options.ready === undefined || (await options.ready().catch(() => false)))
    if (!ready) throw new SallyportError('system.unavailable')
    answer(response, 200, requestId, { ok: true })
  }

  await listen(makeServer(), options.socket, 0o600)
  for (const { caller, socket } of options.doors ?? []) {
    // Its folder decides who may come here: the callee's, to be entered by the caller's group.
    await listen(makeServer(caller), socket, 0o660)
  }

  return {
    bootId,
    close: async (drainOptions) => {
      closing.abort()
      await Promise.all(doors.map((door) => door.drain(drainOptions)))
    },
  }
}

async function listen(server: Server, socket: string, mode: number): Promise<void> {
  mkdirSync(dirname(socket), { recursive: true, mode: 0o700 })
  // A socket file that a killed process left would make listen fail.
  rmSync(socket, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, () => {
      server.off('error', reject)
      resolve()
    })
  })
  chmodSync(socket, mode)
}

function match(routes: readonly CompiledRoute[], method: string, path: string) {
  const segments = path.split('/')
  for (const route of routes) {
    if (route.method !== method || route.segments.length !== segments.length) continue
    const params: Record<string, string> = {}
    const fits = route.segments.every((expected, index) => {
      const actual = segments[index] ?? ''
      if (!expected.startsWith(':')) return expected === actual
      params[expected.slice(1)] = actual
      return actual !== ''
    })
    if (fits) return { route, params }
  }
  return null
}

function answer(
  response: ServerResponse,
  status: number,
  requestId: string,
  body: unknown,
  type = 'application/json',
): void {
  if (response.headersSent || response.destroyed) return
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length, [requestIdHeader]: requestId })
  response.end(bytes)
}

function exposition(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': expositionType, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

function showFile(response: ServerResponse, { type, body }: ShownFile): void {
  response.writeHead(200, { 'content-type': type, 'content-length': body.length })
  response.end(body)
}

export interface InnerProblem {
  type: string
  code: ErrorCode
  request_id: string
  param?: string
  retry_after_ms?: number
  /** With auth.replayed: the callee's present start, to sign for. */
  boot?: string
}

export function problemBody(error: SallyportError, requestId: string): InnerProblem {
  return {
    type: `urn:sallyport:error:${error.code}`,
    code: error.code,
    request_id: requestId,
    ...(error.param === undefined ? {} : { param: error.param }),
    ...(error.retryAfterMs === undefined ? {} : { retry_after_ms: error.retryAfterMs }),
  }
}

function problem(response: ServerResponse, requestId: string, error: SallyportError, more: { boot?: string } = {}) {
  answer(response, error.status, requestId, { ...problemBody(error, requestId), ...more }, problemType)
}
