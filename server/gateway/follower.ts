import { setTimeout as delay } from 'node:timers/promises'
import { type EventType, parseEvent } from '../../protocol/events.ts'
import type { FeedAnswer } from '../../protocol/inner-http.ts'
import { limits } from '../../protocol/limits.ts'
import type { Log } from '../log.ts'
import type { CopiedEvent, EventCopy, Place } from './event-copy.ts'
import type { IntakeCalls } from './inner-calls.ts'
import type { Wakeups } from './wakeups.ts'

/**
 * Follows intake's feed into the gateway's own copy and wakes who waits. One long poll at a time; where intake is away
 * it asks again, at first soon, then less often. The place is kept with the copy, so that a restart of either goes on
 * where it was.
 */
export interface Follower {
  /** Positions copied and known; `connected` while the last call succeeded. */
  status(): { position: number; head: number; connected: boolean }
  close(): Promise<void>
}

export interface FollowerParts {
  intake: Pick<IntakeCalls, 'feed'>
  copy: EventCopy
  wakeups: Wakeups
  log: Log
  /** How long one call to the feed waits for news. */
  waitMs?: number
  /** Told of what was copied. */
  count?: (types: readonly EventType[]) => void
}

const backOffMs = { first: 50, last: 2_000 }

export function startFollower({ intake, copy, wakeups, log, waitMs = 20_000, count }: FollowerParts): Follower {
  const stop = new AbortController()
  const status = { position: 0, head: 0, connected: false }

  async function once(): Promise<void> {
    const from = await copy.place()
    // Another gateway copies into the same database: whoever waits here has not heard of it.
    if (from !== null && from.position !== status.position) wakeups.wakeAll()
    status.position = from?.position ?? 0
    const answer = await intake.feed(from?.position ?? 0, limits.eventsPageMax, from === null ? 0 : waitMs, stop.signal)
    if (!status.connected) log.info({ event: 'feed.connected', count: answer.head })
    status.connected = true
    status.head = answer.head
    if (from === null || isAnother(from, answer)) {
      if (from !== null) log.warn({ event: 'feed.another_log', count: answer.head })
      await copy.startOver(from, answer.log_id)
      wakeups.wakeAll()
      return
    }
    const events = answer.events.flatMap((entry) => parsed(entry, log))
    const to = answer.events.at(-1)?.position ?? from.position
    if (to === from.position) return
    if (await copy.append(from, to, events)) {
      status.position = to
      count?.(events.map(({ event }) => event.type))
      wakeups.wake(new Set(events.map((entry) => entry.tenant)))
    }
  }

  async function run(): Promise<void> {
    let pauseMs: number = backOffMs.first
    while (!stop.signal.aborted) {
      try {
        await once()
        pauseMs = backOffMs.first
      } catch (error) {
        if (stop.signal.aborted) return
        if (status.connected || pauseMs === backOffMs.first) log.warn({ event: 'feed.lost', error })
        status.connected = false
        await delay(pauseMs * (0.5 + Math.random()), undefined, { signal: stop.signal }).catch(() => undefined)
        pauseMs = Math.min(pauseMs * 2, backOffMs.last)
      }
    }
  }

  const running = run()
  return {
    status: () => ({ ...status }),
    async close() {
      stop.abort()
      await running
    },
  }
}

/** A restore gives the log a new id; one that forgot to is known by being shorter than what was read of it. */
const isAnother = (from: Place, answer: FeedAnswer): boolean =>
  answer.log_id !== from.log.id || answer.head < from.position

/**
 * Only events of the protocol get into the copy: an event that says more than its shape allows is kept out, loudly,
 * and the rest go on, for one bad event must not stop every tenant.
 */
function parsed(entry: FeedAnswer['events'][number], log: Log): CopiedEvent[] {
  try {
    const event = parseEvent(entry.event)
    if (event.source !== `/tenants/${entry.tenant}`) throw new TypeError('an event of another tenant')
    return [{ position: entry.position, tenant: entry.tenant, event }]
  } catch (error) {
    log.error({ event: 'feed.event_refused', count: entry.position, tenant: entry.tenant, error })
    return []
  }
}
