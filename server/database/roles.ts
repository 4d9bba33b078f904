import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { type Database, databases } from './migrate.ts'

/**
 * The login roles of the cluster, each with a password of its own. `owner` owns schema and SECURITY DEFINER functions
 * and serves nobody; `admin` writes what widens power; the rest are one process each (DESIGN §2).
 */
export const databaseRoles = ['owner', 'gateway', 'intake', 'egress', 'keeper', 'keyd', 'admin'] as const
export type DatabaseRole = (typeof databaseRoles)[number]
export type Passwords = Record<DatabaseRole, string>

/** Who may connect to which database at all, before any grant inside it. */
export const mayConnect: Record<Database, readonly DatabaseRole[]> = {
  gateway: ['owner', 'gateway', 'admin'],
  vault: ['owner', 'intake', 'egress', 'keeper', 'admin'],
  keyd: ['owner', 'keyd'],
}

export const databaseName = (database: Database): string => `sallyport_${database}`
export const roleName = (role: DatabaseRole): string => `sallyport_${role}`

export const makePassword = (): string => randomBytes(24).toString('base64url')

export function makePasswords(): Passwords {
  const passwords: Partial<Passwords> = {}
  for (const role of databaseRoles) passwords[role] = makePassword()
  return passwords as Passwords // sound: the loop above runs over every role
}

/** A pool closes what idles in a transaction; these hold it against a client that does not set them itself. */
const timeouts: Partial<Record<DatabaseRole, { statement: string; idle: string }>> = {
  owner: { statement: '0', idle: '60s' },
  admin: { statement: '60s', idle: '60s' },
}
const processTimeouts = { statement: '10s', idle: '10s' }

/** Creates roles and databases that are not there, and sets passwords, time-outs and the right to connect each time. */
export async function prepareCluster(superUrl: string, passwords: Passwords): Promise<void> {
  const client = new pg.Client({ connectionString: superUrl })
  await client.connect()
  try {
    const known = await client.query<{ rolname: string }>(
      `select rolname from pg_roles where rolname like 'sallyport%'`,
    )
    const names = new Set(known.rows.map((row) => row.rolname))
    for (const role of databaseRoles) {
      const name = roleName(role)
      const { statement, idle } = timeouts[role] ?? processTimeouts
      // Passwords and time-outs cannot be parameters of DDL; both are ours and are quoted as literals.
      if (!names.has(name)) await client.query(`create role ${name} login noinherit`)
      await client.query(`alter role ${name} password ${client.escapeLiteral(passwords[role])}`)
      await client.query(`alter role ${name} set statement_timeout = '${statement}'`)
      await client.query(`alter role ${name} set idle_in_transaction_session_timeout = '${idle}'`)
      await client.query(`alter role ${name} set search_path = public`)
    }
    const present = await client.query<{ datname: string }>('select datname from pg_database')
    const existing = new Set(present.rows.map((row) => row.datname))
    for (const database of databases) {
      const name = databaseName(database)
      if (!existing.has(name)) await client.query(`create database ${name} owner ${roleName('owner')}`)
      await allowConnections(client, database, name)
    }
  } finally {
    await client.end()
  }
  for (const database of databases) await closePublicSchema(databaseUrl(superUrl, databaseName(database)), database)
}

/** Also for a copy of a template: the right to connect belongs to the database and is not copied with it. */
export async function allowConnections(client: pg.Client, database: Database, name: string): Promise<void> {
  await client.query(`revoke all on database ${name} from public`)
  for (const role of mayConnect[database]) await client.query(`grant connect on database ${name} to ${roleName(role)}`)
}

async function closePublicSchema(url: string, database: Database): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`alter schema public owner to ${roleName('owner')}`)
    await client.query('revoke all on schema public from public')
    for (const role of mayConnect[database]) await client.query(`grant usage on schema public to ${roleName(role)}`)
    // Functions are executable by everyone unless said otherwise: the default is turned round before the first exists.
    await client.query(`alter default privileges for role ${roleName('owner')} revoke execute on functions from public`)
  } finally {
    await client.end()
  }
}

/** The same URL with another database. */
export function databaseUrl(url: string, name: string): string {
  const parsed = new URL(url)
  parsed.pathname = `/${name}`
  return parsed.href
}
