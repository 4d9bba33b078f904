import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
import helmet from 'helmet'
import { SallyportError } from '../../protocol/errors.ts'
import { httpLimits } from '../http-limits.ts'
import { jsonBody } from '../json-body.ts'
import { accessLog } from '../access-log.ts'
import type { Log } from '../log.ts'
import type { CountRequest } from '../metrics/requests.ts'
import { nothingHere, problems, requestIdOf, requestIds } from '../problem.ts'
import { type WhileOpen, whileOpen } from '../while-open.ts'
import { idempotencyKey } from './idempotency.ts'
import type { Caller, Keys } from './keys.ts'
import { parseBody, parseQuery } from './parse.ts'
import type { PublicRoute } from './public-routes.ts'
import type { Reply, Route } from './routes.ts'

/**
 * The outer door: every described route in Express, each behind the same steps in the same order: request id, headers,
 * key, size, shape, handler. A key is asked for before a body is read.
 */
export interface AppParts {
  routes: readonly Route[]
  publicRoutes: readonly PublicRoute[]
  keys: Keys
  publicUrl: string
  log: Log
  /** Told of every answer. */
  count: CountRequest
  /** CIDRs of proxies whose X-Forwarded-For is believed. */
  trustProxy?: string[] | undefined
  /** Readers that wait are let go when this is aborted. */
  closing: AbortSignal
}

export function makeApp(parts: AppParts): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag') // answers are not to be kept at all
  app.set('query parser', false)
  app.enable('case sensitive routing')
  app.enable('strict routing')
  app.set('trust proxy', parts.trustProxy ?? false)
  app.use(requestIds, accessLog(parts.log, parts.count))
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
      referrerPolicy: { policy: 'no-referrer' },
    }),
  )
  for (const { path, handle } of parts.publicRoutes) app.get(path, handle)
  const authenticate = authentication(parts.keys)
  const signalFor = whileOpen(parts.closing)
  for (const described of parts.routes) {
    const body = described.body === undefined ? [] : [jsonBody(httpLimits.agentBodyBytesMax)]
    app[described.method](described.path, authenticate, ...body, run(described, signalFor))
  }
  app.use(nothingHere)
  app.use(problems({ publicUrl: parts.publicUrl, log: parts.log }))
  return app
}

const authentication =
  (keys: Keys): RequestHandler =>
  async (request, response, next) => {
    response.locals['caller'] = await keys.authenticate(request.headers.authorization)
    next()
  }

// Sound: set by `authentication`, which stands before every route that reads it.
const callerOf = (response: Response): Caller => response.locals['caller'] as Caller

function run(described: Route, signalFor: WhileOpen): RequestHandler {
  return async (request, response) => {
    const signal = signalFor(response)
    const id = request.params['id']
    if (described.id !== undefined && (typeof id !== 'string' || !described.id.test(id))) {
      throw new SallyportError('request.not_found')
    }
    const key = request.get('idempotency-key')
    const lastEventId = request.get('last-event-id')
    const caller = callerOf(response)
    const reply = await described.handle({
      caller,
      tenant: caller.tenant,
      requestId: requestIdOf(response),
      id: typeof id === 'string' ? id : '',
      // Looked at on every route, so that a card number in it is refused on every route.
      idempotencyKey: idempotencyKey(key, described.idempotency === 'required'),
      body: described.body && parseBody(described.body, request.body),
      query: described.query && parseQuery(described.query, queryOf(request.originalUrl)),
      lastEventId: lastEventId === '' ? undefined : lastEventId,
      wantsStream: described.streams === true && wantsStream(request),
      signal,
    })
    await send(response, reply)
  }
}

/** A HEAD request has no body to stream: it is answered as a page. */
const wantsStream = (request: Request): boolean =>
  request.method === 'GET' && request.accepts(['application/json', 'text/event-stream']) === 'text/event-stream'

async function send(response: Response, reply: Reply): Promise<void> {
  if ('stream' in reply) return reply.stream(response)
  if (response.destroyed) return
  if (reply.replayed === true) response.setHeader('Idempotent-Replayed', 'true')
  response.setHeader('Cache-Control', 'no-store')
  response.status(reply.status).type('application/json').send(JSON.stringify(reply.body))
}

const queryOf = (url: string): URLSearchParams => {
  const at = url.indexOf('?')
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
}
