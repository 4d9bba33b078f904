import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDatabases, type TestDatabases } from '../testing/postgres.ts'
import { type Database, databases as databaseNames } from './migrate.ts'
import { rights, type Rights } from './rights.ts'
import { type DatabaseRole, databaseRoles } from './roles.ts'

const roles = databaseRoles.filter((role) => role !== 'owner')

async function query<T extends pg.QueryResultRow>(url: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<T>(text)).rows
  } finally {
    await client.end()
  }
}

/** Every grant of the live database, in the words of rights.ts. */
async function liveRights(url: string): Promise<Rights> {
  const live: Rights = { tables: {}, functions: {} }
  const grantee = "coalesce(replace(nullif(r.rolname, ''), 'sallyport_', ''), 'PUBLIC')"
  const tables = await query<{ name: string; role: string | null; privilege: string | null }>(
    url,
    `
    select c.relname as name, case when x.grantee = 0 then 'PUBLIC' else ${grantee} end as role, lower(x.privilege_type) as privilege
    from pg_class c left join lateral aclexplode(c.relacl) x on x.grantee is distinct from c.relowner left join pg_roles r on r.oid = x.grantee
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relname <> 'migrations'
    order by 1, 2, 3`,
  )
  for (const { name, role, privilege } of tables) {
    live.tables[name] ??= {}
    if (role !== null && privilege !== null) add(live, name, role, privilege)
  }
  const columns = await query<{ name: string; role: string; privilege: string; columns: string }>(
    url,
    `
    select c.relname as name, ${grantee} as role, lower(x.privilege_type) as privilege, string_agg(a.attname, ',' order by a.attname) as columns
    from pg_attribute a join pg_class c on c.oid = a.attrelid, lateral aclexplode(a.attacl) x left join pg_roles r on r.oid = x.grantee
    where c.relnamespace = 'public'::regnamespace and a.attacl is not null and x.grantee <> c.relowner group by 1, 2, 3 order by 1, 2, 3`,
  )
  for (const { name, role, privilege, columns: names } of columns) add(live, name, role, `${privilege}(${names})`)
  const functions = await query<{ name: string; role: string }>(
    url,
    `
    select p.proname as name, case when x.grantee = 0 then 'PUBLIC' else ${grantee} end as role
    from pg_proc p, lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x left join pg_roles r on r.oid = x.grantee
    where p.pronamespace = 'public'::regnamespace and x.grantee <> p.proowner order by 1, 2`,
  )
  for (const { name, role } of functions) live.functions[name] = [...(live.functions[name] ?? []), role as DatabaseRole]
  return live
}

function add(live: Rights, table: string, role: string, privilege: string): void {
  const row = live.tables[table] ?? {}
  live.tables[table] = row
  row[role as DatabaseRole] = [...(row[role as DatabaseRole] ?? []), privilege].sort()
}

