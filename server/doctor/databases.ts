/** The databases: who may connect to which, every grant against rights.ts, whose clock is right, and what a restore left to do. */
import pg from 'pg'
import { superuser } from '../database/embedded.ts'
import { compareRights, readRights } from '../database/live-rights.ts'
import { type Database, databases } from '../database/migrate.ts'
import { rights } from '../database/rights.ts'
import { databaseName, databaseUrl, mayConnect, roleName } from '../database/roles.ts'
import type { Settings } from '../settings.ts'
import { configFile } from '../supervisor/walls.ts'
import { join } from 'node:path'
import { type Finding, judge, missing, unseen } from './finding.ts'
import { type Place, readJson } from './place.ts'

const walls = ['database roles', 'clock', 'restore']
/** As keyd allows (protocol/limits.ts, clockSkewMs). */
const clockApartMsMax = 5_000

export async function databasesAsFound(place: Place, settings: Pick<Settings, 'databases'>): Promise<Finding[]> {
  if (place.running.size === 0) return walls.map((wall) => unseen(wall, 'nothing runs in this home'))
  const urlOf = wayIn(place, settings)
  if (urlOf === null)
    return walls.map((wall) => unseen(wall, 'the owner’s URL is not set, so its grants cannot be read'))
  try {
    return await look(urlOf)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
    const todo = 'see whether Postgres runs, and look again'
    return walls.map((wall) => missing(wall, `the database cannot be asked (${code})`, todo))
  }
}

/** As the embedded server's superuser, or as the owner of the operator's own. */
function wayIn(place: Place, { databases: own }: Pick<Settings, 'databases'>): ((database: Database) => string) | null {
  if (own !== null) {
    const { owner } = own
    return owner === null ? null : (database) => databaseUrl(owner, databaseName(database))
  }
  const url = readJson(configFile(place, 'keyd'))?.database_url
  const password = readJson(join(place.folder, 'secrets.json'))?.database?.superuser
  if (typeof url !== 'string' || typeof password !== 'string') return null
  return (database) => {
    const parsed = new URL(databaseUrl(url, databaseName(database)))
    parsed.username = superuser
    parsed.password = password
    return parsed.href
  }
}

async function look(urlOf: (database: Database) => string): Promise<Finding[]> {
  const wrong: string[] = []
  const apartMs: number[] = []
  let aheadMs = 0
  let waiting: Waiting = { accounts: 0, restored: null }
  for (const database of databases) {
    const client = new pg.Client({ connectionString: urlOf(database), connectionTimeoutMillis: 5_000 })
    await client.connect()
    try {
      const { tooMany, missing: lacking } = compareRights(await readRights(client), rights[database])
      wrong.push(...tooMany.map((grant) => `${database}: too wide, ${grant}`))
      wrong.push(...lacking.map((grant) => `${database}: lacks ${grant}`))
      wrong.push(...(await strangers(client, database)))
      const { rows } = await client.query<{ ms: string }>('select extract(epoch from clock_timestamp()) * 1000 as ms')
      apartMs.push(Math.abs(Number(rows[0]?.ms) - Date.now()))
      if (database === 'vault') waiting = await waitingIn(client)
      if (database === 'keyd') {
        const { rows: highest } = await client.query<{ iat: string }>('select highest_iat as iat from clock')
        aheadMs = Number(highest[0]?.iat ?? 0) * 1_000 - Date.now()
      }
    } finally {
      await client.end()
    }
  }
  const slow = Math.max(...apartMs) > clockApartMsMax
  return [
    judge(
      'database roles',
      wrong,
      'every grant is the design’s, none wider and none missing',
      'somebody changed grants by hand: take them back, and look through the audit log of that time',
    ),
    judge(
      'clock',
      [
        ...(slow ? ['the database’s clock and this machine’s are more than five seconds apart'] : []),
        ...(aheadMs > clockApartMsMax ? ['keyd has seen a grant of the future: its clock went back'] : []),
      ],
      'the machine’s clock and the database’s agree, and keyd’s has not gone back',
      'let a time service set the clocks; keyd opens nothing until they agree',
    ),
    judge(
      'restore',
      waiting.accounts === 0
        ? []
        : [
            `put back from a backup (${waiting.restored?.toISOString() ?? ''}), and ${waiting.accounts} merchant accounts were not compared with their processors: charges with cards of before wait`,
          ],
      'nothing waits for being compared with the processors',
      'run `sallyport reconcile`',
    ),
  ]
}

interface Waiting {
  accounts: number
  restored: Date | null
}

async function waitingIn(client: pg.Client): Promise<Waiting> {
  const { rows } = await client.query<{ accounts: number; restored: Date | null }>(
    `select count(distinct r.account)::integer as accounts, max(s.restored_at) as restored
       from reconciliations r join restores s on s.n = r.restore where r.lifted_at is null`,
  )
  return rows[0] ?? { accounts: 0, restored: null }
}

/** Roles that may connect and should not, and powers that none of ours should have. */
async function strangers(client: pg.Client, database: Database): Promise<string[]> {
  const allowed = mayConnect[database].map(roleName)
  const { rows } = await client.query<{ rolname: string }>(
    `select rolname from pg_roles where rolcanlogin and not rolsuper and rolname like 'sallyport\\_%'
      and has_database_privilege(oid, current_database(), 'connect') and not rolname = any($1)`,
    [allowed],
  )
  const { rows: powers } = await client.query<{ rolname: string }>(
    `select rolname from pg_roles where rolname like 'sallyport\\_%' and rolname <> $1
      and (rolsuper or rolcreaterole or rolreplication or rolbypassrls
        or exists (select from pg_auth_members m where m.member = pg_roles.oid))`,
    [superuser],
  )
  return [
    ...rows.map(({ rolname }) => `${rolname} may connect to ${database}`),
    ...powers.map(({ rolname }) => `${rolname} has powers over other roles`),
  ]
}
