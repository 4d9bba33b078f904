/** A schema as an earlier version left it: the files that it knew, on databases of a test. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { migrate } from '../database/migrate.ts'
import { type Database, databases, migrationNames } from '../database/migration-files.ts'
import { mayConnect, roleName } from '../database/roles.ts'
import { root } from '../root.ts'
import type { TestDatabases } from './postgres.ts'

export type KnownFiles = Record<Database, readonly string[]>

/** @param also files that came later, and that the code of now, which plays the version before, cannot do without. */
export async function filesUpTo(last: KnownFilesEnd, also: readonly string[] = []): Promise<KnownFiles> {
  const known = async (database: Database): Promise<string[]> =>
    (await migrationNames(database)).filter((name) => name <= last[database] || also.includes(name))
  return { gateway: await known('gateway'), vault: await known('vault'), keyd: await known('keyd') }
}
/** The last file that the version had, by database. */
export type KnownFilesEnd = Record<Database, string>

/** Throws the schemas away and makes them anew from these files alone. */
export async function layEarlier(own: TestDatabases, known: KnownFiles): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-earlier-'))
  try {
    for (const database of databases) {
      mkdirSync(join(folder, database))
      for (const name of known[database]) {
        copyFileSync(join(root, 'server/database', database, name), join(folder, database, name))
      }
      const client = new pg.Client({ connectionString: own.superUrl(database) })
      await client.connect()
      const roles = mayConnect[database].map(roleName).join(', ')
      await client.query(`drop schema public cascade; create schema public authorization sallyport_owner;
        grant usage on schema public to ${roles}`)
      await client.end()
      await migrate(own[database].url('owner'), database, { folder })
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
