/** The databases of a deployment: the embedded Postgres, kept alive, or the operator's own. */
import { setTimeout as delay } from 'node:timers/promises'
import { databaseName } from '../database/roles.ts'
import { migrateAll, prepareEmbedded, type DatabaseUrls } from '../database/deployment-databases.ts'
import { type EmbeddedOptions, startEmbedded } from '../database/embedded.ts'
import type { Database } from '../database/migrate.ts'
import type { Home } from '../init/init.ts'
import type { ExternalDatabases, Settings } from '../settings.ts'
import { nextPause } from './child.ts'
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
  let postgres = await startEmbedded(options)
  let stopping = false
  const { superuser: superPassword, roles: passwords } = home.secrets.database
  const { urls, applied } = await prepareEmbedded(postgres, superPassword, passwords).catch(async (error: unknown) => {
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

async function openExternal(databases: ExternalDatabases): Promise<Storage> {
  const nameIn = (database: Database): string => {
    const role = database === 'vault' ? 'intake' : database
    return new URL(databases[role]).pathname.slice(1) || databaseName(database)
  }
  const inside = (url: string, database: Database): string => {
    const parsed = new URL(url)
    parsed.pathname = `/${nameIn(database)}`
    return parsed.href
  }
  const { owner, admin } = databases
  const applied = owner === null ? [] : await migrateAll((_role, database) => inside(owner, database))
  return {
    urls: databases,
    adminUrl: (database) => (admin === null ? null : inside(admin, database)),
    summary:
      owner === null
        ? 'your Postgres; its schema is left as it is'
        : `your Postgres, ${applied.length} migrations applied`,
    stop: async () => undefined,
  }
}
