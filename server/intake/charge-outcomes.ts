/**
 * What processors said, as intake hears it: the vault's feed, from the moment of the start. Every intake follows it by
 * itself, so that each knows of every outcome. Nothing is kept but the place in the feed.
 */
import type pg from 'pg'
import { parseEvent, type SallyportEvent } from '../../protocol/events.ts'
import { limits } from '../../protocol/limits.ts'
import type { Log } from '../log.ts'
import type { ChargeOutcome } from './card-door.ts'
import { cardTesting } from '../card-limits.ts'

export interface FollowOptions {
  db: pg.Pool
  log: Log
  heard: (outcome: ChargeOutcome) => Promise<void>
}

interface Row {
  head: number
  position: number | null
  tenant: string
  envelope: unknown
}

/** Returns how to end it. A database that is away is asked again; the feed keeps what came meanwhile. */
export function followOutcomes({ db, log, heard }: FollowOptions): () => Promise<void> {
  const stop = new AbortController()
  const read = async (after: number): Promise<Row[]> => {
    const values = [after, limits.eventsPageMax]
    return (await db.query<Row>({ name: 'feed_read', text: 'select * from feed_read($1, $2)', values })).rows
  }
  const run = async (): Promise<void> => {
    let after: number | null = null
    while (!stop.signal.aborted) {
      try {
        after ??= (await read(Number.MAX_SAFE_INTEGER))[0]?.head ?? 0
        const rows: Row[] = await read(after)
        for (const { position, tenant, envelope } of rows) {
          if (position === null) continue
          const outcome = outcomeOf(tenant, envelope)
          if (outcome !== null) await heard(outcome)
          after = position
        }
        if (rows.length >= limits.eventsPageMax) continue
      } catch (error) {
        if (!stop.signal.aborted) log.warn({ event: 'cards.outcomes_unread', error })
      }
      await pause(stop.signal)
    }
  }
  const done = run()
  return async () => {
    stop.abort()
    await done
  }
}

/** Null for what is no first answer of a processor to a card, and for an event of a later version: neither may hold up the next. */
export function outcomeOf(tenant: string, envelope: unknown): ChargeOutcome | null {
  let event: SallyportEvent
  try {
    event = parseEvent(envelope)
  } catch {
    return null
  }
  switch (event.type) {
    case 'charge.declined':
      return { tenant, charge: event.subject, token: event.data.token, declined: true }
    case 'charge.authorized':
      return { tenant, charge: event.subject, token: event.data.token, declined: false }
    case 'charge.captured':
      // Of an authorization it was told before.
      return event.data.operation === 'sale'
        ? { tenant, charge: event.subject, token: event.data.token, declined: false }
        : null
    default:
      return null
  }
}

const pause = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, cardTesting.followMs)
    signal.addEventListener('abort', end)
  })
