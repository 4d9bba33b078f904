/**
 * What comes to a door and never becomes a request that a route sees: bytes that are not HTTP, headers that are too
 * many or never end, a connection that asks for something else. Node answers these itself, with nothing in them or not
 * at all; here they become the same typed problems as everything else, and none of the bytes goes into one.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { SallyportError } from '../protocol/errors.ts'
import { makeId } from '../protocol/ids.ts'
import { problemType, requestIdHeader } from './problem-document.ts'

export interface RefusedBytes {
  /** The problem's body, as this door spells it. */
  body(error: SallyportError, requestId: string): object
  /** For the log: a code and an id, nothing of the bytes. */
  tell?(error: SallyportError, requestId: string): void
}

interface Limits {
  headerCountMax: number
  lateBytesMax: number
  lateMs: number
  pipelinedMax: number
}

/** Node's and the parser's own codes. What is not here is malformed. */
const codes: Readonly<Record<string, SallyportError['code']>> = {
  HPE_HEADER_OVERFLOW: 'request.headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'request.too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request.timeout',
}

export function refuseBytes(server: Server, refused: RefusedBytes, limits: Limits): void {
  /** The request that is being answered on a connection. */
  const open = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>()

  const answer = (socket: Duplex, error: SallyportError): void => {
    const requestId = makeId('req_')
    refused.tell?.(error, requestId)
    if (!socket.writable) return void socket.destroy()
    const body = JSON.stringify(refused.body(error, requestId))
    const head = [
      `HTTP/1.1 ${error.status} ${phrases[error.status] ?? 'Refused'}`,
      `Content-Type: ${problemType}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      `${requestIdHeader}: ${requestId}`,
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      'Connection: close',
    ]
    closeAfter(socket, limits, () => socket.end(`${head.join('\r\n')}\r\n\r\n${body}`))
  }

  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET') return void socket.destroy()
    const under = open.get(socket)
    // An answer is on its way, to this request or to the one before it: a second one would be read as part of it.
    if (under?.response.headersSent === true) return void socket.destroy()
    if (under?.request.complete === true) return lastAnswer(under.response, socket, limits)
    answer(socket, new SallyportError(codes[error.code ?? ''] ?? 'request.malformed'))
  })
  server.on('connect', (_request, socket) => answer(socket, new SallyportError('request.not_found')))

  const refusal = (request: IncomingMessage): SallyportError | null => {
    if (request.rawHeaders.length > 2 * limits.headerCountMax) return new SallyportError('request.headers_too_large')
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      return new SallyportError('request.malformed', { param: 'Host' })
    }
    return null
  }
  const waiting = new WeakMap<Duplex, number>()
  const routes = server.listeners('request')
  server.removeAllListeners('request')
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request
    const before = waiting.get(socket) ?? 0
    if (before >= limits.pipelinedMax) return void socket.destroy()
    waiting.set(socket, before + 1)
    open.set(socket, { request, response })
    response.once('close', () => {
      waiting.set(socket, (waiting.get(socket) ?? 1) - 1)
      if (open.get(socket)?.response === response) open.delete(socket)
    })
    response.once('finish', () => boundTheRest(request, limits))
    const error = refusal(request)
    if (error !== null) return respond(response, error, refused)
    for (const route of routes) route.call(server, request, response)
  }
  server.on('request', take)
  // `100-continue` goes the usual way; a client that expects anything else is told that nobody knows it.
  server.on('checkExpectation', (_request, response) =>
    respond(response, new SallyportError('request.malformed', { param: 'Expect' }), refused),
  )
}

const phrases: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
}

function respond(response: ServerResponse, error: SallyportError, refused: RefusedBytes): void {
  const requestId = makeId('req_')
  refused.tell?.(error, requestId)
  const body = Buffer.from(JSON.stringify(refused.body(error, requestId)))
  response.writeHead(error.status, {
    'Content-Type': problemType,
    'Content-Length': body.length,
    [requestIdHeader]: requestId,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
  })
  response.end(body)
}

/**
 * A request may be answered before it has all arrived. Node then reads on and throws away, for as long as the request
 * may last: a stream of gigabytes that nobody wants. This much more is taken, so that an honest client that writes
 * before it reads gets its answer; then the connection ends.
 */
function boundTheRest(request: IncomingMessage, limits: Limits): void {
  const { socket } = request
  if (request.complete || socket.destroyed) return
  const until = performance.now() + limits.lateMs
  const bytesMax = socket.bytesRead + limits.lateBytesMax
  // Looked at now and then: what Node throws away makes no events.
  const look = setInterval(() => {
    const done = request.complete || socket.destroyed
    if (done || performance.now() > until || socket.bytesRead > bytesMax) clearInterval(look)
    if (!done && (performance.now() > until || socket.bytesRead > bytesMax)) socket.destroy()
  }, lookMs)
  look.unref()
}

const lookMs = 10

/** A good request came, then something that is none: the first is answered, and that is the end of it. */
function lastAnswer(response: ServerResponse, socket: Duplex, limits: Limits): void {
  response.setHeader('Connection', 'close')
  closeAfter(socket, limits, () => undefined)
}

/** The same for bytes that are no request: the answer goes out, and a little of what still comes is thrown away. */
function closeAfter(socket: Duplex, limits: Limits, write: () => void): void {
  const timer = setTimeout(() => socket.destroy(), limits.lateMs)
  socket.once('close', () => clearTimeout(timer))
  socket.on('error', () => socket.destroy())
  socket.resume()
  write()
}
