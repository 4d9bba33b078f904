/** intake's outer door: the capture origin. Parse, call, answer; the logic is in the files that are called. */
import express, { type Request, type Response } from 'express'
import helmet from 'helmet'
import { SallyportError } from '../../protocol/errors.ts'
import { accessLog } from '../access-log.ts'
import { errorPages } from '../errors-page.ts'
import { httpLimits } from '../http-limits.ts'
import { jsonBody } from '../json-body.ts'
import type { CountRequest } from '../metrics/requests.ts'
import { nothingHere, problems, requestIds } from '../problem.ts'
import { securityTxtPath, serveSecurityTxt } from '../security-txt.ts'
import { type WhileOpen, whileOpen } from '../while-open.ts'
import { attach } from './attach.ts'
import type { Intake } from './context.ts'
import { openLink, pickPhrase } from './link.ts'
import { frameAssets, framePage, linkPage } from './page.ts'
import { cancel, progress, watch } from './progress.ts'
import { linkRefusals, Refusals } from './refusals.ts'
import { bearer } from './secrets.ts'
import {
  attachRequest,
  cancelRequest,
  linkOpenRequest,
  linkPickRequest,
  parse,
  progressRequest,
  submitRequest,
  watchRequest,
} from './shapes.ts'
import { submit } from './submit.ts'

type Answer = (request: Request, secret: string, signal: AbortSignal, response: Response) => Promise<unknown>

/** A form that waits is answered at once when the process ends. */
const answering =
  (signalFor: WhileOpen) =>
  (answer: Answer) =>
  async (request: Request, response: Response): Promise<void> => {
    const signal = signalFor(response)
    response.setHeader('Cache-Control', 'no-store')
    response.json(await answer(request, bearer(request), signal, response))
  }

/** Calls back when the answer has left, whole or not; at once where the caller has gone before. */
const answered =
  (response: Response) =>
  (told: (whole: boolean) => void): void => {
    if (response.closed) told(false)
    else response.once('close', () => told(response.writableFinished))
  }

export interface OuterParts {
  /** Told of every answer. */
  count: CountRequest
  /** Aborted when the process ends. */
  closing: AbortSignal
}

export function outerDoor(intake: Intake, { count, closing }: OuterParts): express.Express {
  const { config, log, now } = intake
  const post = answering(whileOpen(closing))
  const refusals = new Refusals({ ...linkRefusals, now })
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', config.trust_proxy ?? false)
  app.use(requestIds, accessLog(log, count))
  app.use(
    helmet({
      contentSecurityPolicy: false,
      crossOriginResourcePolicy: false,
      frameguard: false,
      // Asked for by a header, a process of one's own replaces the one that the browser has begun: the form came five
      // times later than an empty iframe. Of its site there is nothing else to be kept apart from (DESIGN §6).
      originAgentCluster: false,
      referrerPolicy: { policy: 'no-referrer' },
    }),
  )
  app.get('/f/:key', framePage(intake))
  app.get('/l', linkPage(intake))
  for (const { path, handle } of errorPages) app.get(path, handle)
  app.get(securityTxtPath, serveSecurityTxt({ contact: config.security_contact, publicUrl: config.public_url, now }))
  app.get('/assets/:name', frameAssets(intake))
  app.use('/v1', sameOrigin(config.public_url), jsonBody(httpLimits.captureBodyBytesMax))
  app.post(
    '/v1/attach',
    post((request, secret) => attach(intake, parse(attachRequest, request.body), secret)),
  )
  app.post(
    '/v1/link/open',
    post((request, secret) =>
      refusals.bounded(request.ip, () => openLink(intake, parse(linkOpenRequest, request.body), secret)),
    ),
  )
  app.post(
    '/v1/link/pick',
    post((request, secret) =>
      refusals.bounded(request.ip, () => pickPhrase(intake, parse(linkPickRequest, request.body), secret)),
    ),
  )
  app.post(
    '/v1/progress',
    post((request, secret) => progress(intake, parse(progressRequest, request.body), secret)),
  )
  app.post(
    '/v1/submit',
    post((request, secret) => submit(intake, parse(submitRequest, request.body), secret, request.ip)),
  )
  app.post(
    '/v1/cancel',
    post((request, secret) => cancel(intake, parse(cancelRequest, request.body), secret)),
  )
  app.post(
    '/v1/watch',
    post((request, secret, signal, response) =>
      watch(intake, parse(watchRequest, request.body), secret, { signal, onAnswered: answered(response) }),
    ),
  )
  app.use(nothingHere)
  app.use(problems({ publicUrl: config.public_url, log }))
  return app
}

/** Browsers say where a request comes from; one from another page's script is not the frame's. */
function sameOrigin(publicUrl: string): express.RequestHandler {
  const own = new URL(publicUrl).origin
  return (request, _response, next) => {
    const { origin } = request.headers
    if (origin !== undefined && origin !== own) throw new SallyportError('request.not_found')
    next()
  }
}
