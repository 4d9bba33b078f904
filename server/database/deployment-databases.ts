import { type Database, databases, migrate, type MigrateOptions } from './migrate.ts'
import { databaseName, type DatabaseRole, type Passwords, prepareCluster, roleName } from './roles.ts'
import type { EmbeddedPostgres } from './embedded.ts'
import { superuser } from './embedded.ts'

/** Gives the URL of a role in one of the three databases. */
export type DatabaseUrls = (role: DatabaseRole, database: Database) => string

/** Roles, databases and schema in an embedded Postgres that runs; gives each role's way in. */
export async function prepareEmbedded(
  postgres: EmbeddedPostgres,
  superPassword: string,
  passwords: Passwords,
): Promise<{ urls: DatabaseUrls; applied: string[] }> {
  await prepareCluster(postgres.url(superuser, superPassword, 'postgres'), passwords)
  const urls: DatabaseUrls = (role, database) => postgres.url(roleName(role), passwords[role], databaseName(database))
  return { urls, applied: await migrateAll(urls) }
}

export async function migrateAll(urls: DatabaseUrls, options: Pick<MigrateOptions, 'narrow'> = {}): Promise<string[]> {
  const applied: string[] = []
  for (const database of databases) {
    for (const name of await migrate(urls('owner', database), database, options)) applied.push(`${database}/${name}`)
  }
  return applied
}
