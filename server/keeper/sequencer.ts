/**
 * announce: gives committed events their place in the one order that everybody follows. A serial number alone loses
 * events, because transactions commit out of order; a number given after the commit cannot. One sequencer is active, by a lease.
 */
import type pg from 'pg'
import type { Log } from '../log.ts'

export interface Sequencer {
  close(): Promise<void>
}

export interface SequencerOptions {
  db: pg.Pool
  /** Names this keeper in the lease. */
  holder: string
  log: Log
  batch?: number
  /** How long it rests while there is something to do every now and then; see `restAfter`. */
  restMs?: number
}

/** The delay that the first event after a quiet time has at most, but for the lease: with the feed's, below what a person notices. */
const idleRestMsMax = 50

/** Under load: each batch is a flush of the disk, which the cards that come meanwhile wait for too. */
const busyRestMsMax = 50
const msPerEvent = 2.5

/**
 * The rest grows while nothing comes, for an idle deployment must not keep a core of its database warm. It also grows with what
 * comes and with how long that took (`tookMs`), so that many events of one moment are one flush, and fewer on a slow disk.
 */
export const restAfter = (count: number, previousMs: number, restMs: number, tookMs = 0): number =>
  count > 0
    ? Math.max(restMs, Math.min(busyRestMsMax, count * msPerEvent, Math.max(40, 2 * tookMs)))
    : Math.min(previousMs * 1.1, Math.max(restMs, idleRestMsMax))

/** Above this the feed is late enough to tell somebody. */
const lagAlarmMs = 5_000

/** Numbers one batch; how many it was, or -1 while another keeper has the lease. */
export async function sequenceEvents(db: pg.Pool, holder: string, batch: number): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: 'events_sequence',
    text: 'select events_sequence($1, $2) as count',
    values: [holder, batch],
  })
  return rows[0]?.count ?? 0
}

export function startSequencer({ db, holder, log, batch = 2_000, restMs = 5 }: SequencerOptions): Sequencer {
  let closing = false
  const run = async (): Promise<void> => {
    let failures = 0
    let checkLagAt = Date.now() + lagAlarmMs
    let pauseMs = restMs
    while (!closing) {
      let rest = restMs
      try {
        const began = performance.now()
        const count = await sequenceEvents(db, holder, batch)
        failures = 0
        pauseMs = restAfter(count, pauseMs, restMs, performance.now() - began)
        rest = count === batch ? 0 : pauseMs
        if (count < 0) rest = 500
        if (Date.now() > checkLagAt) {
          checkLagAt = Date.now() + lagAlarmMs
          await alarmOnLag(db, log)
        }
      } catch (error) {
        failures += 1
        rest = Math.min(5_000, 50 * 2 ** failures)
        log.error({ event: 'sequencer.failed', error })
      }
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest))
    }
  }
  const running = run()
  return {
    close: () => {
      closing = true
      return running
    },
  }
}

/** How old the oldest event without a number is. */
export async function eventsLagMs(db: pg.Pool): Promise<number> {
  const { rows } = await db.query<{ ms: number }>('select events_lag_ms() as ms')
  return Math.round(rows[0]?.ms ?? 0)
}

async function alarmOnLag(db: pg.Pool, log: Log): Promise<void> {
  const ms = await eventsLagMs(db)
  if (ms > lagAlarmMs) log.error({ event: 'sequencer.behind', ms })
}
