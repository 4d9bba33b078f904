/**
 * send: one filled request to the processor. The connection is made first, then `beforeFirstByte` makes the attempt
 * durable as `sending`, then the bytes leave: a processor that cannot be reached was provably not asked.
 * The body holds the card's digits and is zeroed when it is written.
 */
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { currentRequestId } from '../request-id.ts'
import type { Filled } from './fill.ts'

/** Provably nothing was sent. */
export class Unsent extends Error {
  constructor(cause?: unknown) {
    super('the processor could not be reached', { cause })
  }
}
/** Bytes left and what became of them is not known: no answer in time, a broken one, or a 5xx. */
export class Unclear extends Error {
  constructor(cause?: unknown) {
    super('the processor did not say what happened', { cause })
  }
}

export interface SendOptions {
  /** Scheme, host and port: from the account's row. */
  baseUrl: string
  /** From the first byte of the request to the last of the answer. */
  timeoutMs: number
  /** Sandbox mode alone, where the processor is on this machine. */
  dangerouslyAllowHttp: boolean
  /** Awaited between the connection and the first byte. What it throws is thrown on, and nothing is sent. */
  beforeFirstByte: () => Promise<void>
}

export interface RawAnswer {
  status: number
  body: Buffer
}

/** A processor that takes longer to accept a connection is not there. */
const connectTimeoutMs = 3_000
/** The largest answer of any processor we know is a tenth of this. */
const answerBytesMax = 65_536

export async function send(filled: Filled, options: SendOptions): Promise<RawAnswer> {
  const url = new URL(filled.path, options.baseUrl)
  if (url.origin !== new URL(options.baseUrl).origin) throw new Unsent()
  if (url.protocol !== 'https:' && !(options.dangerouslyAllowHttp && url.protocol === 'http:')) throw new Unsent()
  try {
    return await exchange(url, filled, options)
  } finally {
    filled.body?.fill(0)
  }
}

function exchange(url: URL, { method, headers, body }: Filled, options: SendOptions): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let sent = false
    const fail = (error: unknown): void => reject(sent ? new Unclear(error) : new Unsent(error))
    const secure = url.protocol === 'https:'
    // No kept-alive sockets: one that the other side had just closed takes bytes and leaves us guessing.
    const requestId = currentRequestId()
    const traced = requestId === undefined ? headers : { ...headers, 'x-request-id': requestId }
    const common = { method, headers: traced, agent: false as const }
    const outgoing = secure ? requestHttps(url, { ...common, minVersion: 'TLSv1.2' }) : requestHttp(url, common)
    let timer = setTimeout(() => outgoing.destroy(new Error('connect timeout')), connectTimeoutMs)
    outgoing.once('close', () => clearTimeout(timer))
    // More than one may come; the first decides, and none may be without a listener.
    outgoing.on('error', fail)
    outgoing.once('socket', (socket) => {
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer)
        options.beforeFirstByte().then(
          () => {
            sent = true
            timer = setTimeout(() => outgoing.destroy(new Error('timeout')), options.timeoutMs)
            // Headers leave with the body: node:http holds them back until now.
            outgoing.end(body)
          },
          (error: unknown) => {
            reject(error)
            outgoing.destroy()
          },
        )
      })
    })
    outgoing.once('response', (answer) => {
      read(answer).then(resolve, fail)
    })
  })
}

async function read(answer: IncomingMessage): Promise<RawAnswer> {
  const status = answer.statusCode ?? 0
  const encoding = answer.headers['content-encoding'] ?? 'identity'
  // No redirects: a card goes to the host of the account's row and nowhere else.
  if (status < 200 || status >= 500 || (status >= 300 && status < 400) || encoding !== 'identity') {
    answer.on('error', () => undefined).destroy()
    throw new Unclear()
  }
  const parts: Buffer[] = []
  let length = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    length += part.length
    if (length > answerBytesMax) throw new Unclear()
    parts.push(part)
  }
  if (!answer.complete) throw new Unclear()
  const body = Buffer.concat(parts)
  for (const part of parts) part.fill(0)
  return { status, body }
}
