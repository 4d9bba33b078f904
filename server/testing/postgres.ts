/**
 * A real Postgres for vitest: one server for the whole run, started by the first test file that asks, stopped by
 * `global-setup.ts`. Each call gives fresh databases, copied from migrated templates.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { prepareEmbedded } from '../database/deployment-databases.ts'
import { type EmbeddedPostgres, startEmbedded, superuser } from '../database/embedded.ts'
import { type Database, databases } from '../database/migrate.ts'
import {
  allowConnections,
  databaseName,
  databaseUrl,
  type DatabaseRole,
  makePassword,
  makePasswords,
  type Passwords,
  roleName,
} from '../database/roles.ts'

export interface TestDatabase {
  url(role: DatabaseRole): string
}
export interface TestDatabases extends Record<Database, TestDatabase> {
  /** The superuser's URL of a copy, for tests that look at or break what no role may. */
  superUrl(database: Database): string
  drop(): Promise<void>
}

interface Shared {
  superUrl: string
  passwords: Passwords
}

/** The folder that `global-setup.ts` made for this run. */
const folderVariable = 'SALLYPORT_TEST_POSTGRES'

/** @param made which are wanted: each is a copy of its own, and not for nothing */
export async function testDatabases(made: readonly Database[] = databases): Promise<TestDatabases> {
  const shared = await sharedServer()
  const suffix = `test_${randomBytes(6).toString('hex')}`
  const nameOf = (database: Database): string => `${databaseName(database)}_${suffix}`
  const client = new pg.Client({ connectionString: shared.superUrl })
  await client.connect()
  try {
    // A copy in the file system takes a sixth of the time of one through the server's buffers.
    await client.query('set file_copy_method = clone')
    for (const database of made) {
      await client.query(
        `create database ${nameOf(database)} template ${databaseName(database)} owner ${roleName('owner')} strategy file_copy`,
      )
      await allowConnections(client, database, nameOf(database))
    }
  } finally {
    await client.end()
  }
  const one = (database: Database): TestDatabase => ({
    url: (role) => {
      const parsed = new URL(databaseUrl(shared.superUrl, nameOf(database)))
      parsed.username = roleName(role)
      parsed.password = shared.passwords[role]
      return parsed.href
    },
  })
  return {
    gateway: one('gateway'),
    vault: one('vault'),
    keyd: one('keyd'),
    superUrl: (database) => databaseUrl(shared.superUrl, nameOf(database)),
    drop: () => dropAll(shared.superUrl, made.map(nameOf)),
  }
}

async function dropAll(superUrl: string, names: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: superUrl })
  await client.connect()
  try {
    await haveLeft(client, names)
    for (const name of names) await client.query(`drop database if exists ${name} with (force)`)
  } finally {
    await client.end()
  }
}

/**
 * Waits half a second for connections that are on their way out: `end()` of a pool does not wait for its sockets, and one
 * that the server ends meanwhile breaks a test that is over.
 */
async function haveLeft(client: pg.Client, names: string[]): Promise<void> {
  const deadline = Date.now() + 500
  const still = 'select 1 from pg_stat_activity where datname = any($1) limit 1'
  while ((await client.query(still, [names])).rowCount !== 0 && Date.now() < deadline) await delay(10)
}

/** Workers race for the lock; who gets it starts the server, the others wait for its `ready.json`. */
async function sharedServer(): Promise<Shared> {
  const folder = process.env[folderVariable]
  if (folder === undefined) throw new Error('testDatabases() needs vitest.config.ts (its globalSetup makes the folder)')
  const ready = join(folder, 'ready.json')
  const failed = join(folder, 'failed.txt')
  try {
    mkdirSync(join(folder, 'lock'))
  } catch {
    return waitFor(ready, failed)
  }
  try {
    const shared = await startShared(folder)
    writeFileSync(`${ready}.new`, JSON.stringify(shared), { mode: 0o600 })
    renameSync(`${ready}.new`, ready)
    return shared
  } catch (cause) {
    writeFileSync(failed, cause instanceof Error ? cause.message : 'unknown')
    throw cause
  }
}

async function startShared(home: string): Promise<Shared> {
  const superPassword = makePassword()
  const postgres: EmbeddedPostgres = await startEmbedded({
    home,
    deployment: 'test',
    superPassword,
    durable: false,
    outlive: true,
    say: (line) => process.stderr.write(`${line}\n`),
  })
  const passwords = makePasswords()
  await prepareEmbedded(postgres, superPassword, passwords)
  return { superUrl: postgres.url(superuser, superPassword, 'postgres'), passwords }
}

async function waitFor(ready: string, failed: string): Promise<Shared> {
  const deadline = Date.now() + 60_000
  while (!existsSync(ready)) {
    if (existsSync(failed)) throw new Error(`the test Postgres did not start: ${readFileSync(failed, 'utf8')}`)
    if (Date.now() > deadline) throw new Error('the test Postgres was not ready in a minute')
    await delay(50)
  }
  return JSON.parse(readFileSync(ready, 'utf8'))
}
