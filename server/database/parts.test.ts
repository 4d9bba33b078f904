/** Events and audit entries lie in parts: what was there goes on, what is read stays cheap, parts are made ahead and come off when they are old. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sequenceAudit } from '../audit/sequence.ts'
import { sequenceEvents } from '../keeper/sequencer.ts'
import { type TestDatabases, testDatabases } from '../testing/postgres.ts'
import { filesUpTo, layEarlier } from '../testing/version-before.ts'
import { migrate } from './migrate.ts'

let own: TestDatabases
let db: pg.Pool
const before = { gateway: '60-keys.sql', vault: '9975-complete-in-time.sql', keyd: '9960-restore.sql' }

/** So many events and entries, as functions of ours write them. */
const write = async (subject: string, from: number, count: number): Promise<void> => {
  const events = Array.from({ length: count }, (_, index) => ({
    id: `evt_${subject}${from + index}`,
    type: 'capture.resumed',
    data: {},
  }))
  await db.query('select events_append($1, $2, null, $3, $4)', ['ten_a', subject, from, JSON.stringify(events)])
  await db.query("insert into audit (entry) select 'entry ' || n from generate_series(1, $1::int) n", [count])
}
const number = async (): Promise<void> => {
  while ((await sequenceEvents(db, 'a test', 500)) > 0);
  while (((await sequenceAudit(db, 'log', 'a test')) ?? 0) > 0);
}
const rowsOf = async (table: string, key: string) =>
  (await db.query(`select ${key} as n, position from ${table} order by position`)).rows

beforeAll(async () => {
  own = await testDatabases()
  await layEarlier(own, await filesUpTo(before))
  db = new pg.Pool({ connectionString: own.superUrl('vault'), max: 3 })
  await write('cap_a', 0, 300)
  await number()
  await write('cap_a', 300, 7)
})
afterAll(async () => {
  await db.end()
  await own.drop()
})

describe('events and audit entries', () => {
  test('of before are in the first part, in their places, and the next ones follow without a gap', async () => {
    const was = { events: await rowsOf('events', 'n'), audit: await rowsOf('audit', 'id') }
    for (const database of ['vault', 'keyd'] as const) await migrate(own[database].url('owner'), database)
    expect({ events: await rowsOf('events', 'n'), audit: await rowsOf('audit', 'id') }).toEqual(was)
    await write('cap_a', 307, 3)
    await number()
    for (const [table, key] of [
      ['events', 'n'],
      ['audit', 'id'],
    ] as const) {
      const rows = await rowsOf(table, key)
      expect(rows.map(({ position }) => Number(position))).toEqual(Array.from({ length: 310 }, (_, index) => index + 1))
      expect(rows.map(({ n }) => Number(n))).toEqual(rows.map(({ n }) => Number(n)).toSorted((a, b) => a - b))
      const { rows: parts } = await db.query(`select distinct tableoid::regclass::text as part from ${table}`)
      expect(parts).toEqual([{ part: `${table}_0` }])
    }
  })

  test('two with the same place, or the same sequence of a subject, are refused as before', async () => {
    await expect(db.query('update events set position = 1 where position = 2')).rejects.toMatchObject({ code: '23505' })
    await expect(write('cap_a', 0, 1)).rejects.toMatchObject({ code: '23505' })
  })

  test('a row that gets its place stays in its part', async () => {
    await write('cap_b', 0, 1)
    const part = async () =>
      (await db.query("select tableoid::regclass::text as part, ctid from events where subject = 'cap_b'")).rows[0]
        ?.part
    const where = await part()
    await number()
    expect(await part()).toBe(where)
  })
})

describe('parts', () => {
  const parts = async (table: string): Promise<string[]> =>
    (
      await db.query<{ part: string }>(
        'select inhrelid::regclass::text as part from pg_inherits where inhparent = $1::regclass order by 1',
        [table],
      )
    ).rows.map(({ part }) => part)
  const ahead = async (): Promise<number> => {
    const keeper = new pg.Client({ connectionString: own.vault.url('keeper') })
    await keeper.connect()
    try {
      return (await keeper.query<{ made: number }>('select parts_ahead() as made')).rows[0]?.made ?? -1
    } finally {
      await keeper.end()
    }
  }

  test('are made ahead by keeper’s role, which may do nothing else to them', async () => {
    expect(await parts('events')).toEqual(['events_0', 'events_10000000', 'events_5000000', 'events_rest'])
    expect(await ahead()).toBe(0)
    await db.query("select setval(pg_get_serial_sequence('events', 'n'), 5000001)")
    await write('cap_c', 0, 1)
    expect(await ahead()).toBe(1)
    expect(await parts('events')).toContain('events_15000000')
    const keeper = new pg.Client({ connectionString: own.vault.url('keeper') })
    await keeper.connect()
    for (const text of [
      'select * from audit_0',
      'delete from events_0',
      "select part_off('audit_0')",
      'drop table events_0',
    ]) {
      await expect(keeper.query(text), text).rejects.toMatchObject({ code: '42501' })
    }
    await keeper.end()
  })

  test('that nobody made lose no row: it lies in the rest, and the next part begins above it', async () => {
    await db.query("select setval(pg_get_serial_sequence('events', 'n'), 42000000)")
    await write('cap_d', 0, 2)
    await number()
    expect(
      (await db.query("select distinct tableoid::regclass::text as part from events where subject = 'cap_d'")).rows,
    ).toEqual([{ part: 'events_rest' }])
    expect(await ahead()).toBeGreaterThan(0)
    expect(await parts('events')).toContain('events_45000000')
    await write('cap_d', 2, 1)
    await number()
    const { rows } = await db.query('select count(*)::int as all, max(position)::int as last from events')
    expect(rows).toEqual([{ all: rows[0]?.last, last: rows[0]?.last }])
  })

  test.each([
    ['what has no number yet', 'select n from events where position is null order by n limit 500'],
    ['the feed behind a place', 'select * from events where position > 100 order by position limit 500'],
    ['the newest entry', 'select position, head from audit where position is not null order by position desc limit 1'],
    ['the entry behind a checkpoint', 'select at from audit where position = 17'],
  ])('%s is found by an index in each part, and never by reading one', async (_what, text) => {
    await db.query('analyze')
    const client = await db.connect()
    try {
      // On tables this small reading all would be cheaper: what is asked is whether an index serves.
      await client.query('begin; set local enable_seqscan = off')
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain ${text}`)
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
      expect(plan).toContain('Index')
      expect(plan).not.toMatch(/Seq Scan|-> +Sort /)
    } finally {
      await client.query('rollback')
      client.release()
    }
  })

  test('come off whole when every row is a year old and has its place, and not before', async () => {
    await expect(db.query("select part_off('audit_0')")).rejects.toThrow('rows of the last twelve months, which stay')
    await expect(db.query("select part_off('tokens')")).rejects.toThrow('no such part')
    await db.query("update audit set at = at - interval '13 months'")
    await db.query('update audit set position = null, head = null where position = 5')
    await expect(db.query("select part_off('audit_0')")).rejects.toThrow('twelve months')
    await db.query('update audit set position = 5 where position is null')
    await db.query("select part_off('audit_0')")
    expect(await parts('audit')).not.toContain('audit_0')
    const { rows } = await db.query(
      'select (select count(*)::int from audit_0) as kept, (select count(*)::int from audit) as left',
    )
    expect(rows[0]?.kept).toBeGreaterThan(300)
    expect(rows[0]?.left).toBe(0)
  })
})
