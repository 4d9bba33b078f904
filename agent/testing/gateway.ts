import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CaptureAnswer, ChargeAnswer } from '../../protocol/agent-http.ts'
import { fold, type Capture, type CaptureCommand, type NewCapture } from '../../protocol/capture.ts'
import type { ChargeOperation } from '../../protocol/charge.ts'
import { decide } from '../../protocol/decide.ts'
import { errors, SallyportError, type ErrorCode } from '../../protocol/errors.ts'
import { parseEvent, type SallyportEvent } from '../../protocol/events.ts'
import { makeId } from '../../protocol/ids.ts'
import { findingKinds } from '../../protocol/leak-words.ts'
import { leakReport } from '../../protocol/leaks.ts'
import type { CaptureLink } from '../../protocol/link.ts'

/**
 * A gateway in memory for tests of agent code: the real capture machine and the real event shapes over HTTP, without
 * vault, database or card. `faults` spoils answers on purpose. Card choice by amount's end is the sandbox processor's.
 */
export interface Fault {
  path: RegExp
  status?: number
  code?: ErrorCode
  retryAfterMs?: number
  param?: string
  hangUp?: 'before' | 'after'
}
export interface FakeGateway {
  url: string
  secretKey: string
  /** Taken one by one by the first request that matches. */
  faults: Fault[]
  requests: {
    method: string
    path: string
    key: string | undefined
    body: unknown
    headers: IncomingMessage['headers']
  }[]
  events: SallyportEvent[]
  /** How many events a stream carries before it is cut; 0: streams carry nothing at all. */
  cutStreamsAfter: number
  /** Sends the event before the cursor once more, as a network that repeats would. */
  repeats: boolean
  /** Cursors before this index are gone. */
  goneBefore: number
  act(id: string, command: CaptureCommand): void
  /** The customer fills the form with a card that the bank will treat like this. */
  fill(id: string, card?: 'visa' | 'declined' | 'insufficient_funds'): void
  close(): Promise<void>
}

const tenant = 'ten_aaaaaaaaaaaaaaaaaaaaaaaaaa'
const faces = { visa: '4242', declined: '0002', insufficient_funds: '9995' } as const
type Json = Record<string, unknown>

