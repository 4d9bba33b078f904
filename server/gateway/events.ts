import * as z from 'zod/mini'
import { captureId } from '../../protocol/agent-http.ts'
import { captureStates } from '../../protocol/capture-states.ts'
import { chargeStates } from '../../protocol/charge.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { callerId, eventShapes } from '../../protocol/events.ts'
import { idPattern } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { SallyportProblem } from '../problem.ts'
import { cursorPattern, type Cursors } from './cursors.ts'
import { type EventCopy, type Filter, type Page, type Place, sameLog } from './event-copy.ts'
import type { IntakeCalls } from './inner-calls.ts'
import type { Keys } from './keys.ts'
import type { Readers } from './readers.ts'
import { type Call, type Reply, type Route, route } from './routes.ts'
import { streamEvents } from './stream.ts'
import type { Wakeups } from './wakeups.ts'

/**
 * Events for agents, out of the gateway's copy: a tenant's in the order of the log behind opaque cursors, a capture's by
 * its sequence. Waiting is: read, and if there is nothing, wait to be woken or for the time to pass, and read again.
 */
export interface EventParts {
  copy: EventCopy
  cursors: Cursors
  wakeups: Wakeups
  readers: Readers
  intake: Pick<IntakeCalls, 'getCapture'>
  keys: Keys
  heartbeatMs: number
}

/** A missed wake-up (another gateway copied) costs this much; the vault is not asked. */
export const lookAgainMs = 1_000
/** A capture that was just made is in the feed within milliseconds; its reader need not know that. */
const justMadeMs = 1_000
const pageDefault = 100

const pageQuery = {
  wait_ms: z.optional(z.int().check(z.nonnegative(), z.maximum(limits.longPollMsMax))),
  limit: z.optional(z.int().check(z.minimum(1), z.maximum(limits.eventsPageMax))),
}
const tenantQuery = z.strictObject({
  after: z.optional(z.string().check(z.regex(new RegExp(`^latest$|${cursorPattern.source}`)))),
  conversation: z.optional(callerId(limits.conversationLengthMax)),
  capture_id: z.optional(captureId),
  ...pageQuery,
})
const subjectQuery = z.strictObject({
  after: z.optional(z.int().check(z.nonnegative(), z.maximum(2_147_483_647))),
  ...pageQuery,
})

/** One shape for any event, for the document; what is sent was parsed when it was copied. */
const [firstShape, ...otherShapes] = [...eventShapes.values()]
export const eventShape = z.union([firstShape ?? z.never(), ...otherShapes])
const page = z.strictObject({ events: z.array(eventShape), next: z.string() })
const subjectPage = z.strictObject({ events: z.array(eventShape), next: z.int() })
const standing = <S extends readonly [string, ...string[]]>(prefix: string, states: S) =>
  z.array(
    z.strictObject({
      id: z.string().check(z.regex(idPattern(prefix))),
      state: z.enum(states),
      sequence: z.int(),
      conversation: z.optional(z.string()),
    }),
  )
export const snapshotShape = z.strictObject({
  captures: standing('cap_', captureStates),
  charges: standing('chg_', chargeStates),
  cursor: z.string(),
})