describe('the rights of the live database', () => {
  let databases: TestDatabases
  beforeAll(async () => {
    databases = await testDatabases()
  }, 60_000)
  afterAll(() => databases.drop())

  it.each(databaseNames)("%s: are the design's, none wider and none missing", async (name: Database) => {
    const designed = rights[name]
    expect(designed, 'rights.ts has no table for this database').toBeDefined()
    expect(await liveRights(databases.superUrl(name))).toEqual(designed)
  })

  it('a grant too many is seen (control)', async () => {
    const wide = await testDatabases()
    try {
      await query(wide.superUrl('vault'), 'grant select on records to sallyport_egress')
      expect(await liveRights(wide.superUrl('vault'))).not.toEqual(rights.vault)
    } finally {
      await wide.drop()
    }
  })

  it('no role of ours is a superuser, inherits another or may make roles', async () => {
    const rows = await query<{ rolname: string }>(
      databases.superUrl('vault'),
      `
      select rolname from pg_roles where rolname like 'sallyport\\_%' and rolname <> 'sallyport_superuser'
        and (rolsuper or rolcreaterole or rolreplication or rolbypassrls
          or exists (select from pg_auth_members m where m.member = pg_roles.oid))
        and rolname in (${databaseRoles.map((role) => `'sallyport_${role}'`).join(',')})`,
    )
    expect(rows).toEqual([])
  })

  it("functions that run with the owner's rights fix their search path", async () => {
    for (const name of databaseNames) {
      const rows = await query<{ proname: string }>(
        databases.superUrl(name),
        `
        select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
          and not exists (select from unnest(proconfig) setting where setting like 'search_path=pg_catalog%')`,
      )
      expect(rows).toEqual([])
    }
  })

  const forbidden: [DatabaseRole, string][] = [
    ['intake', 'select * from tokens'],
    ['intake', 'select * from records'],
    ['intake', 'select * from cvc'],
    ['intake', 'select * from fingerprints'],
    ['intake', "update captures set state = 'completed'"],
    ['intake', 'delete from events'],
    ['intake', 'update allowances set uses_left = 1000'],
    ['intake', 'update mandates set amount_max = 1'],
    ['intake', 'select * from credentials'],
    ['intake', "insert into origins values ('t', 'https://evil.example')"],
    ['intake', "update kek_epochs set public_key = ''"],
    ['intake', "select record_read('t', 'card')"],
    ['intake', "select reserve('t')"],
    ['intake', 'select * from audit'],
    ['egress', 'select * from tokens'],
    ['egress', 'select * from records'],
    ['egress', 'select * from credentials'],
    ['egress', "update accounts set base_url = 'http://evil'"],
    ['egress', "update records set body = ''"],
    ['egress', 'select * from captures'],
    ['egress', 'delete from audit'],
    ['egress', "update charges set state = 'refunded'"],
    ['egress', 'select * from allowances'],
    ['keeper', 'select body from records'],
    ['keeper', "update records set body = ''"],
    ['keeper', 'select body from cvc'],
    ['keeper', 'select fingerprint from fingerprints'],
    ['keeper', "update audit set entry = ''"],
    ['keeper', 'delete from audit'],
    ['keeper', "update tokens set last4 = '0000'"],
    ['keeper', 'select * from credentials'],
    ['keeper', "update captures set state = 'completed'"],
    ['admin', 'select * from credentials'],
    ['admin', 'select * from records'],
    ['admin', 'select * from tokens'],
    ['admin', 'delete from audit'],
  ]
  it.each([
    'delete from grants_used',
    'update openings set count = 0',
    'delete from tombstones',
    "update audit set entry = ''",
    'delete from audit',
  ])('keyd may not: %s', async (statement) => {
    await expect(query(databases.keyd.url('keyd'), statement)).rejects.toMatchObject({ code: '42501' })
  })
  it.each([
    "insert into api_keys (tenant, key_hash) values ('t', '')",
    "update tenants set name = 'x'",
    'delete from api_keys',
  ])('gateway may not: %s', async (statement) => {
    await expect(query(databases.gateway.url('gateway'), statement)).rejects.toMatchObject({ code: '42501' })
  })

  it.each(forbidden)('%s may not: %s', async (role, statement) => {
    await expect(query(databases.vault.url(role), statement)).rejects.toMatchObject({ code: '42501' })
  })

  it.each([
    ['gateway', 'vault'],
    ['gateway', 'keyd'],
    ['intake', 'keyd'],
    ['egress', 'keyd'],
    ['keeper', 'keyd'],
    ['keyd', 'vault'],
    ['intake', 'gateway'],
    ['admin', 'keyd'],
  ] as const)('%s may not even connect to %s', async (role, name) => {
    await expect(query(databases[name].url(role), 'select 1')).rejects.toMatchObject({ code: '42501' })
  })

  it('every role has a statement that is refused in this test', () => {
    const tested = new Set<DatabaseRole>([...forbidden.map(([role]) => role), 'gateway', 'keyd'])
    expect([...tested].sort()).toEqual([...roles].sort())
  })
})
