import { once } from 'node:events'
import type { Response } from 'express'
import { httpLimits } from '../http-limits.ts'
import type { Page, Place } from './event-copy.ts'

/**
 * One stream of server-sent events. Each event's id is the cursor after it. The stream ends when the reader is gone or
 * too slow, the key is revoked, the log is another one or the process drains; the reader comes back with its last id,
 * so an end is never a loss.
 */
export interface StreamParts {
  from: Place
  /** Rejects when the log is another one by now. */
  read(place: Place): Promise<Page>
  reached(found: Page, place: Place): number
  cursor(position: number): string
  turn(): number
  wait(turn: number, ms: number): Promise<void>
  isLive(): Promise<boolean>
  heartbeatMs: number
  signal: AbortSignal
}

/** How long a stream takes its key for live without asking. */
const askAgainMs = 1_000

export async function streamEvents(response: Response, parts: StreamParts): Promise<void> {
  const { signal } = parts
  response.status(200)
  response.setHeader('Content-Type', 'text/event-stream; charset=utf-8')
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('X-Accel-Buffering', 'no') // nginx would hold events back
  response.flushHeaders()
  let place = parts.from
  try {
    if (!(await write(response, 'retry: 1000\n\n', signal))) return
    let heartbeatAt = Date.now() + parts.heartbeatMs
    let askedAt = Date.now()
    while (!signal.aborted) {
      const turn = parts.turn()
      const found = await parts.read(place)
      const text = found.events
        .map(({ position, event }) => eventText(parts.cursor(position), event.type, event))
        .join('')
      // A key that was revoked meanwhile hears no more, one second later at most.
      if (text !== '' && Date.now() - askedAt >= askAgainMs) {
        if (!(await parts.isLive())) return
        askedAt = Date.now()
      }
      if (text !== '' && !(await write(response, text, signal))) return
      const position = parts.reached(found, place)
      const more = found.events.length > 0 && position === found.events.at(-1)?.position
      place = { ...place, position }
      if (more) continue
      if (Date.now() >= heartbeatAt) {
        if (!(await parts.isLive())) return
        if (!(await write(response, ': still here\n\n', signal))) return
        heartbeatAt = Date.now() + parts.heartbeatMs
      }
      await parts.wait(turn, Math.min(heartbeatAt - Date.now(), parts.heartbeatMs))
    }
  } finally {
    response.end()
  }
}

const eventText = (id: string, type: string, event: object): string =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(event)}\n\n`

/** False when the reader is gone, or takes nothing for too long. */
async function write(response: Response, text: string, signal: AbortSignal): Promise<boolean> {
  if (response.destroyed || signal.aborted) return false
  if (response.write(text)) return true
  const tooSlow = AbortSignal.any([signal, AbortSignal.timeout(httpLimits.slowReaderMs)])
  try {
    await once(response, 'drain', { signal: tooSlow })
    return true
  } catch {
    response.destroy()
    return false
  }
}
