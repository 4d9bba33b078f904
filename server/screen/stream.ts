/**
 * One turn as it is spoken: text in by pieces, what may go on out by frames, while it still comes. A frame is a line of JSON:
 * `{ "text" }`, and at the end `{ "turn", "held", "findings", "amend" }`, or `{ "problem" }`, after which nothing follows.
 */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { TextDecoder } from 'node:util'
import type { Finding, Span } from '../../detect/finding.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { httpLimits, screenLimits } from '../http-limits.ts'
import type { OpenTurn } from './screen.ts'

export interface StreamParts {
  turn: OpenTurn
  /** How a problem reads that comes when the answer has begun. */
  problem(error: unknown): object
  signal: AbortSignal
}

export async function streamTurn(
  request: IncomingMessage,
  response: ServerResponse,
  { turn, problem, signal }: StreamParts,
): Promise<void> {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const found: { findings: Finding[]; amend: Span[] } = { findings: [], amend: [] }
  const frame = async (content: object): Promise<void> => {
    if (!response.write(`${JSON.stringify(content)}\n`)) await once(response, 'drain', { signal })
  }
  const say = async ({
    text,
    findings,
    amend,
  }: {
    text: string
    findings: Finding[]
    amend: Span[]
  }): Promise<void> => {
    found.findings.push(...findings)
    found.amend.push(...amend)
    if (text !== '') await frame({ text })
  }
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    'cache-control': 'no-store',
    // A proxy that collects the answer would hold up the talk.
    'x-accel-buffering': 'no',
  })
  response.flushHeaders()
  let ended = false
  try {
    for await (const bytes of pieces(request)) await say(turn.push(decode(utf8, bytes)))
    await say(turn.push(decode(utf8)))
    ended = true
    const last = turn.end()
    await say(last)
    await frame({ turn: last.turn, held: last.held, ...found })
  } catch (error) {
    // Its speaker may go on; whatever had come is a turn of its own.
    if (!ended) endQuietly(turn)
    if (!signal.aborted) await frame({ problem: problem(error) }).catch(() => undefined)
  }
  response.end()
}

function endQuietly(turn: OpenTurn): void {
  try {
    turn.end()
  } catch {
    // The detector has failed before, and its conversation is dropped.
  }
}

/** Throws `request.malformed` for bytes that are no text. */
function decode(utf8: TextDecoder, bytes?: Uint8Array): string {
  try {
    return bytes === undefined ? utf8.decode() : utf8.decode(bytes, { stream: true })
  } catch {
    throw new SallyportError('request.malformed')
  }
}

/** Bounded in all, and in silence. The connection stays, so that a problem can still be said on it. */
async function* pieces(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  const source: AsyncIterator<Buffer> = request.iterator({ destroyOnReturn: false })
  let length = 0
  for (;;) {
    const next = await inTime(source.next())
    if (next.done) return
    length += next.value.length
    if (length > httpLimits.screenStreamBytesMax) throw new SallyportError('request.too_large')
    yield next.value
  }
}

function inTime<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new SallyportError('request.timeout')), screenLimits.silenceMsMax)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
