/** keyd opens nothing that it cannot account for: without keeper, without room for its log, and what heals it. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Log } from '../log.ts'
import { type KeydInstance, type KeydKit, makeKeydKit } from '../testing/keyd-kit.ts'
import { makeAudit } from './audit-log.ts'
import type { Ledger } from './ledger.ts'

let kit: KeydKit
let keyd: KeydInstance
const said: { event: string; subject?: unknown }[] = []
const say: Log['error'] = (fields) => void said.push(fields)

beforeAll(async () => {
  kit = await makeKeydKit()
  // It has run for two minutes: until then, what was left over from before counts from its start.
  let ranForMs = 120_000
  keyd = await kit.start({ now: () => Date.now() - ranForMs, say })
  ranForMs = 0
})
afterAll(async () => {
  await keyd.close()
  await kit.close()
})

/** Another token each time: one alone would meet keyd's limit of openings a minute. */
const open = async () => {
  const sealed = kit.token({ mandate: { maxOpens: 20 } })
  return keyd.open(await kit.grant(sealed), [kit.wire(sealed)])
}
const opens = () =>
  vi.waitFor(async () => expect((await open()).card).toHaveLength(32), { timeout: 8_000, interval: 500 })
const refuses = () =>
  vi.waitFor(() => expect(open()).rejects.toMatchObject({ code: 'system.unavailable', status: 503 }), {
    timeout: 8_000,
    interval: 500,
  })
const oldEntry = (seconds: number) =>
  kit.db.query("insert into audit (entry, at) values ('{}', clock_timestamp() - make_interval(secs => $1))", [seconds])

/** A last checkpoint over everything there is, the results that trail included. */
const signAll = () =>
  vi.waitFor(async () => {
    const { rows } = await kit.db.query<{ open: string }>(`select count(*) filter (where position is null)
      + count(*) filter (where entry like '%"result":"intent"%') - count(*) filter (where entry like '%"result":"done"%' and entry like '%"action":"open"%')
      as open from audit`)
    expect(Number(rows[0]?.open)).toBe(0)
    await kit.db.query("insert into checkpoints select max(position), 'a note' from audit on conflict do nothing")
  }, 5_000)

describe('an entry that nobody signed for', () => {
  test('stops every opening after a minute, says so after five seconds, and the next checkpoint heals it', async () => {
    await opens()
    kit.keeper(false)
    await signAll()
    await oldEntry(10)
    await vi.waitFor(
      () => expect(said).toContainEqual(expect.objectContaining({ event: 'audit.behind', subject: 'keyd' })),
      5_000,
    )
    await opens()
    await signAll()
    await oldEntry(61)
    await refuses()
    kit.keeper(true)
    await opens()
    // Control: while keeper signs, an entry of the same age stops nothing.
    await oldEntry(61)
    await opens()
  })

  test('that has no number yet does the same', async () => {
    await signAll()
    await kit.db.query("update leases set holder = 'stuck', until = clock_timestamp() + interval '1 hour'")
    await oldEntry(61)
    await refuses()
    await kit.db.query("update leases set until = '-infinity'")
    await opens()
  })
})

test('a log that cannot be written opens nothing, and opens again when it can', async () => {
  await kit.db.query(`create function disk_full() returns trigger language plpgsql as $$
    begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$`)
  await kit.db.query('create trigger disk_full before insert on audit for each row execute function disk_full()')
  const sealed = kit.token()
  const jws = await kit.grant(sealed)
  await expect(keyd.open(jws, [kit.wire(sealed)])).rejects.toMatchObject({ code: 'system.unavailable' })
  await kit.db.query('drop trigger disk_full on audit')
  // Nothing was spent by it: the same grant opens.
  expect((await keyd.open(jws, [kit.wire(sealed)])).card).toHaveLength(32)
})

test('of checkpoints older than an hour the last of each hour is kept', async () => {
  await kit.db.query(`insert into checkpoints (size, checkpoint, at)
    select -n, 'old', date_trunc('hour', clock_timestamp()) - interval '3 hours' - make_interval(mins => n) from generate_series(1, 100) n`)
  await kit.db.query('select ledger_trim()')
  const { rows } = await kit.db.query<{ size: string }>(
    "select size from checkpoints where checkpoint = 'old' order by size desc",
  )
  expect(rows.map(({ size }) => Number(size))).toEqual([-1, -61])
})

describe('refusals', () => {
  const written: string[] = []
  const ledger: Pick<Ledger, 'auditAdd' | 'auditLagMs'> = {
    auditAdd: async (entries) => void written.push(...entries),
    auditLagMs: async () => 0,
  }
  const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, fatal: () => {} }
  let nowMs = 1_000_000
  const make = () =>
    // Sound: of the ledger the audit log uses these two.
    makeAudit({ ledger: ledger as Ledger, store: kit.store, logId: 'l', log: quiet, now: () => nowMs })

  test('that repeat are counted: ten thousand become eleven entries that say how many', async () => {
    const audit = await make()
    for (let index = 0; index < 10_000; index += 1) {
      await audit.refused({ actor: 'egress', action: 'open', result: 'refused', reason: 'expired' })
    }
    expect(written).toHaveLength(10)
    await audit.close()
    expect(written).toHaveLength(11)
    expect(JSON.parse(written.at(-1) ?? '')).toMatchObject({ reason: 'expired', count: 9_990 })
    expect(written.splice(0).join('').length).toBeLessThan(2_000)
  })

  test('of every kind there is are together bounded too, and none is lost', async () => {
    const audit = await make()
    for (let index = 0; index < 6_000; index += 1) {
      await audit.refused({ actor: 'egress', action: 'open', result: 'refused', reason: `reason_${index % 30}` })
    }
    expect(written).toHaveLength(100)
    await audit.close()
    const stood = written.map((text) => Number(JSON.parse(text).count ?? 1))
    expect(stood.reduce((sum, one) => sum + one, 0)).toBe(6_000)
    expect(written.splice(0).length).toBeLessThanOrEqual(130)
  })

  test('after a minute the first ones are written again', async () => {
    const audit = await make()
    const fact = { actor: 'egress', action: 'open', result: 'refused', reason: 'expired' } as const
    for (let index = 0; index < 20; index += 1) await audit.refused(fact)
    nowMs += 61_000
    await audit.refused(fact)
    await audit.close()
    expect(written.map((text) => Number(JSON.parse(text).count ?? 1)).sort((a, b) => a - b)).toEqual([
      ...Array(11).fill(1),
      10,
    ])
  })
})
