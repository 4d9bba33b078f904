/** What processes and the database have used, read from the machine and from Postgres' own counters. */
import { readdirSync, readFileSync } from 'node:fs'
import type pg from 'pg'

const ticksPerSecond = 100

/** Milliseconds of CPU that a process has used since its start, in user and kernel; 0 for one that is gone. Linux alone. */
export function cpuMs(pid: number): number {
  try {
    const fields = afterName(readFileSync(`/proc/${pid}/stat`, 'latin1'))
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond
  } catch {
    return 0
  }
}

/** Of a server and every process it has begun, with those that have ended and were waited for. */
export function cpuMsOfServer(pid: number): number {
  const own = afterName(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  const ended = ((Number(own[13]) + Number(own[14])) * 1_000) / ticksPerSecond
  return cpuMs(pid) + ended + childrenOf(pid).reduce((sum, child) => sum + cpuMs(child), 0)
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => {
      try {
        return Number(afterName(readFileSync(`/proc/${one}/stat`, 'latin1'))[1]) === pid
      } catch {
        return false
      }
    })
}

/** A program's name may hold anything, a closing bracket too: what comes after its last one has a fixed order. */
const afterName = (stat: string): string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ')

export interface WalCounts {
  flushes: number
  bytes: number
}

/** Of the whole server since its start, with what backends have not reported yet. */
export async function walCounts(db: pg.ClientBase): Promise<WalCounts> {
  await db.query('select pg_stat_force_next_flush()')
  const { rows } = await db.query<{ flushes: string; bytes: string }>(
    `select (select coalesce(sum(fsyncs), 0) from pg_stat_io where object = 'wal') as flushes,
      (select wal_bytes from pg_stat_wal) as bytes`,
  )
  return { flushes: Number(rows[0]?.flushes), bytes: Number(rows[0]?.bytes) }
}
