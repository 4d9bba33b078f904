/**
 * `sallyport restore` for the embedded server. The backup is unpacked beside the data that are there, started, and brought
 * to where it may be used; only then does it take their place, by two renames. Until then nothing was changed, and what
 * was there before is kept under another name.
 *
 * keyd's own database does not go back where a newer one can still be read: it is carried over.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { prepareEmbedded } from '../database/deployment-databases.ts'
import {
  dataFolders,
  type EmbeddedOptions,
  type EmbeddedPostgres,
  restoredData,
  startEmbedded,
  superuser,
} from '../database/embedded.ts'
import { databaseName } from '../database/roles.ts'
import { runFolder } from '../database/run-folder.ts'
import type { Home } from '../init/init.ts'
import type { Settings } from '../settings.ts'
import { takeLock } from '../supervisor/lock.ts'
import { ownServerSentence } from './backup.ts'
import { readBuried } from './buried.ts'
import { carryTables } from './carry-tables.ts'
import type { EarlierPlace } from './earlier-log.ts'
import { BackupError, type Manifest, openBackup, tarFile } from './manifest.ts'
import { type Marked, markRestored } from './mark.ts'
import { untar } from './untar.ts'

export interface RestoreOptions {
  home: Pick<Home, 'folder' | 'deployment' | 'secrets'>
  settings: Pick<Settings, 'databases' | 'durable'>
  from: string
  /** The ids of the keys that the key store has, in hexadecimal. */
  keys: readonly string[]
  /** Said by a person: the newer database of keyd is gone, and what that means was read. */
  keydLost: boolean
  operator: string
  say(line: string): void
  progress(what: string, done: number, of: number): void
}

export interface Restored extends Marked {
  manifest: Manifest
  /** keyd's own database: carried over from what was there, or as it is in the backup. */
  keyd: 'carried' | 'rolled_back'
  /** Where what was there before is now; null where nothing was. */
  before: string | null
  /** Keys of the backup that the key store does not have. */
  keysGone: string[]
}

const keydLostSentence =
  'keyd’s newer database (used grants, opening counts, tombstones) cannot be read beside the backup’s: its data folder is gone, does not start, or is older than the backup. ' +
  'If it is lost for good, run the same command with --keyd-lost: then keyd goes back too, grants of before are refused, tombstones come from the keeper’s folder (checkpoints/tombstones), ' +
  'and openings since the backup are no longer counted'

export async function restore(options: RestoreOptions): Promise<Restored> {
  const { home, settings, from, keys, say, progress } = options
  if (settings.databases !== null) throw new BackupError(ownServerSentence)
  const manifest = openBackup(from, home, (done, of) => progress('checked', done, of))
  const keysGone = manifest.keys.filter((key) => !keys.includes(key))
  if (manifest.keys.length > 0 && keysGone.length === manifest.keys.length)
    throw new BackupError(
      'the key store of this home has none of the keys that this backup was sealed to, so no card in it would ever open: put the key store back first (the folder keys, or what SALLYPORT_KEYS names)',
    )
  const lock = await takeLock(home.folder)
  try {
    const server: EmbeddedOptions = {
      home: home.folder,
      deployment: home.deployment.id,
      superPassword: home.secrets.database.superuser,
      durable: settings.durable,
      say,
    }
    const { folder, user } = dataFolders(server)
    const data = join(folder, 'data')
    const beside = join(folder, restoredData)
    goBackToBeforeTheRename(folder, data)
    rmSync(beside, { recursive: true, force: true })
    const whole = manifest.files.find(({ name }) => name === tarFile)?.bytes ?? 0
    // What would be refused at the end is refused before gigabytes are unpacked.
    if (!existsSync(data) && !options.keydLost) throw new BackupError(keydLostSentence)
    untar(join(from, tarFile), beside, user, (done) => progress('unpacked', Math.min(done, whole), whole))
    const found = await prepare(options, manifest, server, existsSync(data)).catch((error: unknown) => {
      rmSync(beside, { recursive: true, force: true })
      throw error
    })
    const before = existsSync(data) ? `${data}.before-${new Date().toISOString().replaceAll(/[:.]/g, '-')}` : null
    if (before !== null) renameSync(data, before)
    renameSync(beside, data)
    return { ...found, manifest, before, keysGone }
  } finally {
    rmSync(runFolder(home.folder), { recursive: true, force: true })
    lock.release()
  }
}

