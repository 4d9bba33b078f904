/** What a taken process can do at the database server: with its own rights, and under the names of others. */
import pg from 'pg'
import { superuser } from '../../database/embedded.ts'
import type { Database } from '../../database/migrate.ts'
import { databaseName, databaseRoles, type DatabaseRole, mayConnect, roleName } from '../../database/roles.ts'

/** What each statement gives: its rows as text, or the code of the refusal. */
export async function statements(
  url: string,
  texts: readonly string[],
): Promise<{ rows: string; code: string | null }[]> {
  const client = new pg.Client({ connectionString: url })
  const outcomes: { rows: string; code: string | null }[] = []
  try {
    await client.connect()
  } catch (error) {
    await client.end().catch(() => undefined)
    return texts.map(() => ({ rows: '', code: codeOf(error) }))
  }
  for (const text of texts) {
    try {
      outcomes.push({ rows: JSON.stringify((await client.query(text)).rows), code: null })
    } catch (error) {
      outcomes.push({ rows: '', code: codeOf(error) })
    }
  }
  await client.end()
  return outcomes
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'

/** The code of each statement's refusal, in the process's own database. */
export const attempt = async (config: { database_url: string }, texts: readonly string[]): Promise<(string | null)[]> =>
  (await statements(config.database_url, texts)).map(({ code }) => code)

/** A login at the server: whose name, in which database. */
export interface Login {
  role: DatabaseRole | 'super'
  database: Database
}

/** The same server as somebody else, with the password that one has. */
export function asOther(url: string, { role, database }: Login): string {
  const parsed = new URL(url)
  parsed.username = role === 'super' ? superuser : roleName(role)
  parsed.pathname = `/${databaseName(database)}`
  return parsed.href
}

/** Under its own name in every database that is not its own. */
export const foreignDatabases = (role: DatabaseRole): Login[] =>
  (['gateway', 'vault', 'keyd'] as const)
    .filter((database) => !mayConnect[database].includes(role))
    .map((database) => ({ role, database }))

/** Under every name but its own, each in a database where that one may be. */
export const foreignNames = (own?: DatabaseRole): Login[] =>
  [...databaseRoles, 'super' as const]
    .filter((role) => role !== own)
    .map((role) => ({
      role,
      database:
        (['vault', 'gateway', 'keyd'] as const).find((one) => role === 'super' || mayConnect[one].includes(role)) ??
        'vault',
    }))

/** The code with which each login is refused, or null, with the process's own password. */
export const enter = (config: { database_url: string }, logins: readonly Login[]): Promise<(string | null)[]> =>
  Promise.all(
    logins.map(async (login) => (await statements(asOther(config.database_url, login), ['select 1']))[0]?.code ?? null),
  )
