/** `sallyport restore --mark`: the databases are on an operator's own Postgres, and were put back there by its own tools. */
import { join } from 'node:path'
import pg from 'pg'
import { auditSize } from '../audit/sequence.ts'
import { checkpointFile, readIfThere } from '../audit/tree-folder.ts'
import type { ExternalDatabases } from '../settings.ts'
import { takeLock } from '../supervisor/lock.ts'
import { ownerUrls } from '../supervisor/storage.ts'
import { readBuried } from './buried.ts'
import { BackupError } from './manifest.ts'
import { type Marked, markRestored } from './mark.ts'
import { earlierOf, type RestoreOptions } from './restore.ts'

export interface MarkOwnOptions {
  home: RestoreOptions['home']
  databases: ExternalDatabases | null
  /** As it was typed. */
  backupAt: string
  keydRolledBack: boolean
  operator: string
}

export async function markOwn({
  home,
  databases,
  backupAt,
  keydRolledBack,
  operator,
}: MarkOwnOptions): Promise<Marked> {
  if (databases === null)
    throw new BackupError(
      'this deployment’s databases are on the embedded server: `sallyport restore <folder>` does all of it',
    )
  const urls = ownerUrls(databases)
  if (urls === null)
    throw new BackupError(
      'set SALLYPORT_OWNER_DATABASE_URL for this command: only the owner of the databases may mark them',
    )
  const at = /^\d{4}-\d\d-\d\dT/.test(backupAt) ? new Date(backupAt) : new Date(Number.NaN)
  if (!(at.getTime() <= Date.now()))
    throw new BackupError(
      '--mark takes the moment that the databases went back to, in the past, such as 2026-11-29T15:30:00Z',
    )
  const urlOf = (database: 'vault' | 'keyd'): string => urls('owner', database)
  const folder = join(home.folder, 'checkpoints')
  // Processes that another supervisor or machine runs are the operator's to stop.
  const lock = await takeLock(home.folder)
  try {
    if (!keydRolledBack && (await isShorterThanSigned(urlOf('keyd'), folder)))
      throw new BackupError(
        'keyd’s audit log is shorter than what keeper had signed of it, so its database went back too: add --keyd-rolled-back, or put the newer one back',
      )
    return await markRestored({
      vaultUrl: urlOf('vault'),
      keydUrl: urlOf('keyd'),
      backupAt: at,
      keydRolledBack,
      buried: readBuried(folder),
      operator,
      earlier: earlierOf(home),
    })
  } finally {
    lock.release()
  }
}

async function isShorterThanSigned(keydUrl: string, folder: string): Promise<boolean> {
  const db = new pg.Pool({ connectionString: keydUrl, max: 1 })
  db.on('error', () => undefined)
  try {
    const { rows } = await db.query<{ id: string }>('select id from audit_log')
    const id = rows[0]?.id ?? ''
    const note = readIfThere(join(folder, 'keyd', id, checkpointFile))?.toString('utf8') ?? ''
    const [, signed = '0'] = /^[^\n]+\n(\d{1,15})\n/.exec(note) ?? []
    return (await auditSize(db, id)).size < Number(signed)
  } finally {
    await db.end()
  }
}
