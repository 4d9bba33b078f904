/**
 * What Kysely's migrator needs of a Postgres-compatible database, without what not every one of them has: its own adapter
 * waits for an advisory lock, which some clusters accept and do not keep; here one row is the lock.
 */
import {
  type DatabaseIntrospector,
  Kysely,
  PostgresAdapter,
  PostgresDriver,
  PostgresQueryCompiler,
  sql,
  type TableMetadata,
} from 'kysely'
import pg from 'pg'

export const booksTable = 'migrations'
export const lockTable = 'migrations_lock'

/** Of the two tables that the migrator keeps for itself. */
export interface Books {
  [booksTable]: { name: string; sha256: string; timestamp: string }
  [lockTable]: { id: string; is_locked: number }
}

type LockOptions = Parameters<PostgresAdapter['acquireMigrationLock']>[1]

class RowLock extends PostgresAdapter {
  /** Held until the transaction ends, in which one file runs. */
  override async acquireMigrationLock(db: Kysely<Books>, { lockRowId }: LockOptions): Promise<void> {
    await db.selectFrom(lockTable).select('id').where('id', '=', lockRowId).forUpdate().execute()
  }

  override async releaseMigrationLock(): Promise<void> {
    // The transaction's end does it.
  }
}

/** The migrator asks at each step whether its two tables are there; the standard one reads the whole catalogue for that. */
const onlyNames = (db: Kysely<Books>): DatabaseIntrospector => ({
  getSchemas: async () => [{ name: 'public' }],
  getTables: async () => {
    const { rows } = await sql<{ name: string }>`
      select tablename as name from pg_tables where schemaname = 'public' and tablename in (${booksTable}, ${lockTable})
    `.execute(db)
    return rows.map(({ name }): TableMetadata => ({ name, isView: false, isForeign: false, columns: [] }))
  },
})

export function openBooks(ownerUrl: string): Kysely<Books> {
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 1 })
  // A server that ends meanwhile is told by the statement that it breaks.
  pool.on('error', () => undefined)
  return new Kysely<Books>({
    dialect: {
      createAdapter: () => new RowLock(),
      createDriver: () => new PostgresDriver({ pool }),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createIntrospector: onlyNames,
    },
  })
}

/**
 * The table of what ran, as every version of ours had it (name, hash, time), with the column that the migrator writes. Of a
 * row's hash only the transaction knows that runs the file (`migrate.ts` sets it there), whoever inserts the row.
 */
export async function keepBooks(db: Kysely<Books>): Promise<void> {
  await sql`create table if not exists migrations (
    name text primary key, sha256 text not null, applied_at timestamptz not null default clock_timestamp())`.execute(db)
  const { rows } =
    await sql`select from pg_attribute where attrelid = 'migrations'::regclass and attname = 'timestamp'`.execute(db)
  if (rows.length === 0) {
    await sql`alter table migrations
      alter column sha256 set default current_setting('sallyport.sha256'),
      add column if not exists "timestamp" text not null default to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`.execute(
      db,
    )
  }
  await sql`create table if not exists migrations_lock (id text primary key, is_locked integer not null default 0)`.execute(
    db,
  )
  await sql`insert into migrations_lock (id) values ('migration_lock') on conflict do nothing`.execute(db)
}
