/**
 * The sandbox processor: an HTTP server of its own, reached by egress over the network like a real one. Test numbers
 * and amounts behave as DESIGN §10 says; amounts are in minor units.
 */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import express, { type NextFunction, type Request, type Response } from 'express'
import { idPattern } from '../../../../protocol/ids.ts'
import { httpLimits, limitServer, outerServerOptions } from '../../../http-limits.ts'
import { readJsonObject } from '../../../json-body.ts'
import type { Log } from '../../../log.ts'
import { Books } from './books.ts'
import {
  authorize,
  cancel,
  capture,
  challenge,
  type Payment,
  type PaymentRequest,
  Refusal,
  refund,
} from './payments.ts'

export interface SandboxConfig {
  host?: string
  /** 0 takes any free one. */
  port: number
  state_file: string
  /** The one account's API key. */
  secret: string
}

export interface RunningSandbox {
  port: number
  close(): Promise<void>
}

/** Amounts that end so: 91 is done and never answered, 92 is done and answered with a 5xx, 93 is slow. */
const endings = { never: 91, serverError: 92, slow: 93 } as const
const slowMs = 3_000
const neverMs = 60_000

interface RawRequest extends Request {
  rawBody?: Buffer
}

export async function startSandbox(
  config: SandboxConfig,
  now: () => Date = () => new Date(),
  log?: Log,
): Promise<RunningSandbox> {
  const books = new Books(config.state_file)
  const closing = new AbortController()
  const app = express().disable('x-powered-by')
  app.get('/healthz', (_request, response) => void response.json({ ok: true }))
  if (log !== undefined) app.use(traced(log))
  app.use(bearer(config.secret))
  app.use(async (request: RawRequest, _response: Response, next: NextFunction) => {
    request.body = await readJsonObject(request, httpLimits.processorBodyBytesMax, (raw) => {
      request.rawBody = raw
    })
    next()
  })

  /** A key's second use gives the first answer; the work itself is synchronous, so that no two run at once. */
  const once =
    (work: (request: Request) => Payment) =>
    async (request: RawRequest, response: Response): Promise<void> => {
      const name = request.get('idempotency-key')
      if (name === undefined || name.length > 255) throw new Refusal(400, 'invalid_request')
      const raw = Buffer.concat([Buffer.from(`${request.path}\n`), request.rawBody ?? Buffer.alloc(0)])
      const digest = createHmac('sha256', config.secret).update(raw).digest('base64url')
      const known = books.key(name)
      if (known !== undefined) {
        if (known.digest !== digest) throw new Refusal(409, 'idempotency_conflict')
        response.set('idempotent-replayed', 'true').status(known.status).json(known.answer)
        return
      }
      const payment = { ...work(request), updated_at: now().toISOString() }
      const status = payment.error === undefined ? 200 : 402
      books.write(payment, { name, digest, status, answer: payment })
      await asTheAmountSays(amountOf(request) ?? payment.amount, closing.signal)
      response.status(status).json(payment)
    }

  const known = (request: Request): Payment => {
    const id = request.params['id']
    const payment = typeof id === 'string' ? books.payment(id) : undefined
    if (payment === undefined) throw new Refusal(404, 'not_found')
    return payment
  }
  app.post(
    '/v1/payments',
    once((request) => authorize(paymentRequest(request.body), now())),
  )
  app.post(
    '/v1/payments/:id/capture',
    once((request) => {
      const payment = known(request)
      return capture(payment, amountOf(request) ?? payment.amount - payment.amount_captured)
    }),
  )
  app.post(
    '/v1/payments/:id/cancel',
    once((request) => cancel(known(request))),
  )
  app.post(
    '/v1/payments/:id/refunds',
    once((request) => {
      const payment = known(request)
      return refund(payment, amountOf(request) ?? payment.amount_captured - payment.amount_refunded)
    }),
  )
  // Stands for the issuer's page: what the customer did there.
  app.post('/v1/payments/:id/challenge', (request, response) => {
    const challenged = challenge(known(request), member(request.body, 'result') === 'passed')
    const payment = { ...challenged, updated_at: now().toISOString() }
    books.write(payment)
    response.json(payment)
  })
  app.get('/v1/payments/:id', (request, response) => void response.json(known(request)))
  app.get('/v1/payments', (request, response) => {
    const text = (name: string): string | undefined => {
      const value = request.query[name]
      return typeof value === 'string' ? value : undefined
    }
    const since = text('changed_since')
    if (since !== undefined) {
      const limit = Number(text('limit') ?? 50)
      if (Number.isNaN(Date.parse(since)) || !(limit >= 1 && limit <= 100)) throw new Refusal(400, 'invalid_request')
      const { data, left } = books.changed(new Date(since), text('after'), limit)
      return void response.json({ data, left, ...(data.length === 0 ? {} : { last: data.at(-1)?.id }) })
    }
    const data = books.list({ reference: text('reference'), order: text('order') })
    response.json({ data: data.slice(0, 100), count: data.length })
  })
  app.use((_request, _response) => {
    throw new Refusal(404, 'not_found')
  })
  app.use(refused)

  const server = createServer(outerServerOptions, app)
  limitServer(server, { body: ({ status }, id) => problem(codeOf(status), id) })
  server.listen(config.port, config.host ?? '127.0.0.1')
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', reject)
  })
  return {
    port: (server.address() as AddressInfo).port, // sound: it listens on TCP
    close: () =>
      new Promise((resolve) => {
        closing.abort()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function asTheAmountSays(amount: number, signal: AbortSignal): Promise<void> {
  const ending = amount % 100
  if (ending === endings.serverError) throw new Refusal(500, 'internal')
  if (ending === endings.slow) await delay(slowMs, undefined, { signal, ref: false })
  if (ending === endings.never) {
    await delay(neverMs, undefined, { signal, ref: false })
    throw new Refusal(504, 'timeout')
  }
}

/** A line a request, with the id that egress gave it: how a charge is followed to a processor's own logs. */
const traced =
  (log: Log) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const sent = request.get('x-request-id') ?? ''
    response.once('close', () => {
      const request_id = idPattern('req_').test(sent) ? sent : undefined
      log.info({ event: 'processor.answered', request_id, method: request.method, status: response.statusCode })
    })
    next()
  }

const bearer = (secret: string) => {
  const digest = (text: string): Buffer => createHmac('sha256', 'bearer').update(text).digest()
  const expected = digest(`Bearer ${secret}`)
  return (request: Request, _response: Response, next: NextFunction): void => {
    if (!timingSafeEqual(digest(request.get('authorization') ?? ''), expected)) throw new Refusal(401, 'unauthorized')
    next()
  }
}

const member = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null ? Object.getOwnPropertyDescriptor(body, name)?.value : undefined

function amountOf(request: Request): number | undefined {
  const amount = member(request.body, 'amount')
  if (amount === undefined) return undefined
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount < 1)
    throw new Refusal(400, 'invalid_request')
  return amount
}

function paymentRequest(body: unknown): PaymentRequest {
  const text = (of: unknown, name: string): string => {
    const value = member(of, name)
    if (typeof value !== 'string' || value.length === 0 || value.length > 128) throw new Refusal(400, 'invalid_request')
    return value
  }
  const whole = (of: unknown, name: string): number => {
    const value = member(of, name)
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1)
      throw new Refusal(400, 'invalid_request')
    return value
  }
  const card = member(body, 'card')
  const capture = member(body, 'capture')
  if (typeof capture !== 'boolean') throw new Refusal(400, 'invalid_request')
  return {
    amount: whole(body, 'amount'),
    currency: text(body, 'currency'),
    capture,
    reference: text(body, 'reference'),
    ...(member(body, 'order') === undefined ? {} : { order: text(body, 'order') }),
    ...(member(body, 'vault_token') === undefined ? {} : { vault_token: text(body, 'vault_token') }),
    card: {
      number: text(card, 'number'),
      exp_month: whole(card, 'exp_month'),
      exp_year: whole(card, 'exp_year'),
      ...(member(card, 'cvc') === undefined ? {} : { cvc: text(card, 'cvc') }),
      ...(member(card, 'network') === undefined ? {} : { network: text(card, 'network') }),
    },
  }
}

function refused(error: unknown, _request: Request, response: Response, _next: NextFunction): void {
  if (response.headersSent) return void response.destroy()
  if (error instanceof Error && error.name === 'AbortError') return void response.destroy()
  const { status, code } = error instanceof Refusal ? error : { status: statusOf(error), code: codeOf(statusOf(error)) }
  response
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify(problem(code, randomUUID())))
}

const problem = (code: string, requestId: string) => ({ error: { code, request_id: requestId } })
const codeOf = (status: number): string =>
  ({ 404: 'not_found', 408: 'timeout', 500: 'internal' })[status] ?? 'invalid_request'

/** Errors of the body and of the router say a status of their own. */
function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500
}