export function eventRoutes(parts: EventParts): Route[] {
  const { copy, cursors, wakeups, readers, intake } = parts

  /** Where to begin. Throws 400 for garbage, 410 with a snapshot for a cursor that is not of this log. */
  async function begin(tenant: string, after: string | undefined, filter: Filter, signal: AbortSignal): Promise<Place> {
    const place = await firstPlace(copy, wakeups, tenant, signal)
    if (after === undefined) return { log: place.log, position: 0 }
    if (after === 'latest') return place
    if (!cursorPattern.test(after)) throw new SallyportError('request.malformed', { param: 'after' })
    const position = cursors.open(tenant, place.log, after)
    if (position === null) throw await gone(tenant, filter)
    return { log: place.log, position }
  }

  async function gone(tenant: string, filter: Filter): Promise<SallyportError> {
    const snapshot = await copy.snapshot(tenant, filter)
    if (snapshot === null) return new SallyportError('system.unavailable')
    const { place, captures, charges } = snapshot
    const cursor = cursors.seal(tenant, place.log, place.position)
    return new SallyportProblem('request.cursor_gone', { snapshot: { captures, charges, cursor } })
  }

  async function read(tenant: string, from: Place, filter: Filter, limit: number): Promise<Page> {
    const found = await copy.page(tenant, from.position, filter, limit)
    if (found === null) throw new SallyportError('system.unavailable')
    if (!sameLog(found.log, from.log)) throw await gone(tenant, filter)
    return found
  }

  const poll = async (call: Call<unknown, z.infer<typeof tenantQuery>>, filter: Filter): Promise<Reply> => {
    const { tenant, query, signal } = call
    const limit = query.limit ?? pageDefault
    const from = await begin(tenant, query.after, filter, signal)
    const deadline = Date.now() + (query.wait_ms ?? 0)
    for (;;) {
      const turn = wakeups.turn()
      const found = await read(tenant, from, filter, limit)
      const leftMs = deadline - Date.now()
      if (found.events.length > 0 || leftMs <= 0 || signal.aborted) {
        const next = cursors.seal(tenant, from.log, reachedBy(found, from, limit))
        return { status: 200, body: { events: found.events.map(({ event }) => event), next } }
      }
      await wakeups.wait(tenant, turn, Math.min(leftMs, lookAgainMs), signal)
    }
  }

  const stream = async (call: Call<unknown, z.infer<typeof tenantQuery>>, filter: Filter): Promise<Reply> => {
    const { tenant, signal } = call
    // A browser-like client reconnects with the address it began with: the last id it saw counts for more.
    const from = await begin(tenant, call.lastEventId ?? call.query.after, filter, signal)
    return {
      stream: (response) =>
        readers.during(tenant, () =>
          streamEvents(response, {
            from,
            read: (place) => read(tenant, place, filter, pageDefault),
            reached: (found, place) => reachedBy(found, place, pageDefault),
            cursor: (position) => cursors.seal(tenant, from.log, position),
            turn: () => wakeups.turn(),
            wait: (turn, ms) => wakeups.wait(tenant, turn, ms, signal),
            isLive: () => parts.keys.isLive(call.caller),
            heartbeatMs: parts.heartbeatMs,
            signal,
          }),
        ),
    }
  }

  const ofCapture = async (call: Call<unknown, z.infer<typeof subjectQuery>>): Promise<Reply> => {
    const { tenant, id, query, signal } = call
    const after = query.after ?? 0
    const limit = query.limit ?? pageDefault
    let deadline = Date.now() + (query.wait_ms ?? 0)
    let known = false
    for (;;) {
      const turn = wakeups.turn()
      // Asked before the events are read: a subject that is copied between the two questions has its events then.
      known ||= await copy.knows(tenant, id)
      const events = await copy.ofSubject(tenant, id, after, limit)
      if (events.length === 0 && !known) {
        // The vault knows whether it exists, and whether something is on its way.
        const { capture } = await intake.getCapture(tenant, id, call.requestId)
        known = true
        if (capture.sequence > after) deadline = Math.max(deadline, Date.now() + justMadeMs)
      }
      const leftMs = deadline - Date.now()
      if (events.length > 0 || leftMs <= 0 || signal.aborted) {
        return { status: 200, body: { events, next: events.at(-1)?.sequence ?? after } }
      }
      await wakeups.wait(tenant, turn, Math.min(leftMs, lookAgainMs), signal)
    }
  }

  return [
    route({
      method: 'get',
      path: '/v1/events',
      operation: 'listEvents',
      tag: 'Events',
      summary: 'All events, in order: as a page, a long poll or a stream',
      description:
        'Without `after` from the beginning of the log; `after=latest` from now on. With `Accept: text/event-stream` a ' +
        'stream of server-sent events whose ids are cursors (`Last-Event-ID` resumes and counts for more than `after`). ' +
        'Otherwise JSON: `next` is the cursor to go on from, also when there are no events. `wait_ms` holds the answer ' +
        'until there is one. Order holds for each subject and for the log as a whole; nothing is skipped or doubled.',
      query: tenantQuery,
      streams: true,
      snapshot: snapshotShape,
      answers: { 200: { say: 'Events and the cursor after them.', shape: page } },
      refusals: ['request.cursor_gone', 'request.rate_limited'],
      handle: (call) => {
        const filter = { conversation: call.query.conversation, capture: call.query.capture_id }
        if (call.wantsStream) return stream(call, filter)
        return call.query.wait_ms === undefined
          ? poll(call, filter)
          : readers.during(call.tenant, () => poll(call, filter))
      },
    }),
    route({
      method: 'get',
      path: '/v1/captures/:id/events',
      operation: 'listCaptureEvents',
      tag: 'Events',
      summary: 'The events of a capture, by sequence',
      description: '`after` is the last sequence seen; `next` is the one to send next time.',
      id: idPattern('cap_'),
      query: subjectQuery,
      answers: { 200: { say: 'Events and the sequence of the last.', shape: subjectPage } },
      refusals: ['request.not_found', 'request.rate_limited'],
      handle: (call) =>
        call.query.wait_ms === undefined ? ofCapture(call) : readers.during(call.tenant, () => ofCapture(call)),
    }),
  ]
}

/** A page that is not full has read all there was: the next one need not look there again. */
function reachedBy(found: Page, from: Place, limit: number): number {
  const last = found.events.at(-1)?.position ?? from.position
  return found.events.length < limit ? Math.max(found.head, last) : last
}

/** Right after the first start ever there is no log yet; intake is asked for it at that moment. */
async function firstPlace(copy: EventCopy, wakeups: Wakeups, tenant: string, signal: AbortSignal): Promise<Place> {
  for (const waitMs of [100, 200, 400, 800, 0]) {
    const turn = wakeups.turn()
    const place = await copy.place()
    if (place !== null) return place
    await wakeups.wait(tenant, turn, waitMs, signal)
  }
  throw new SallyportError('system.unavailable')
}
