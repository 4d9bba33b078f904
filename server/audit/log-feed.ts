/**
 * The entries of a log, in their order, for whoever makes its tree: from the table that has them, or from keyd, which
 * shows its own to nobody else.
 */
import type pg from 'pg'
import { headZero } from './chain.ts'
import { auditSize } from './sequence.ts'

export interface LogPage {
  logId: string
  /** How many entries have a position by now. */
  size: number
  /** The chain's head at `after`: it commits to every entry before. Null where the log is shorter. */
  before: Buffer | null
  /** Of the entries behind `after`; `position` counts from 1. */
  rows: readonly { position: number; entry: string }[]
  /** The chain's head behind the last of them. */
  head: Buffer
}

export type LogFeed = (after: number, limit: number) => Promise<LogPage>

export async function readPage(db: pg.Pool, logId: string, after: number, limit: number): Promise<LogPage> {
  const [last, { rows }] = await Promise.all([
    auditSize(db, logId),
    db.query<{ position: string; entry: string; head: Buffer }>({
      name: 'audit_page',
      text: `select a.position, a.entry, a.head from audit a where a.position >= $1 order by a.position limit $2`,
      values: [Math.max(1, after), limit + (after === 0 ? 0 : 1)],
    }),
  ])
  const numbered = rows.map((row) => ({ ...row, position: Number(row.position) }))
  const first = numbered[0]?.position === after ? numbered.shift() : undefined
  const before = after === 0 ? headZero(logId) : (first?.head ?? null)
  const head = numbered.at(-1)?.head ?? before ?? headZero(logId)
  // Numbered between the two questions: the page may be ahead of the size.
  const size = Math.max(last.size, numbered.at(-1)?.position ?? 0)
  return { logId, size, before, rows: numbered.map(({ position, entry }) => ({ position, entry })), head }
}