export async function startFakeGateway(): Promise<FakeGateway> {
  const captures = new Map<string, Capture>()
  const charges = new Map<string, ChargeAnswer>()
  const keys = new Map<string, { body: string; answer: unknown }>()
  const banks = new Map<string, keyof typeof faces>()
  const waiting = new Set<() => void>()

  const announce = (subject: string, type: string, data: Json, conversation?: string): SallyportEvent => {
    const sequence = gateway.events.filter((event) => event.subject === subject).length + 1
    const event = parseEvent({
      specversion: '1.0',
      id: makeId('evt_'),
      source: `/tenants/${tenant}`,
      subject,
      time: new Date().toISOString(),
      sequence,
      datacontenttype: 'application/json',
      ...(conversation && { conversation }),
      type,
      data,
    })
    gateway.events.push(event)
    for (const wake of waiting) wake()
    return event
  }

  const run = (id: string, command: CaptureCommand, birth?: NewCapture): void => {
    const before = captures.get(id) ?? null
    const decision = decide(before, command)
    if (!decision.ok) throw new SallyportError(decision.code)
    let capture = before
    for (const event of decision.events) {
      capture = fold(capture, event, birth)
      captures.set(id, capture)
      announce(id, event.type, event.data, capture.conversation)
    }
  }

  const fill = (id: string, card: keyof typeof faces = 'visa'): void => {
    const amount = captures.get(id)?.amount ?? { amount_minor: 1, currency: 'EUR' }
    if (captures.get(id)?.attached !== true) run(id, { kind: 'attach', channel: 'web' })
    const epoch = captures.get(id)?.epoch ?? 0
    run(id, { kind: 'field_completed', epoch, field: 'number', brand: 'visa', last4: faces[card] })
    run(id, { kind: 'submit', epoch })
    const token = makeId('tok_test_')
    banks.set(token, card)
    run(id, {
      kind: 'complete',
      token: {
        id: token,
        uses: 1,
        amount_max_minor: amount.amount_minor,
        currency: amount.currency,
        not_after: inAnHour(),
      },
      card: { brand: 'visa', last4: faces[card], exp_month: 12, exp_year: 2031 },
    })
  }

  const charge = (body: Json, id: string): ChargeAnswer => {
    const bank = banks.get(String(body['token']))
    if (bank === undefined) throw new SallyportError('request.not_found')
    const source = [...captures.values()].find((capture) => capture.token?.id === body['token'])
    const amountMinor = Number(body['amount_minor'])
    if (amountMinor > (source?.token?.amount_max_minor ?? 0)) throw new SallyportError('policy.amount_exceeds_mandate')
    const code =
      bank === 'declined'
        ? 'processor.declined'
        : bank === 'insufficient_funds'
          ? 'processor.insufficient_funds'
          : undefined
    const unknown = code === undefined && amountMinor % 100 === 91
    const operation: ChargeOperation = body['operation'] === 'authorize' ? 'authorize' : 'sale'
    const state = code ? 'declined' : unknown ? 'unknown' : operation === 'authorize' ? 'authorized' : 'captured'
    const trouble: ErrorCode | undefined = code ?? (unknown ? 'processor.unknown_outcome' : undefined)
    const error = trouble && {
      code: trouble,
      category: 'processor',
      retryable: errors[trouble].retryable,
      who: errors[trouble].who,
    }
    const card = { brand: 'visa', last4: faces[bank] }
    const common = {
      token: String(body['token']),
      amount_minor: amountMinor,
      currency: String(body['currency']),
      operation,
      ...(typeof body['reference'] === 'string' && { reference: body['reference'] }),
    }
    const answer: ChargeAnswer = {
      id,
      state,
      ...common,
      processor: 'sandbox',
      card,
      amount_authorized_minor: state === 'captured' || state === 'authorized' ? amountMinor : 0,
      amount_captured_minor: state === 'captured' ? amountMinor : 0,
      amount_refunded_minor: 0,
      ...(error && { error: { ...error, say: errors[error.code].say } }),
      created_at: new Date().toISOString(),
      updated_at: new Date().toISOString(),
    }
    charges.set(id, answer)
    announce(id, 'charge.created', { state: 'created', ...common, card }, source?.conversation)
    announce(
      id,
      `charge.${state}`,
      {
        state,
        ...common,
        ...(state !== 'unknown' && { card }),
        ...(error ?? {}),
        ...(state === 'captured' && { amount_captured_minor: amountMinor }),
      },
      source?.conversation,
    )
    return answer
  }

  const settle = (id: string): ChargeAnswer => {
    const found = charges.get(id)
    if (found === undefined) throw new SallyportError('request.not_found')
    if (found.state !== 'unknown') return found
    const { error: _gone, ...rest } = found
    const known: ChargeAnswer = {
      ...rest,
      state: 'captured',
      amount_authorized_minor: found.amount_minor,
      amount_captured_minor: found.amount_minor,
    }
    charges.set(id, known)
    announce(id, 'charge.captured', {
      state: 'captured',
      token: found.token,
      amount_minor: found.amount_minor,
      currency: found.currency,
      operation: 'sale',
      amount_captured_minor: found.amount_minor,
    })
    return known
  }

  const take = (id: string, body: Json): ChargeAnswer => {
    const found = settle(id)
    const taken = found.amount_captured_minor + Number(body['amount_minor'] ?? found.amount_authorized_minor)
    if (taken > found.amount_authorized_minor) throw new SallyportError('request.malformed')
    const state = taken === found.amount_authorized_minor ? 'captured' : 'partially_captured'
    const answer: ChargeAnswer = { ...found, state, amount_captured_minor: taken }
    charges.set(id, answer)
    return answer
  }

  const refund = (id: string, body: Json): ChargeAnswer => {
    const found = settle(id)
    const amount = Number(body['amount_minor'] ?? found.amount_captured_minor - found.amount_refunded_minor)
    const refunded = found.amount_refunded_minor + amount
    if (refunded > found.amount_captured_minor) throw new SallyportError('processor.action_failed')
    const state = refunded === found.amount_captured_minor ? 'refunded' : 'partially_refunded'
    const answer: ChargeAnswer = { ...found, state, amount_refunded_minor: refunded }
    charges.set(id, answer)
    announce(id, 'charge.refunded', {
      state,
      token: found.token,
      amount_minor: found.amount_minor,
      currency: found.currency,
      operation: 'sale',
      amount_refunded_minor: refunded,
    })
    return answer
  }

  const view = (id: string): CaptureAnswer => {
    const capture = captures.get(id)
    if (capture === undefined) throw new SallyportError('request.not_found')
    const {
      tenant: _tenant,
      attempts: _attempts,
      attached: _attached,
      mandate: _mandate,
      locale: _locale,
      token_in: _in,
      charge_id: _charge,
      ...told
    } = capture
    return told
  }

  const create = (body: Json): Json => {
    const id = makeId('cap_')
    const {
      purpose,
      conversation,
      fields = ['number', 'expiry', 'cvc'],
      amount,
      reference,
      retry_of,
    } = body as unknown as NewCapture & { fields?: NewCapture['fields'] }
    const birth: NewCapture = {
      id,
      tenant,
      conversation,
      purpose,
      fields,
      ...(amount && { amount }),
      ...(reference && { reference }),
      ...(retry_of && { retry_of }),
      created_at: new Date().toISOString(),
      expires_at: inAnHour(),
    }
    run(id, { kind: 'create', capture: birth }, birth)
    return {
      id,
      client_secret: `${id}_secret_${makeId('req_')}`,
      state: 'created',
      link: body['channel'] === 'link' ? link(id) : null,
      expires_at: birth.expires_at,
    }
  }

  const link = (id: string): CaptureLink => {
    run(id, { kind: 'offer_link' })
    return {
      url: `http://capture.localhost:7402/l#${makeId('req_').slice(-22)}`,
      phrase: 'amber lantern',
      qr: { size: 21, path: 'M0 0h7M14 0h7' },
      words: {
        lang: 'en',
        dir: 'ltr',
        title: 'Continue on a page of its own',
        phrase: 'The page will ask which words you see here:',
        open: 'Open the page',
        scan: 'Or scan the code with your phone.',
        next: 'The link works once, for ten minutes. Then this chat goes on.',
      },
      expires_at: inAnHour(),
    }
  }

  const tellLeak = (body: Json): Json => {
    const parsed = leakReport.safeParse(body)
    if (!parsed.success) throw new SallyportError('request.malformed')
    const { conversation, surface, action, findings } = parsed.data
    const kinds = findingKinds.filter((kind) => findings.some((finding) => finding.kind === kind))
    const event = announce(tenant, 'leak.detected', { surface, action, kinds, count: findings.length }, conversation)
    return { id: event.id, count: findings.length }
  }

  /** The routes: method and path to what they do. */
  const route = (method: string, path: string, body: Json, query: URLSearchParams): unknown => {
    const [, what, id = '', verb] = path.replace(/^\/v1/, '').split('/')
    if (method === 'GET' && what === 'captures') {
      if (id) return view(id)
      return {
        captures: [...captures.values()]
          .filter((c) => c.conversation === query.get('conversation'))
          .map((c) => view(c.id))
          .reverse(),
      }
    }
    if (method === 'GET' && what === 'charges') return settle(id)
    if (method === 'POST' && path === '/v1/captures') return create(body)
    if (method === 'POST' && path === '/v1/leaks') return tellLeak(body)
    if (method === 'POST' && path === '/v1/charges') return charge(body, makeId('chg_'))
    if (verb === 'capture') return take(id, body)
    if (verb === 'refund') return refund(id, body)
    if (verb === 'client_secret') return { id, client_secret: `${id}_secret_${makeId('req_')}`, expires_at: inAnHour() }
    if (verb === 'link') return link(id)
    if (verb === 'cancel') run(id, { kind: 'cancel', by: 'agent' })
    if (verb === 'suspend') run(id, { kind: 'suspend', reason: 'question' })
    if (verb === 'resume') run(id, { kind: 'resume' })
    if (what === 'test') return playTest(path, body)
    return view(id)
  }

  const playTest = (path: string, body: Json): CaptureAnswer => {
    const [id = '', verb] = path.split('/').slice(-2)
    if (verb === 'complete') fill(id, (body['card'] as keyof typeof faces | undefined) ?? 'visa')
    if (verb === 'expire') run(id, { kind: 'expire', reason: 'test' })
    if (verb === 'reject') {
      if (captures.get(id)?.attached !== true) run(id, { kind: 'attach', channel: 'web' })
      run(id, {
        kind: 'field_rejected',
        epoch: captures.get(id)?.epoch ?? 0,
        field: 'number',
        code: (body['code'] as 'incomplete' | undefined) ?? 'incomplete',
      })
    }
    return view(id)
  }

  const keyed = (key: string | undefined, path: string, body: Json, make: () => unknown): unknown => {
    if (key === undefined) {
      if (path.startsWith('/v1/charges')) throw new SallyportError('request.idempotency_required')
      return make()
    }
    const known = keys.get(path + key)
    if (known && known.body !== JSON.stringify(body)) throw new SallyportError('request.idempotency_conflict')
    const answer = known?.answer ?? make()
    keys.set(path + key, { body: JSON.stringify(body), answer })
    return answer
  }

  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const { pathname: path, searchParams: query } = new URL(req.url ?? '/', 'http://x')
    const method = req.method ?? 'GET'
    const key = req.headers['idempotency-key']?.toString()
    const body = await readBody(req)
    gateway.requests.push({ method, path, key, body, headers: req.headers })
    const at = gateway.faults.findIndex((fault) => fault.path.test(`${method} ${path}`))
    const [fault] = at < 0 ? [] : gateway.faults.splice(at, 1)
    if (fault?.hangUp === 'before') return void req.socket.destroy()
    try {
      if (fault?.code)
        throw new SallyportError(fault.code, {
          ...(fault.retryAfterMs !== undefined && { retryAfterMs: fault.retryAfterMs }),
          ...(fault.param !== undefined && { param: fault.param }),
        })
      if (fault?.status)
        return void res.writeHead(fault.status, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>')
      if (req.headers.authorization !== `Bearer ${gateway.secretKey}`) throw new SallyportError('auth.unauthenticated')
      if (path === '/v1/events') return await feed(req, res, query)
      const answer =
        method === 'POST'
          ? keyed(key, path, body, () => route(method, path, body, query))
          : route(method, path, body, query)
      if (fault?.hangUp === 'after') return void req.socket.destroy()
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    } catch (error) {
      const known = error instanceof SallyportError ? error : new SallyportError('system.internal')
      res.writeHead(known.status, { 'content-type': 'application/problem+json' }).end(
        JSON.stringify({
          type: 'about:blank',
          title: known.message,
          status: known.status,
          code: known.code,
          request_id: makeId('req_'),
          ...(known.retryAfterMs !== undefined && { retry_after_ms: known.retryAfterMs }),
          ...(known.param && { param: known.param }),
          ...(known.code === 'request.cursor_gone' && {
            snapshot: { cursor: String(gateway.events.length), captures: [] },
          }),
        }),
      )
    }
  }

  const feed = async (req: IncomingMessage, res: ServerResponse, query: URLSearchParams): Promise<void> => {
    const after = req.headers['last-event-id']?.toString() ?? query.get('after') ?? '0'
    let at = after === 'latest' ? gateway.events.length : Number(after)
    if (at < gateway.goneBefore) throw new SallyportError('request.cursor_gone')
    const wanted = (event: SallyportEvent): boolean =>
      (!query.has('capture_id') || event.subject === query.get('capture_id')) &&
      (!query.has('conversation') ||
        event.conversation === undefined ||
        event.conversation === query.get('conversation'))
    if (!req.headers.accept?.includes('event-stream')) {
      if (at >= gateway.events.length && query.get('wait_ms') !== '0') await news(200)
      const page = gateway.events.slice(at, at + 3).map((event, index) => ({ event, position: at + index + 1 }))
      const next = String(page.at(-1)?.position ?? at)
      return void res
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ events: page.map((p) => p.event).filter(wanted), next }))
    }
    res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    if (gateway.cutStreamsAfter === 0) return void res.end()
    res.write(': hello\n\n')
    if (gateway.repeats && at > 0) at -= 1
    for (let sent = 0; !res.closed && sent < gateway.cutStreamsAfter; ) {
      const event = gateway.events[at]
      if (event === undefined) {
        await news(1000)
        continue
      }
      at += 1
      if (!wanted(event)) continue
      res.write(`id: ${at}\ndata: ${JSON.stringify(event)}\n\n`)
      sent += 1
    }
    res.end()
  }

  const news = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      waiting.add(wake)
    })

  const server = createServer((req, res) => void serve(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const gateway: FakeGateway = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // sound: it listens on TCP
    secretKey: 'sk_test_abcdefghijklmnopqrstuvwx',
    faults: [],
    requests: [],
    events: [],
    cutStreamsAfter: Number.POSITIVE_INFINITY,
    repeats: false,
    goneBefore: 0,
    act: (id, command) => run(id, command),
    fill,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return gateway
}

const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString()

async function readBody(req: IncomingMessage): Promise<Json> {
  let text = ''
  for await (const chunk of req) text += String(chunk)
  return text === '' ? {} : (JSON.parse(text) as Json) // a test's own client wrote it
}
