/** The databases of a deployment: the embedded Postgres, kept alive, or the operator's own. */
import { setTimeout as delay } from 'node:timers/promises'
import { databaseName } from '../database/roles.ts'
import { migrateAll, prepareEmbedded, type DatabaseUrls } from '../database/deployment-databases.ts'
import { type EmbeddedOptions, embeddedFolder, startEmbedded } from '../database/embedded.ts'
import type { Database } from '../database/migrate.ts'
import { makePool } from '../database/pool.ts'
import { wrongSchema } from '../database/schema-check.ts'
import type { Home } from '../init/init.ts'
import type { ExternalDatabases, Settings } from '../settings.ts'
import { nextPause } from './child.ts'
import { keepReserve } from './reserve.ts'
import type { RoleUrls } from './plan.ts'

export interface Storage {
  urls: RoleUrls
  /** The admin's way into a database, to seed configuration; null where the operator keeps it to himself. */
  adminUrl(database: Database): string | null
  /** A line about what was found or done. */
  summary: string
  stop(): Promise<void>
}

/** @param signal ends a start that is under way. */
export async function openStorage(
  home: Home,
  settings: Settings,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Storage> {
  return settings.databases === null ? openEmbedded(home, settings, say, signal) : openExternal(settings.databases)
}

const homeDatabase = { gateway: 'gateway', intake: 'vault', egress: 'vault', keeper: 'vault', keyd: 'keyd' } as const

function roleUrls(urls: DatabaseUrls): RoleUrls {
  return {
    gateway: urls('gateway', homeDatabase.gateway),
    intake: urls('intake', homeDatabase.intake),
    egress: urls('egress', homeDatabase.egress),
    keeper: urls('keeper', homeDatabase.keeper),
    keyd: urls('keyd', homeDatabase.keyd),
  }
}

async function openEmbedded(
  home: Home,
  settings: Settings,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Storage> {
  const options: EmbeddedOptions = {
    home: home.folder,
    deployment: home.deployment.id,
    superPassword: home.secrets.database.superuser,
    durable: settings.durable,
    signal,
    say,
  }
  // Before the database: on a full disk it does not start. One that does not wait for the disk is a test's.
  const reserve = settings.durable ? keepReserve({ folder: embeddedFolder(options), say }) : null
  let postgres = await startEmbedded(options).catch(async (error: unknown) => {
    await reserve?.close()
    throw error
  })
  let stopping = false
  const { superuser: superPassword, roles: passwords } = home.secrets.database
  const { urls, applied } = await prepareEmbedded(postgres, superPassword, passwords).catch(async (error: unknown) => {
    await reserve?.close()
    await postgres.stop()
    throw error
  })
  void keepAlive()
  return {
    urls: roleUrls(urls),
    adminUrl: (database) => urls('admin', database),
    summary: applied.length === 0 ? 'embedded Postgres' : `embedded Postgres, ${applied.length} migrations applied`,
    stop: async () => {
      stopping = true
      await reserve?.close()
      await postgres.stop()
    },
  }

  /** The socket's folder and the passwords stay, so the processes' pools find the new server by themselves. */
  async function keepAlive(): Promise<void> {
    let pauseMs: number | null = null
    for (;;) {
      const began = Date.now()
      const how = await postgres.ended
      if (stopping) return
      for (let alive = Date.now() - began; ; alive = 0) {
        pauseMs = nextPause(pauseMs, alive)
        say(`the database ended (${how}); it starts again in ${pauseMs / 1_000} s`)
        await delay(pauseMs)
        if (stopping) return
        try {
          postgres = await startEmbedded(options)
          break
        } catch (error) {
          say(error instanceof Error ? error.message : 'the database did not start')
        }
      }
      if (stopping) return postgres.stop()
      say('the database is back')
    }
  }
}

/** Said here, in a sentence, before each process says it by a word in its log. A database that is away is waited for. */
async function assertSchemas(databases: ExternalDatabases): Promise<void> {
  for (const role of ['gateway', 'intake', 'keyd'] as const) {
    const pool = makePool(databases[role], { max: 1 })
    const wrong = await wrongSchema(pool, homeDatabase[role]).catch(() => null)
    await pool.end()
    if (wrong !== null) throw wrong
  }
}

/** The owner's way into each database of the operator's own; null where the owner keeps it to himself. */
export function ownerUrls(own: ExternalDatabases): DatabaseUrls | null {
  const { owner } = own
  return owner === null ? null : (_role, database) => inside(own, owner, database)
}

function inside(own: ExternalDatabases, url: string, database: Database): string {
  const parsed = new URL(url)
  parsed.pathname = new URL(own[database === 'vault' ? 'intake' : database]).pathname
  if (parsed.pathname.length < 2) parsed.pathname = `/${databaseName(database)}`
  return parsed.href
}

async function openExternal(databases: ExternalDatabases): Promise<Storage> {
  const { admin } = databases
  const owner = ownerUrls(databases)
  // Processes of the version before may run elsewhere: what takes something away from them is left for `sallyport migrate`.
  const applied = owner === null ? [] : await migrateAll(owner, { narrow: false })
  await assertSchemas(databases)
  return {
    urls: databases,
    adminUrl: (database) => (admin === null ? null : inside(databases, admin, database)),
    summary:
      owner === null
        ? 'your Postgres; its schema is left as it is'
        : `your Postgres, ${applied.length} migrations applied`,
    stop: async () => undefined,
  }
}
