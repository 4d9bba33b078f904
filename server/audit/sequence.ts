/**
 * Numbers the committed rows of an `audit` table and chains them. Rows are inserted without a position, for a serial
 * number skips those that commit late; one process at a time, the holder of the lease, gives positions in batches.
 *
 * The database has `audit (id bigint identity, entry text, position bigint unique, head bytea)`, an index on
 * `id where position is null`, and `lease_take(name, holder, ms) returns boolean`. Both logs have this shape.
 */
import type pg from 'pg'
import type { Log } from '../log.ts'
import { headZero, nextHead } from './chain.ts'

export interface AuditSize {
  size: number
  head: Buffer
}

const leaseName = 'audit'
const leaseMs = 5_000
const batchMax = 1_000

/** The last numbered row; head zero of an empty log. */
export async function auditSize(db: pg.Pool | pg.PoolClient, logId: string): Promise<AuditSize> {
  const { rows } = await db.query<{ position: number; head: Buffer }>(
    'select a.position, a.head from audit a where a.position is not null order by a.position desc limit 1',
  )
  const last = rows[0]
  return last === undefined ? { size: 0, head: headZero(logId) } : { size: Number(last.position), head: last.head }
}

/**
 * One batch. Returns how many rows it numbered; null when another holder has the lease. The lease's row stays locked
 * until the commit, so that a holder who lost it while paused cannot number beside the next one; were the lease to fail
 * all the same, the unique position refuses the second.
 */
export async function sequenceAudit(pool: pg.Pool, logId: string, holder: string): Promise<number | null> {
  // The idle case costs one look into a partial index and no write.
  const open = await pool.query('select from audit where position is null limit 1')
  if (open.rowCount === 0) return 0
  const client = await pool.connect()
  try {
    await client.query('begin')
    const lease = await client.query<{ taken: boolean }>('select lease_take($1, $2, $3) as taken', [
      leaseName,
      holder,
      leaseMs,
    ])
    if (lease.rows[0]?.taken !== true) {
      await client.query('rollback')
      return null
    }
    const last = await auditSize(client, logId)
    const { rows } = await client.query<{ id: string; entry: string }>(
      `select a.id::text as id, a.entry from audit a where a.position is null order by a.id limit ${batchMax}`,
    )
    let { size, head } = last
    const ids: string[] = []
    const positions: number[] = []
    const heads: Buffer[] = []
    for (const row of rows) {
      head = nextHead(head, row.entry)
      size += 1
      ids.push(row.id)
      positions.push(size)
      heads.push(head)
    }
    await client.query(
      `update audit a set position = b.position, head = b.head
       from unnest($1::bigint[], $2::bigint[], $3::bytea[]) as b (id, position, head)
       where a.id = b.id and a.position is null`,
      [ids, positions, heads],
    )
    await client.query('commit')
    return rows.length
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  } finally {
    client.release()
  }
}

export interface AuditSequencer {
  close(): Promise<void>
}

const idleMs = 100
/** Where many come, a batch is one flush of the disk for more of them; an alarm is due after five seconds. */
const busy = { rows: 20, restMs: 250 }
const afterErrorMs = 1_000

/** Runs until closed. A database that is away is waited for; what is committed meanwhile is numbered after. */
export function startAuditSequencer(pool: pg.Pool, logId: string, holder: string, log: Log): AuditSequencer {
  const stop = new AbortController()
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      let waitMs = idleMs
      try {
        const numbered = await sequenceAudit(pool, logId, holder)
        if (numbered === batchMax) waitMs = 0
        else if (numbered !== null && numbered > busy.rows) waitMs = busy.restMs
      } catch (error) {
        log.warn({ event: 'audit.sequence_failed', error })
        waitMs = afterErrorMs
      }
      if (waitMs > 0) await pause(waitMs, stop.signal)
    }
  }
  const done = run()
  return {
    close: () => {
      stop.abort()
      return done
    },
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(finish, ms)
    function finish(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', finish)
      resolve()
    }
    signal.addEventListener('abort', finish)
  })
