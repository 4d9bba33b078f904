/**
 * Whether a database has the schema that this process was written for. A process works on one that is newer, unless a file that
 * it does not know took something away; it does not work on one that is older, or on a database without any.
 */
import type pg from 'pg'
import { type Database, isNarrowing, migrationNames } from './migration-files.ts'

const reasons = {
  SALLYPORT_NO_SCHEMA: 'has no schema of ours',
  SALLYPORT_SCHEMA_TOO_OLD: 'has the schema of an earlier version',
  SALLYPORT_SCHEMA_TOO_NEW: 'belongs to a later version, which took away what this one needs',
} as const
export type SchemaReason = keyof typeof reasons

const todo: Record<SchemaReason, string> = {
  SALLYPORT_NO_SCHEMA:
    'set SALLYPORT_OWNER_DATABASE_URL and run `sallyport migrate`, or look whether the URL names the right database',
  SALLYPORT_SCHEMA_TOO_OLD: 'set SALLYPORT_OWNER_DATABASE_URL and run `sallyport migrate`, then start again',
  SALLYPORT_SCHEMA_TOO_NEW: 'start the version that the others run, or a later one',
}

export class WrongSchema extends Error {
  /** What the log shows: it never has messages. */
  readonly code: SchemaReason
  constructor(database: Database, code: SchemaReason, file?: string) {
    const which = file === undefined ? '' : ` (${file})`
    super(`the ${database} database ${reasons[code]}${which}; ${todo[code]}`)
    this.name = 'WrongSchema'
    this.code = code
  }
}

/** Null where it fits. Rejects where the database cannot be asked. `known` is for tests: the files of another version. */
export async function wrongSchema(
  db: Pick<pg.Pool, 'query'>,
  database: Database,
  known?: readonly string[],
): Promise<WrongSchema | null> {
  const ours = known ?? (await migrationNames(database))
  // Knowing nothing, everything would fit.
  if (ours.length === 0)
    throw new Error(`the files of server/database/${database} are missing; is this a complete copy of the project?`)
  let ran: Set<string>
  try {
    const { rows } = await db.query<{ name: string }>('select name from schema_names() as name')
    ran = new Set(rows.map(({ name }) => name))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error) || error.code !== undefinedFunction) throw error
    // Before the file that made the function there was a schema too; without one there is not even a mode.
    if (!ours.includes(namesFile)) return null
    const { rows } = await db.query<{ there: boolean }>("select to_regclass('deployment') is not null as there")
    return new WrongSchema(database, rows[0]?.there === true ? 'SALLYPORT_SCHEMA_TOO_OLD' : 'SALLYPORT_NO_SCHEMA')
  }
  const missing = ours.find((name) => !ran.has(name) && !isNarrowing(name))
  if (missing !== undefined) return new WrongSchema(database, 'SALLYPORT_SCHEMA_TOO_OLD', missing)
  const narrowed = [...ran].find((name) => isNarrowing(name) && !ours.includes(name))
  return narrowed === undefined ? null : new WrongSchema(database, 'SALLYPORT_SCHEMA_TOO_NEW', narrowed)
}

const undefinedFunction = '42883'
/** Made the function, in each of the databases. A process that does not know it asks nobody. */
const namesFile = '9950-schema-names.sql'

/**
 * Rejects with WrongSchema and with nothing else: a database that is away is waited for by whoever uses it. Where it
 * rejects, the pool is closed.
 */
export async function assertSchema(db: pg.Pool, database: Database, known?: readonly string[]): Promise<void> {
  const ours = known ?? (await migrationNames(database))
  const wrong = await wrongSchema(db, database, ours).catch((error: unknown) => {
    // Of the server's and the network's; what has no code is about ourselves.
    if (error instanceof Error && 'code' in error) return null
    throw error
  })
  if (wrong === null) return
  await db.end()
  throw wrong
}

/** For `/readyz`: also of a process that runs while somebody takes away what it needs. */
export const schemaFits = async (db: pg.Pool, database: Database, known?: readonly string[]): Promise<boolean> =>
  (await wrongSchema(db, database, known)) === null