/** Where the logs of before are left, for whoever checks them. */
export const earlierOf = ({ folder, secrets }: RestoreOptions['home']): EarlierPlace => ({
  checkpoints: join(folder, 'checkpoints'),
  to: join(folder, 'audit-earlier', new Date().toISOString().replaceAll(/[:.]/g, '-')),
  key: secrets.checkpoint,
})

/** Cut short between the two renames: then what was there before is taken back, and the restore begins anew. */
function goBackToBeforeTheRename(folder: string, data: string): void {
  if (existsSync(data) || !existsSync(join(folder, restoredData))) return
  const last = readdirSync(folder)
    .filter((name) => name.startsWith('data.before-'))
    .sort()
    .at(-1)
  if (last !== undefined) renameSync(join(folder, last), data)
}

async function prepare(
  { home, keydLost, operator, say, progress }: RestoreOptions,
  manifest: Manifest,
  server: EmbeddedOptions,
  hasNewer: boolean,
): Promise<Omit<Restored, 'manifest' | 'before' | 'keysGone'>> {
  const put = await startEmbedded({ ...server, beside: restoredData })
  try {
    await prepareEmbedded(put, server.superPassword, home.secrets.database.roles)
    const carried = hasNewer && (await carryOver(server, put, manifest.logs.keyd, progress))
    if (!carried && !keydLost) throw new BackupError(keydLostSentence)
    const urlOf = (database: 'vault' | 'keyd'): string =>
      put.url(superuser, server.superPassword, databaseName(database))
    const buried = readBuried(join(home.folder, 'checkpoints'))
    say('The database is put back; what was erased since is erased again')
    const marked = await markRestored({
      vaultUrl: urlOf('vault'),
      keydUrl: urlOf('keyd'),
      backupAt: new Date(manifest.began_at),
      keydRolledBack: !carried,
      buried,
      operator,
      earlier: earlierOf(home),
    })
    return { ...marked, keyd: carried ? 'carried' : 'rolled_back' }
  } finally {
    await put.stop()
  }
}

/** False where there is nothing newer that could be read. */
async function carryOver(
  server: EmbeddedOptions,
  put: EmbeddedPostgres,
  known: Manifest['logs']['keyd'],
  progress: RestoreOptions['progress'],
): Promise<boolean> {
  let newer: EmbeddedPostgres
  try {
    newer = await startEmbedded(server)
  } catch {
    return false
  }
  const clients: pg.Client[] = []
  const connect = async (to: EmbeddedPostgres, database: 'keyd' | 'gateway'): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: to.url(superuser, server.superPassword, databaseName(database)) })
    client.on('error', () => undefined)
    clients.push(client)
    await client.connect()
    return client
  }
  try {
    const keyd = await connect(newer, 'keyd')
    if (!(await isNewer(keyd, known))) return false
    await carryTables(keyd, await connect(put, 'keyd'), (rows) => progress('rows of keyd carried over', rows, rows))
    await carryRevocations(await connect(newer, 'gateway'), await connect(put, 'gateway'))
    return true
  } finally {
    for (const client of clients) await client.end().catch(() => undefined)
    await newer.stop()
  }
}

/** The same log, and no shorter than it was when the backup was taken. Any other would take back what this one knows. */
async function isNewer(keyd: pg.Client, known: Manifest['logs']['keyd']): Promise<boolean> {
  const { rows } = await keyd.query<{ id: string; size: string }>(
    'select l.id, coalesce((select max(position) from audit), 0) as size from audit_log l',
  )
  return rows[0]?.id === known.id && Number(rows[0]?.size) >= known.size
}

/** An API key that was revoked since, or given an end, must not be good again. */
async function carryRevocations(from: pg.Client, to: pg.Client): Promise<void> {
  const { rows } = await from.query<{ hash: string; revoked: string | null; expires: string | null }>(
    `select encode(key_hash, 'hex') as hash, revoked_at::text as revoked, expires_at::text as expires from api_keys
       where revoked_at is not null or expires_at is not null`,
  )
  for (const { hash, revoked, expires } of rows) {
    await to.query(
      `update api_keys set revoked_at = coalesce(revoked_at, $2::timestamptz), expires_at = coalesce($3::timestamptz, expires_at)
         where key_hash = decode($1, 'hex')`,
      [hash, revoked, expires],
    )
  }
}
