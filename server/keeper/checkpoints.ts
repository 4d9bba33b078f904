/**
 * The trees of the two audit logs, signed with a key that neither intake, egress nor keyd holds, and kept in a second
 * place: from a checkpoint on, what was logged before cannot be changed unseen. keyd is told of its own, and opens
 * nothing while it hears of none.
 */
import type pg from 'pg'
import type { LogName } from '../audit/checkpoint.ts'
import { type LogFeed, readPage } from '../audit/log-feed.ts'
import type { Jwk } from '../config.ts'
import type { InnerCall } from '../doors/inner-client.ts'
import type { Log } from '../log.ts'
import type { AuditPage } from '../records/keyd-calls.ts'
import { LogTree, type TreeFault } from './log-tree.ts'

export interface Checkpoints {
  feeds: Record<LogName, LogFeed>
  keyd: InnerCall
  key: Jwk
  folder: string
  log: Log
  fault: (name: LogName, fault: TreeFault) => void
  mayStill: () => Promise<boolean>
}

export const logFeeds = (db: pg.Pool, keyd: InnerCall, vaultLogId: string): Record<LogName, LogFeed> => ({
  vault: (after, limit) => readPage(db, vaultLogId, after, limit),
  keyd: async (after, limit) => {
    // Sound: keyd's own shape, from the signed door.
    const page = (await keyd('GET', `/audit/entries?after=${after}&limit=${limit}`)) as AuditPage
    const bytes = (text: string): Buffer => Buffer.from(text, 'base64url')
    const before = page.before === null ? null : bytes(page.before)
    return { logId: page.log_id, size: page.size, before, rows: page.rows, head: bytes(page.head) }
  },
})

export function logTrees({ feeds, keyd, fault, ...common }: Checkpoints): Record<LogName, LogTree> {
  return {
    vault: new LogTree({
      ...common,
      name: 'vault',
      feed: feeds.vault,
      fault: (one) => fault('vault', one),
    }),
    keyd: new LogTree({
      ...common,
      name: 'keyd',
      feed: feeds.keyd,
      signed: async (size, checkpoint) => void (await keyd('POST', '/audit/checkpoint', { size, checkpoint })),
      fault: (one) => fault('keyd', one),
    }),
  }
}

/** How old the oldest entry of the vault's log is that no checkpoint covers. */
export async function unsignedMs(db: pg.Pool, signedSize: number): Promise<number> {
  const { rows } = await db.query<{ ms: number | null }>({
    name: 'audit_unsigned',
    text: `select max(extract(epoch from clock_timestamp() - w.at) * 1000)::float8 as ms from (
      (select a.at from audit a where a.position is null order by a.id limit 1)
      union all (select a.at from audit a where a.position = $1 + 1)) w`,
    values: [signedSize],
  })
  return Math.max(0, Math.round(rows[0]?.ms ?? 0))
}
