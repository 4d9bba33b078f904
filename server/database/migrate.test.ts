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

const write = (name: string, sql: string): void => writeFileSync(join(folder, 'keyd', name), sql)
const run = (): Promise<string[]> => migrate(db.keyd.url('owner'), 'keyd', { folder })

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
