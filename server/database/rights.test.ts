import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDatabases, type TestDatabases } from '../testing/postgres.ts'
import { compareRights, readRights } from './live-rights.ts'
import { type Database, databases as databaseNames, migrate } from './migrate.ts'
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

async function liveRights(url: string): Promise<Rights> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await readRights(client)
  } finally {
    await client.end()
  }
}

describe('the rights of the live database', () => {
  let databases: TestDatabases
  beforeAll(async () => {
    databases = await testDatabases()
  }, 60_000)
  afterAll(() => databases.drop())

  it.each(databaseNames)('%s: are those of rights.ts, none wider and none missing', async (name: Database) => {
    const designed = rights[name]
    expect(designed, 'rights.ts has no table for this database').toBeDefined()
    expect(await liveRights(databases.superUrl(name))).toEqual(designed)
  })

  it('a database of the version before has the same after its migration', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-before-'))
    const own = await testDatabases(['vault'])
    try {
      // Built anew without the file that took rights away, as an older version left it.
      const narrower = '90-narrower.sql'
      const later = readdirSync(join(import.meta.dirname, 'vault')).filter((name) => name > narrower)
      const anew = 'drop schema public cascade; create schema public authorization sallyport_owner;'
      await query(own.superUrl('vault'), `${anew} grant usage on schema public to public`)
      cpSync(join(import.meta.dirname, 'vault'), join(folder, 'vault'), { recursive: true })
      for (const name of [narrower, ...later]) rmSync(join(folder, 'vault', name))
      await migrate(own.vault.url('owner'), 'vault', { folder })
      const before = compareRights(await liveRights(own.superUrl('vault')), rights.vault)
      expect(before.tooMany).toContain('keeper: select on accounts')
      expect(await migrate(own.vault.url('owner'), 'vault')).toEqual([narrower, ...later.sort()])
      expect(await liveRights(own.superUrl('vault'))).toEqual(rights.vault)
    } finally {
      rmSync(folder, { recursive: true })
      await own.drop()
    }
  })

  it('a grant too many is seen (control)', async () => {
    const wide = await testDatabases()
    try {
      await query(wide.superUrl('vault'), 'grant select on records to sallyport_egress')
      const live = await liveRights(wide.superUrl('vault'))
      expect(live).not.toEqual(rights.vault)
      expect(compareRights(live, rights.vault)).toEqual({ tooMany: ['egress: select on records'], missing: [] })
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
    ['egress', 'select * from kek_epochs'],
    ['keeper', 'select * from accounts'],
    ['keeper', 'select * from tenants'],
    ['keeper', 'select * from origins'],
    ['keeper', 'select wrapped_dek from records'],
    ['keeper', 'select body from records'],
    ['keeper', "update records set body = ''"],
    ['keeper', 'select body from cvc'],
    ['keeper', 'select fingerprint from fingerprints'],
    ['keeper', "update audit set entry = ''"],
    ['keeper', 'delete from audit'],
    ['keeper', "update tokens set last4 = '0000'"],
    ['keeper', 'select * from credentials'],
    ['keeper', 'select body from credentials'],
    ['keeper', "update credentials set body = ''"],
    ['keeper', 'select * from mandates'],
    ['keeper', 'update rewraps set moved = 0'],
    ['admin', "update records set wrapped_dek = ''"],
    ['admin', "update rewraps set after = ''"],
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
