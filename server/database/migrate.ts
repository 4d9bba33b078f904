/**
 * Brings a database to this version's schema: file by file, forward alone, each in a transaction of its own, while processes
 * of the version before go on serving.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { booksTable, type Books, keepBooks, lockTable, openBooks } from './migration-books.ts'
import { type Database, isNarrowing, type MigrationFile, migrationFiles } from './migration-files.ts'

export { type Database, databases } from './migration-files.ts'

export interface MigrateOptions {
  folder?: string
  /** Also what takes away from processes of the version before: only where none of them runs. */
  narrow?: boolean
  /** How often a file tries again that found a table held by somebody. */
  tries?: number
}

/**
 * How long a file waits for a table that is in use. Whoever comes meanwhile queues behind it, so it is less than anybody's
 * patience; and less than the second after which the server ends one of two who wait for each other, who might be a process.
 */
const lockTimeout = '500ms'
const triesDefault = 90
const pauseMs = 500

/**
 * Applies the files of `server/database/<database>/` that have not run, each once, as sallyport_owner. A file that ran must
 * not change afterwards: two databases of the same version would differ. What a newer version applied is left as it is.
 * Throws with the file's name; the database then stands after the file before it.
 */
export async function migrate(ownerUrl: string, database: Database, options: MigrateOptions = {}): Promise<string[]> {
  const files = await migrationFiles(database, options.folder)
  const db = openBooks(ownerUrl)
  try {
    await untilFree('table of migrations', options, () => keepBooks(db), madeAtOnce)
    const done: string[] = []
    for (;;) {
      const ran = await known(db)
      assertUnchanged(database, files, ran)
      const next = files.find(({ name }) => !ran.has(name) && (options.narrow !== false || !isNarrowing(name)))
      if (next === undefined) return done
      if (await untilFree(`${database}/${next.name}`, options, () => step(db, next))) done.push(next.name)
    }
  } catch (cause) {
    if (cause instanceof MigrationError) throw cause
    throw new MigrationError(`${database}'s schema: ${words(cause)}`, { cause })
  } finally {
    await db.destroy()
  }
}

/** A sentence for whoever started it. */
class MigrationError extends Error {}

async function known(db: Kysely<Books>): Promise<Map<string, string>> {
  const rows = await db.selectFrom(booksTable).select(['name', 'sha256']).execute()
  return new Map(rows.map(({ name, sha256 }) => [name, sha256]))
}

function assertUnchanged(database: Database, files: readonly MigrationFile[], ran: ReadonlyMap<string, string>): void {
  const changed = files.find(({ name, sha256 }) => ran.has(name) && ran.get(name) !== sha256)
  if (changed === undefined) return
  throw new MigrationError(
    `the migration ${database}/${changed.name} was changed after it was applied here; ` +
      'add a new file instead, or start with an empty SALLYPORT_HOME',
  )
}

/** One file in one transaction. False where somebody else who migrates had run it meanwhile. */
function step(db: Kysely<Books>, file: MigrationFile): Promise<boolean> {
  return db.transaction().execute(async (transaction) => {
    await sql`select set_config('lock_timeout', ${lockTimeout}, true),
      set_config('sallyport.sha256', ${file.sha256}, true)`.execute(transaction)
    const nothing = { up: async () => undefined }
    const migrator = new Migrator({
      db: transaction,
      migrationTableName: booksTable,
      migrationLockTableName: lockTable,
      // Those of a newer version too, of which we have no file, and those that run between others that ran.
      allowUnorderedMigrations: true,
      provider: {
        getMigrations: async () => ({
          ...Object.fromEntries([...(await known(transaction)).keys()].map((name) => [name, nothing])),
          [file.name]: { up: async (on: Kysely<unknown>) => void (await sql.raw(file.sql).execute(on)) },
        }),
      },
    })
    const { error, results = [] } = await migrator.migrateUp()
    if (error !== undefined) throw error
    return results.some(({ migrationName, status }) => migrationName === file.name && status === 'Success')
  })
}

/** Tries again what gave way to somebody who held a table, or to another who migrates. */
async function untilFree<T>(
  what: string,
  { tries = triesDefault }: MigrateOptions,
  work: () => Promise<T>,
  also: readonly string[] = [],
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (cause) {
      if (![...gaveWay, ...also].includes(codeOf(cause)))
        throw new MigrationError(`the migration ${what} failed: ${words(cause)}`, { cause })
      if (attempt >= tries) {
        throw new MigrationError(
          `the migration ${what} waited for a table that somebody holds; end the transactions that are open for long ` +
            '(pg_stat_activity shows them), then start it again',
          { cause },
        )
      }
      await delay(pauseMs * (0.5 + Math.random()))
    }
  }
}

/** lock_not_available, deadlock_detected, serialization_failure. */
const gaveWay = ['55P03', '40P01', '40001']
/** duplicate_table, unique_violation, and tuple_concurrently_updated: two who begin on an empty database. */
const madeAtOnce = ['42P07', '23505', 'XX000']

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

const words = (error: unknown): string => (error instanceof Error ? error.message : 'unknown')
