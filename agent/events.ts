import { SallyportError } from '../protocol/errors.ts'
import type { SallyportEvent } from '../protocol/events.ts'
import { readEvent } from './event.ts'
import { CursorGone, made, mayRecover } from './refusal.ts'
import { list, Misshapen, shape, text } from './shape.ts'
import { readSse, withDeadline } from './sse.ts'
import type { Wire } from './wire.ts'

/**
 * The event log as an async iterator that goes on by itself: streaming with `Last-Event-ID`, reconnecting with
 * backoff for as long as it takes, and by long poll where something between here and the gateway does not let a
 * stream through. Each event comes once, and in order for each subject.
 *
 * It ends when `signal` is aborted or the loop is left. It throws `CursorGone` where events between the cursor and
 * now cannot be had, and `SallyportError` for what waiting cannot mend (a wrong key, a malformed filter).
 */
export interface EventsOptions {
  /** Only events of this conversation: its captures, and the charges made for them. */
  conversation?: string
  captureId?: string
  /** A cursor to go on from, `'latest'` for what happens from now on; without it from the beginning of the log. */
  after?: string
  signal?: AbortSignal
}

export interface EventStream extends AsyncIterable<SallyportEvent> {
  /** Where a later `events({ after })` goes on: behind the last event that was taken from this stream. */
  readonly cursor: string | undefined
}

/** The gateway sends a comment in pauses; a stream that is silent for longer has died unnoticed. */
const idleMs = 45_000
const longPollMs = 20_000
/** That many streams in a row that carried nothing at all, and the rest is done by long poll. */
const silentStreamsMax = 2
/** Subjects remembered for the comparison of sequences. A subject that is forgotten costs nothing but a doubled event. */
const subjectsMax = 10_000

const page = shape({ events: list((value) => readEvent(value)), next: text(/^[^\s]{1,400}$/) })

export function followEvents(wire: Wire, options: EventsOptions): EventStream {
  const follower = new Follower(wire, options)
  return {
    [Symbol.asyncIterator]: () => follower.run(),
    get cursor() {
      return follower.cursor
    },
  }
}

type Item = { cursor?: string; event: SallyportEvent | null }

class Follower {
  cursor: string | undefined
  private readonly wire: Wire
  private readonly options: EventsOptions
  private readonly seen = new Map<string, number>()
  private silentStreams = 0
  private failures = 0

  constructor(wire: Wire, options: EventsOptions) {
    this.wire = wire
    this.options = options
    this.cursor = options.after
  }

  async *run(): AsyncGenerator<SallyportEvent> {
    const { signal } = this.options
    while (!signal?.aborted) {
      const polls = this.cursor === 'latest' || this.silentStreams >= silentStreamsMax
      try {
        for await (const { cursor, event } of polls ? this.poll() : this.stream()) {
          this.failures = 0
          // The cursor moves before the event is handed over: what the consumer holds is what `cursor` stands behind.
          if (cursor !== undefined) this.cursor = cursor
          if (event !== null && this.isNew(event)) yield event
        }
      } catch (error) {
        if (signal?.aborted) return
        if (error instanceof Misshapen) throw made('system.internal', { cause: error })
        if (error instanceof CursorGone || !mayRecover(error)) throw error
        await this.wire.pause(error.retryAfterMs ?? this.wire.backoffMs(this.failures++), signal).catch(() => {})
      }
    }
  }

  private get filters(): Record<string, string | undefined> {
    return { conversation: this.options.conversation, capture_id: this.options.captureId }
  }

  /** One page. `latest` goes this way too: its answer names the cursor, so that nothing is lost before the first event. */
  private async *poll(): AsyncGenerator<Item> {
    const { signal } = this.options
    const waitMs = this.cursor === 'latest' ? 0 : longPollMs
    const { events, next } = await this.wire.call({
      method: 'GET',
      path: '/v1/events',
      query: { ...this.filters, after: this.cursor, wait_ms: waitMs },
      read: page,
      signal,
    })
    for (const event of events) yield { event }
    yield { cursor: next, event: null }
  }

  private async *stream(): AsyncGenerator<Item> {
    const left = new AbortController()
    const { signal } = this.options
    const stop = signal ? AbortSignal.any([signal, left.signal]) : left.signal
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(this.filters)) if (value !== undefined) search.set(name, value)
    const headers: Record<string, string> = { accept: 'text/event-stream' }
    if (this.cursor !== undefined) headers['last-event-id'] = this.cursor
    let bytes = false
    try {
      const path = `/v1/events${search.size > 0 ? `?${search}` : ''}`
      const { headers: told, body } = await withDeadline(this.wire.open(path, headers, stop), idleMs)
      if (body === null || told.get('content-type')?.startsWith('text/event-stream') !== true) return
      for await (const { id, data } of readSse(body, idleMs)) {
        bytes = true
        yield { ...(id !== undefined && { cursor: id }), event: data === undefined ? null : readEvent(parsed(data)) }
      }
    } catch (error) {
      if (error instanceof SallyportError || error instanceof Misshapen) {
        bytes = true // an answer of some kind: no reason to give up streaming
        throw error
      }
      // A stream that breaks is not an error: the next one goes on behind the cursor.
    } finally {
      left.abort() // also when the consumer leaves its loop
      this.silentStreams = bytes ? 0 : this.silentStreams + 1
    }
    throw made('system.unavailable', { cause: new Error('the stream ended') })
  }

  /** Sequences are contiguous from 1 for each subject, so the highest one seen says which events are repetitions. */
  private isNew({ subject, sequence }: SallyportEvent): boolean {
    const last = this.seen.get(subject) ?? 0
    if (sequence <= last) return false
    this.seen.delete(subject) // to the end of the insertion order
    this.seen.set(subject, sequence)
    const [oldest] = this.seen.keys()
    if (this.seen.size > subjectsMax && oldest !== undefined) this.seen.delete(oldest)
    return true
  }
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    throw new Misshapen()
  }
}
