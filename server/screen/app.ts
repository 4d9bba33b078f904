/** The screen's one door. Parse, call, answer; the logic is in the files that are called. */
import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
import helmet from 'helmet'
import { SallyportError } from '../../protocol/errors.ts'
import { accessLog } from '../access-log.ts'
import { httpLimits, screenLimits } from '../http-limits.ts'
import { readJsonObject } from '../json-body.ts'
import type { Log } from '../log.ts'
import type { CountRequest } from '../metrics/requests.ts'
import { nothingHere, problems, requestIdOf, requestIds, toSallyportError } from '../problem.ts'
import { problemDocument } from '../problem-document.ts'
import { whileOpen } from '../while-open.ts'
import type { Screen } from './screen.ts'
import { parse, screenRequest, streamQuery } from './shapes.ts'
import { streamTurn } from './stream.ts'

export interface AppParts {
  screen: Screen
  publicUrl: string
  log: Log
  count: CountRequest
  trustProxy?: string[] | undefined
  closing: AbortSignal
  ready(): boolean
  metrics(): Promise<string>
}

export function makeApp(parts: AppParts): Express {
  const { screen, publicUrl, log } = parts
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', false)
  app.enable('case sensitive routing')
  app.enable('strict routing')
  app.set('trust proxy', parts.trustProxy ?? false)
  app.use(requestIds, accessLog(log, parts.count))
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
      referrerPolicy: { policy: 'no-referrer' },
    }),
  )
  app.get('/healthz', (_request, response) => void response.json({ ok: true }))
  app.get('/readyz', (_request, response) => {
    const ok = parts.ready()
    response.status(ok ? 200 : 503).json({ ok })
  })
  app.get('/metrics', async (_request, response) => {
    response.type('text/plain').send(await parts.metrics())
  })

  const signalFor = whileOpen(parts.closing)
  app.post('/v1/screen', bearer, async (request, response) => {
    const { conversation, ...body } = parse(screenRequest, await inTime(request, response))
    response.setHeader('Cache-Control', 'no-store')
    response.json(screen.turns({ authorization: authorizationOf(response), conversation }, body))
  })
  app.post('/v1/screen/stream', bearer, async (request, response) => {
    const { conversation, ...query } = parse(streamQuery, queryOf(request.originalUrl))
    if (request.headers['content-encoding'] !== undefined || !/^text\/plain\b/i.test(request.get('content-type') ?? ''))
      throw new SallyportError('request.malformed', { param: 'Content-Type' })
    const turn = screen.open({ authorization: authorizationOf(response), conversation }, query)
    await streamTurn(request, response, {
      turn,
      signal: signalFor(response),
      problem: (thrown) => {
        const error = toSallyportError(thrown)
        response.locals['code'] = error.code
        return problemDocument(error, requestIdOf(response), publicUrl)
      },
    })
  })
  app.use(nothingHere)
  app.use(problems({ publicUrl, log }))
  return app
}

/**
 * The form of a secret key: whether it is one, the gateway says when findings are told. It keeps callers apart, and the
 * text that comes back is the caller's own in any case.
 */
const bearer: RequestHandler = (request, response, next) => {
  const { authorization = '' } = request.headers
  if (!/^Bearer sk_(test|live)_[A-Za-z0-9]{24,64}$/.test(authorization))
    throw new SallyportError('auth.unauthenticated')
  response.locals['authorization'] = authorization
  next()
}
// Sound: set by `bearer`, which stands before every route that reads it.
const authorizationOf = (response: Response): string => response.locals['authorization'] as string

/** The server's own time-out is for streams; a body that comes whole has less. */
function inTime(request: Request, response: Response): Promise<object> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // Nobody waits for the rest of it.
      response.setHeader('Connection', 'close')
      reject(new SallyportError('request.timeout'))
    }, screenLimits.bodyMsMax)
    readJsonObject(request, httpLimits.screenBodyBytesMax)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
}

function queryOf(url: string): Record<string, string> {
  const at = url.indexOf('?')
  const members: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(at < 0 ? '' : url.slice(at + 1))) {
    // Nobody knows which one of two counts.
    if (Object.hasOwn(members, name)) throw new SallyportError('request.malformed')
    members[name] = value
  }
  return members
}
