import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testDatabases, type TestDatabases } from '../testing/postgres.ts'
import { makePool } from './pool.ts'

let databases: TestDatabases
beforeAll(async () => {
  databases = await testDatabases(['vault'])
})
afterAll(() => databases?.drop())

/** Takes a client, ends its session at the server between two statements, and says who would have heard of it. */
async function brokenWhileLent(pool: pg.Pool): Promise<number> {
  const client = await pool.connect()
  const listeners = client.listenerCount('error')
  // For the control, which would end this process.
  client.on('error', () => undefined)
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const gone = new Promise<void>((resolve) => client.once('end', resolve))
  const other = new pg.Client({ connectionString: databases.superUrl('vault') })
  await other.connect()
  await other.query('select pg_terminate_backend($1)', [rows[0]?.pid])
  await other.end()
  await gone
  client.release(true)
  return listeners
}

test('a session that is ended while its client is lent out does not end the process, and the pool goes on', async () => {
  const pool = makePool(databases.vault.url('egress'), { max: 1 })
  expect(await brokenWhileLent(pool)).toBeGreaterThan(0)
  expect((await pool.query('select 1')).rows).toHaveLength(1)
  await pool.end()
  const bare = new pg.Pool({ connectionString: databases.vault.url('egress'), max: 1 })
  expect(await brokenWhileLent(bare), 'control: an error that nobody hears is thrown').toBe(0)
  await bare.end()
})
