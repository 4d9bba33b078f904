import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type TestDatabases, testDatabases } from '../testing/postgres.ts'
import { migrate } from './migrate.ts'
import { makePool } from './pool.ts'

let db: TestDatabases
let folder: string

beforeAll(async () => {
  db = await testDatabases()
})
afterAll(() => db.drop())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-migrations-'))
  mkdirSync(join(folder, 'keyd'))
  return () => rmSync(folder, { recursive: true })
})

const connect = async (): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: db.superUrl('keyd') })
  await client.connect()
  return client
}
const write = (name: string, sql: string): void => writeFileSync(join(folder, 'keyd', name), sql)
const run = (options: { narrow?: boolean; tries?: number } = {}): Promise<string[]> =>
  migrate(db.keyd.url('owner'), 'keyd', { folder, ...options })

describe('migrations', () => {
  test('run once each, in the order of their names', async () => {
    write('91-b.sql', 'create table of_test as select n from of_test_first')
    write('90-a.sql', 'create table of_test_first (n int)')
    expect(await run()).toEqual(['90-a.sql', '91-b.sql'])
    expect(await run()).toEqual([])
  })

  test('a file that was changed after it ran is refused by its name', async () => {
    write('92-c.sql', 'select 1')
    await run()
    write('92-c.sql', 'select 2')
    await expect(run()).rejects.toThrow('keyd/92-c.sql was changed after it was applied')
  })

  test('a file that fails leaves nothing of itself', async () => {
    write('93-d.sql', 'create table half_made (n int); select no_such_function()')
    await expect(run()).rejects.toThrow('keyd/93-d.sql failed')
    write('93-d.sql', 'create table half_made (n int)')
    expect(await run()).toEqual(['93-d.sql'])
  })

  test('two that migrate at once run each file once', async () => {
    write('95-f.sql', 'create table once_alone (n int); select pg_sleep(0.05)')
    write('95-g.sql', 'insert into once_alone values (1); select pg_sleep(0.05)')
    const both = await Promise.all([run(), run(), run()])
    expect(both.flat().sort()).toEqual(['95-f.sql', '95-g.sql'])
    const client = await connect()
    expect((await client.query('select n from once_alone')).rows).toEqual([{ n: 1 }])
    await client.end()
  })

  test('what takes something away waits until it is asked for, whatever comes after it', async () => {
    write('96-h.narrow.sql', 'select 1')
    write('97-i.sql', 'select 2')
    expect(await run({ narrow: false })).toEqual(['97-i.sql'])
    expect(await run()).toEqual(['96-h.narrow.sql'])
  })

  test('a table that is in use is not waited for longer than half a second at a time, and nobody queues behind the file meanwhile', async () => {
    const client = await connect()
    await client.query('begin; select * from tombstones')
    write('98-j.sql', 'alter table tombstones add column of_test integer')
    await expect(run({ tries: 1 })).rejects.toThrow(
      'keyd/98-j.sql waited for a table that somebody holds; end the transactions',
    )
    const other = await connect()
    await other.query("set lock_timeout = '100ms'")
    await other.query('select * from tombstones')
    const running = run()
    await client.query('commit')
    expect(await running).toEqual(['98-j.sql'])
    await Promise.all([client.end(), other.end()])
  })

  test('a deployment of the version before goes on where it stood, and that version finds its files as run', async () => {
    const client = await connect()
    await client.query(`drop table migrations; create table migrations (
      name text primary key, sha256 text not null, applied_at timestamptz not null default clock_timestamp())`)
    write('20-old.sql', 'this would fail')
    const sha256 = createHash('sha256').update('this would fail').digest('hex')
    await client.query('insert into migrations (name, sha256) values ($1, $2)', ['20-old.sql', sha256])
    await client.query('alter table migrations owner to sallyport_owner')
    write('21-new.sql', 'select 1')
    expect(await run()).toEqual(['21-new.sql'])
    const { rows } = await client.query('select name, length(sha256) as hash from migrations order by name')
    expect(rows).toEqual([
      { name: '20-old.sql', hash: 64 },
      { name: '21-new.sql', hash: 64 },
    ])
    await client.query("insert into migrations (name, sha256) values ('22-by-the-version-before.sql', '')")
    await client.end()
  })

  test('what functions an owner makes is executable by nobody until it is granted', async () => {
    write('94-e.sql', 'create function of_test_f() returns int language sql as $$ select 1 $$')
    await run()
    const client = new pg.Client({ connectionString: db.keyd.url('keyd') })
    await client.connect()
    await expect(client.query('select of_test_f()')).rejects.toThrow('permission denied')
    await client.end()
  })
})

describe('a pool', () => {
  test('reads int8 as a number, and refuses one that is not safe', async () => {
    const pool = makePool(db.keyd.url('keyd'))
    const { rows } = await pool.query('select 9007199254740991::int8 as n')
    expect(rows[0]).toEqual({ n: Number.MAX_SAFE_INTEGER })
    await expect(pool.query('select 9007199254740993::int8 as n')).rejects.toThrow('not a safe integer')
    await pool.end()
  })

  test('ends a statement after ten seconds and a forgotten transaction likewise', async () => {
    const pool = makePool(db.keyd.url('keyd'))
    const { rows } = await pool.query(
      `select current_setting('statement_timeout') as s, current_setting('idle_in_transaction_session_timeout') as i`,
    )
    expect(rows[0]).toEqual({ s: '10s', i: '10s' })
    await pool.end()
  })

  test('outlives a connection that the server ends', async () => {
    const pool = makePool(db.keyd.url('keyd'))
    const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid')
    const admin = new pg.Client({ connectionString: db.superUrl('keyd') })
    await admin.connect()
    await admin.query('select pg_terminate_backend($1)', [rows[0]?.pid])
    await admin.end()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await pool.query('select 1 as n')).rows).toEqual([{ n: 1 }])
    await pool.end()
  })
})
