/**
 * `sallyport backup`: the databases of the embedded server as they are at one moment, while everything runs. Keys and
 * secrets are not in it: whoever has both can open cards, so they are kept elsewhere.
 */
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { auditSize } from '../audit/sequence.ts'
import { embeddedUrls, startEmbedded, superuser } from '../database/embedded.ts'
import { databaseName } from '../database/roles.ts'
import type { Home } from '../init/init.ts'
import type { Settings } from '../settings.ts'
import { takeLock } from '../supervisor/lock.ts'
import { takeBaseBackup } from './base-backup.ts'
import { BackupError, type Manifest, manifestFile, postgresManifestFile, tarFile, writeManifest } from './manifest.ts'

export type BackedHome = Pick<Home, 'folder' | 'deployment' | 'secrets'>

export interface BackupOptions {
  home: BackedHome
  settings: Pick<Settings, 'databases' | 'durable'>
  /** Made by this call, for us alone. */
  to: string
  say(line: string): void
  progress(done: number, of: number): void
  now?: () => Date
}

export const ownServerSentence =
  'this deployment’s databases are on a Postgres of your own: back up its three databases by its own tools (pg_basebackup, or a snapshot of the whole server, so that they stand at one moment); docs/restore.md says how, and what to do after restoring'

export async function backUp({
  home,
  settings,
  to,
  say,
  progress,
  now = () => new Date(),
}: BackupOptions): Promise<Manifest> {
  if (settings.databases !== null) throw new BackupError(ownServerSentence)
  if (existsSync(to))
    throw new BackupError(`${to} is there already: name a folder that is not, a new one for each backup`)
  const server = await serverOf(home, settings, say)
  try {
    const began = now()
    const before = await asItStands(server.url)
    makeFolder(to)
    if ((statSync(to).mode & 0o077) !== 0) throw new BackupError(`${to} could not be made for you alone (mode 0700)`)
    try {
      const { tar, manifest: theirs } = await takeBaseBackup({
        url: server.url('postgres'),
        tar: join(to, tarFile),
        manifest: join(to, postgresManifestFile),
        progress,
      })
      const manifest: Manifest = {
        kind: 'sallyport-backup',
        v: 1,
        deployment: home.deployment.id,
        mode: home.deployment.mode,
        began_at: began.toISOString(),
        ended_at: now().toISOString(),
        ...before,
        files: [
          { name: tarFile, ...tar },
          { name: postgresManifestFile, ...theirs },
        ],
      }
      // Last: a folder without it is no backup.
      writeManifest(to, manifest, home.secrets)
      return manifest
    } catch (error) {
      for (const name of [tarFile, postgresManifestFile, manifestFile]) rmSync(join(to, name), { force: true })
      throw error
    }
  } finally {
    await server.stop()
  }
}

interface Server {
  url(database: string): string
  stop(): Promise<void>
}

/** The one that runs; else one for as long as it takes, while no deployment may start. */
async function serverOf(
  { folder, deployment, secrets }: BackedHome,
  { durable }: BackupOptions['settings'],
  say: BackupOptions['say'],
): Promise<Server> {
  const password = secrets.database.superuser
  const options = { home: folder, deployment: deployment.id, superPassword: password, durable, say }
  const urls = embeddedUrls(options)
  const running = (database: string): string => urls(superuser, password, database)
  if (await answers(running('postgres'))) return { url: running, stop: async () => undefined }
  const lock = await takeLock(folder)
  try {
    say('The deployment does not run; its database is started for the backup')
    const postgres = await startEmbedded(options)
    return {
      url: (database) => postgres.url(superuser, password, database),
      stop: async () => {
        await postgres.stop()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 })
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

async function asItStands(url: Server['url']): Promise<Pick<Manifest, 'postgres' | 'logs' | 'keys'>> {
  const [vault, keyd] = [pool(url(databaseName('vault'))), pool(url(databaseName('keyd')))]
  try {
    const feed = await vault.query<{ id: string; version: string }>(
      "select log_id as id, current_setting('server_version') as version from feed",
    )
    const log = await keyd.query<{ id: string }>('select id from audit_log')
    const keys = await vault.query<{ id: string }>(
      "select encode(kek_id, 'hex') as id from kek_epochs where state <> 'destroyed' order by 1",
    )
    const [vaultId, keydId] = [feed.rows[0]?.id ?? '', log.rows[0]?.id ?? '']
    return {
      postgres: feed.rows[0]?.version ?? '',
      logs: {
        vault: { id: vaultId, size: (await auditSize(vault, vaultId)).size },
        keyd: { id: keydId, size: (await auditSize(keyd, keydId)).size },
      },
      keys: keys.rows.map(({ id }) => id),
    }
  } finally {
    await Promise.all([vault.end(), keyd.end()])
  }
}

/** A server that ends is told by the statement that it breaks. */
function pool(connectionString: string): pg.Pool {
  const made = new pg.Pool({ connectionString, max: 1 })
  made.on('error', () => undefined)
  return made
}

/** With the folder that it lies in, and no further up: where none can be made, Node's own way up tries for ever. */
function makeFolder(to: string): void {
  try {
    if (!existsSync(dirname(to))) mkdirSync(dirname(to), { mode: 0o700 })
    mkdirSync(to, { mode: 0o700 })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? `${error.code}` : 'unknown'
    throw new BackupError(
      `${to} could not be made (${code}): name a new folder in one that is there and yours to write`,
    )
  }
}
