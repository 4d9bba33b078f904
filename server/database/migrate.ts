import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { root } from '../root.ts'

export const databases = ['gateway', 'vault', 'keyd'] as const
export type Database = (typeof databases)[number]

const here = join(root, 'server', 'database')

interface Migration {
  name: string
  sql: string
  sha256: string
}

async function migrationsOf(database: Database, folder: string): Promise<Migration[]> {
  let names: string[]
  try {
    names = await readdir(join(folder, database))
  } catch {
    return []
  }
  const files = names.filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async (name) => {
      const sql = await readFile(join(folder, database, name), 'utf8')
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

/**
 * Applies the files of `server/database/<database>/` in the order of their names, each once, each in a transaction of
 * its own, as sallyport_owner. A file that was applied must not change afterwards: two databases of the same version
 * would differ. Throws with the file's name; the database then stands after the file before it.
 */
export async function migrate(
  ownerUrl: string,
  database: Database,
  options: { folder?: string } = {},
): Promise<string[]> {
  const migrations = await migrationsOf(database, options.folder ?? here)
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    await client.query(`create table if not exists migrations (
      name text primary key, sha256 text not null, applied_at timestamptz not null default clock_timestamp())`)
    const rows = await client.query<{ name: string; sha256: string }>('select name, sha256 from migrations')
    const applied = new Map(rows.rows.map((row) => [row.name, row.sha256]))
    const done: string[] = []
    for (const migration of migrations) {
      const before = applied.get(migration.name)
      if (before === migration.sha256) continue
      if (before !== undefined) {
        throw new Error(
          `the migration ${database}/${migration.name} was changed after it was applied here; ` +
            'add a new file instead, or start with an empty SALLYPORT_HOME',
        )
      }
      await apply(client, database, migration)
      done.push(migration.name)
    }
    return done
  } finally {
    await client.end()
  }
}

async function apply(client: pg.Client, database: Database, migration: Migration): Promise<void> {
  try {
    await client.query('begin')
    await client.query(migration.sql)
    await client.query('insert into migrations (name, sha256) values ($1, $2)', [migration.name, migration.sha256])
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback').catch(() => undefined)
    const why = cause instanceof Error ? cause.message : 'unknown'
    throw new Error(`the migration ${database}/${migration.name} failed: ${why}`, { cause })
  }
}
