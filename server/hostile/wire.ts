/** HTTP by hand: bytes go out as they are, and answers are taken apart as they come. No client library would send these. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Socket } from 'node:net'

export interface WireAnswer {
  status: number
  /** Name (lower case) and value, in their order. */
  headers: readonly (readonly [name: string, value: string])[]
  body: Buffer
}

export interface Exchange {
  answers: WireAnswer[]
  /** How the connection ended; `open` where we closed it after the answers that were awaited. */
  ended: 'open' | 'closed' | 'late'
  /** Bytes that were no answer. */
  rest: Buffer
}

export interface ExchangeOptions {
  /** Stop when so many answers are there; otherwise when the door closes. */
  answers?: number
  /** Close our half after the last byte: no more will come. */
  halfClose?: boolean
  /** The answers are to HEAD requests. */
  head?: boolean
  waitMs?: number
  /** A pause after each part. */
  dripMs?: number
}

export async function exchange(
  connect: () => Socket,
  parts: Iterable<Uint8Array>,
  { answers: wanted = 1, halfClose = false, head = false, waitMs = 8_000, dripMs = 0 }: ExchangeOptions = {},
): Promise<Exchange> {
  const socket = connect()
  const reader = new AnswerReader(head)
  let ended: Exchange['ended'] = 'late'
  const over = new Promise<void>((resolve) => {
    socket.on('data', (part) => {
      reader.push(part)
      if (reader.answers.length < wanted) return
      ended = 'open'
      resolve()
    })
    const closed = (): void => {
      if (ended === 'late') ended = 'closed'
      resolve()
    }
    socket.on('end', closed)
    socket.on('close', closed)
    // The door may let go while we write.
    socket.on('error', () => undefined)
    setTimeout(resolve, waitMs).unref()
  })
  const send = async (): Promise<void> => {
    for (const part of parts) {
      if (socket.destroyed || ended !== 'late') return
      const flushed = socket.write(part)
      if (dripMs > 0) await delay(dripMs)
      else if (!flushed) await new Promise<void>((resolve) => whicheverFirst(socket, ['drain', 'close'], resolve))
    }
    if (halfClose) socket.end()
  }
  void send()
  await over
  socket.destroy()
  reader.end()
  return { answers: reader.answers, ended, rest: reader.rest }
}

function whicheverFirst(socket: Socket, events: readonly string[], then: () => void): void {
  const done = (): void => {
    for (const event of events) socket.off(event, done)
    then()
  }
  for (const event of events) socket.once(event, done)
}

class AnswerReader {
  readonly answers: WireAnswer[] = []
  rest: Buffer = Buffer.alloc(0)
  readonly #head: boolean
  constructor(head: boolean) {
    this.#head = head
  }

  push(part: Buffer): void {
    this.rest = Buffer.concat([this.rest, part])
    for (let answer = this.#take(false); answer !== null; answer = this.#take(false)) {
      // 100-continue is no answer.
      if (answer.status >= 200) this.answers.push(answer)
    }
  }

  /** An answer whose end is the connection's. */
  end(): void {
    const last = this.#take(true)
    if (last !== null) this.answers.push(last)
  }

  #take(closed: boolean): WireAnswer | null {
    const headEnd = this.rest.indexOf('\r\n\r\n')
    if (headEnd < 0) return null
    const [start = '', ...lines] = this.rest.subarray(0, headEnd).toString('latin1').split('\r\n')
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(start)?.[1])
    if (!(status >= 100)) return null
    const headers = lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    })
    const header = (name: string) => headers.find(([known]) => known === name)?.[1]
    const after = this.rest.subarray(headEnd + 4)
    const done = (body: Buffer, used: number): WireAnswer => {
      this.rest = Buffer.from(after.subarray(used))
      return { status, headers, body: Buffer.from(body) }
    }
    if (this.#head || status < 200 || status === 204 || status === 304) return done(Buffer.alloc(0), 0)
    const length = header('content-length')
    if (length !== undefined) {
      return after.length < Number(length) ? null : done(after.subarray(0, Number(length)), Number(length))
    }
    if (header('transfer-encoding') === 'chunked') {
      // A stream of events has no end; its beginning says all that is asked here.
      if (header('content-type')?.startsWith('text/event-stream') === true) return done(after, after.length)
      const chunks = readChunks(after)
      return chunks === null ? null : done(chunks.body, chunks.used)
    }
    return closed ? done(after, after.length) : null
  }
}

function readChunks(bytes: Buffer): { body: Buffer; used: number } | null {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16)
    if (bytes.length < lineEnd + 2 + size + 2) return null
    if (size === 0) return { body: Buffer.concat(parts), used: lineEnd + 4 }
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}
