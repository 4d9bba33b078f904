import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeId } from '../../protocol/ids.ts'
import { makePool } from '../database/pool.ts'
import { makeLog } from '../log.ts'
import { testDatabases, type TestDatabases } from '../testing/postgres.ts'
import { sequenceEvents, startSequencer } from './sequencer.ts'

const total = 20_000
const writers = 8
const subjects = 40
const perTransaction = 5

/** Small, seeded, and good enough to spread delays. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

describe('the sequencer', () => {
  let databases: TestDatabases
  let owner: pg.Pool
  beforeAll(async () => {
    databases = await testDatabases(['vault'])
    owner = makePool(databases.superUrl('vault'), { max: writers + 4 })
    await owner.query('create table test_subjects (id text primary key, sequence integer not null default 0)')
    for (let index = 0; index < subjects; index += 1)
      await owner.query('insert into test_subjects (id) values ($1)', [makeId('cap_')])
  }, 60_000)
  afterAll(async () => {
    await owner.end()
    await databases.drop()
  })

  async function write(seed: number, ids: string[], goal: number): Promise<number> {
    const random = randomFrom(seed)
    const tenant = makeId('ten_')
    const client = await owner.connect()
    let written = 0
    try {
      while (written < goal) {
        const id = ids[Math.floor(random() * ids.length)]
        await client.query('begin')
        const { rows } = await client.query('select sequence from test_subjects where id = $1 for update', [id])
        const events = Array.from({ length: perTransaction }, () => ({
          id: makeId('evt_'),
          type: 'capture.resumed',
          data: {},
        }))
        const after = await client.query('select events_append($1, $2, null, $3, $4) as sequence', [
          tenant,
          id,
          rows[0].sequence,
          JSON.stringify(events),
        ])
        await client.query('update test_subjects set sequence = $2 where id = $1', [id, after.rows[0].sequence])
        if (random() < 0.3) await delay(random() * 8)
        if (random() < 0.05) {
          await client.query('rollback')
          continue
        }
        await client.query('commit')
        written += perTransaction
      }
    } finally {
      client.release()
    }
    return written
  }

  it('20,000 events of eight writers with late commits and rollbacks: none skipped, none doubled, in order per subject', async () => {
    const ids = (await owner.query<{ id: string }>('select id from test_subjects')).rows.map((row) => row.id)
    const keeper = makePool(databases.vault.url('keeper'), { max: 2 })
    const intake = makePool(databases.vault.url('intake'), { max: 2 })
    const sequencers = ['one', 'two'].map((holder) =>
      startSequencer({ db: keeper, holder, log: makeLog('keeper', { write: () => undefined }), batch: 500 }),
    )
    let writing = true
    const followed: { position: number; subject: string; sequence: number }[] = []
    const follow = async (): Promise<void> => {
      for (;;) {
        const { rows } = await intake.query('select * from feed_read($1, 300)', [followed.at(-1)?.position ?? 0])
        const fresh = rows.filter((row) => row.position !== null)
        for (const row of fresh)
          followed.push({ position: row.position, subject: row.envelope.subject, sequence: row.envelope.sequence })
        if (fresh.length === 0 && !writing && rows[0]?.head === followed.length && followed.length >= total) return
        if (fresh.length === 0) await delay(5)
      }
    }
    // The control: what a cursor over the serial number sees of the same log.
    const naive = new Set<number>()
    const followNaively = async (): Promise<void> => {
      let last = 0
      // Read once more after the last commit: what it has not seen then, it never will.
      for (let more = true; more; ) {
        more = writing
        const { rows } = await owner.query<{ n: number }>('select e.n from events e where e.n > $1 order by e.n', [
          last,
        ])
        for (const { n } of rows) naive.add(n)
        last = rows.at(-1)?.n ?? last
        if (more) await delay(2)
      }
    }
    const readers = [follow(), followNaively()]
    const written = await Promise.all(
      Array.from({ length: writers }, (_, index) => write(index + 1, ids, total / writers)),
    )
    writing = false
    await Promise.all(readers)
    await Promise.all(sequencers.map((sequencer) => sequencer.close()))

    const sum = written.reduce((all, one) => all + one, 0)
    expect(sum).toBe(total)
    expect(followed.length).toBe(total)
    expect(followed.map((event) => event.position)).toEqual(Array.from({ length: total }, (_, index) => index + 1))
    const last = new Map<string, number>()
    for (const { subject, sequence } of followed) {
      expect(sequence).toBe((last.get(subject) ?? 0) + 1)
      last.set(subject, sequence)
    }
    const { rows } = await owner.query<{ n: number }>('select e.n from events e')
    const newest = Math.max(...naive)
    expect(newest, 'it has read to the end').toBe(Math.max(...rows.map((row) => row.n)))
    const skipped = rows.filter((row) => row.n < newest && !naive.has(row.n)).length
    expect(skipped, 'a cursor over the serial number skips what commits late').toBeGreaterThan(0)
    await keeper.end()
    await intake.end()
  }, 120_000)

  it('one keeper numbers while it holds the lease, another waits', async () => {
    const keeper = makePool(databases.vault.url('keeper'), { max: 2 })
    await owner.query(
      "update leases set holder = 'one', until = clock_timestamp() + interval '1 minute' where name = 'events'",
    )
    await write(
      99,
      (await owner.query<{ id: string }>('select id from test_subjects')).rows.map((row) => row.id),
      5,
    )
    expect(await sequenceEvents(keeper, 'two', 100)).toBe(-1)
    expect(await sequenceEvents(keeper, 'one', 100)).toBe(5)
    await keeper.end()
  })
})
