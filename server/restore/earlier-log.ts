/**
 * The audit log of before a restore, as `sallyport audit export` lays one out: entries as far as the backup has them, hashes
 * and checkpoints as keeper's folder has them. So an auditor sees that it is whole to there, and at which entry it ends.
 */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { type LogName, treeOrigin } from '../audit/checkpoint.ts'
import { exportLog } from '../audit/export-log.ts'
import { folderSource } from '../audit/log-folder.ts'
import { keyLine, publicKeyOf } from '../audit/note.ts'
import { encodeBundle, tileWidth } from '../audit/tiles.ts'
import type { Jwk } from '../config.ts'

export interface EarlierPlace {
  /** keeper's folder, the second place. */
  checkpoints: string
  /** Made where a log has a tree; `keys` in it is for `--key`. */
  to: string
  /** keeper's, which signed. */
  key: Jwk
}

export interface EarlierLog {
  name: LogName
  /** How many were signed, and how many of these the backup has. */
  signed: number
  entries: number
}

/** Null where keeper's folder has no tree of it: then its entries are in the table alone. */
export async function keepEarlierLog(
  db: pg.Pool,
  name: LogName,
  logId: string,
  { checkpoints, to, key }: EarlierPlace,
): Promise<EarlierLog | null> {
  const tree = folderSource(join(checkpoints, name, logId))
  if ((await tree.checkpoint()) === null) return null
  const origin = treeOrigin(name, logId)
  const known = { type: 'note' as const, name: origin, publicKey: publicKeyOf(key) }
  let entries = 0
  const source = {
    ...tree,
    entries: async (index: number, width: number): Promise<Buffer | null> => {
      const { rows } = await db.query<{ entry: string }>(
        `select entry from audit_earlier where log_id = $1 and position > $2 and position <= $3 order by position`,
        [logId, index * tileWidth, index * tileWidth + width],
      )
      entries += rows.length
      return rows.length === 0 ? null : encodeBundle(rows.map(({ entry }) => Buffer.from(entry)))
    },
  }
  const signed = await exportLog(source, known, join(to, name))
  appendFileSync(join(to, 'keys'), `${keyLine(known)}\n`, { mode: 0o600 })
  return { name, signed, entries }
}
