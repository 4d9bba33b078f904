/** A leak becomes an event and its audit entries in one transaction, and nothing in them says what was found. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseEvent } from '../../protocol/events.ts'
import { makeId } from '../../protocol/ids.ts'
import { innerLeakAnswer } from '../../protocol/inner-http.ts'
import { parseEntry } from '../audit/entries.ts'
import { startVault, type TestVault } from '../testing/vault.ts'

let vault: TestVault
let db: pg.Pool
beforeAll(async () => {
  vault = await startVault()
  db = vault.db
}, 60_000)
afterAll(() => vault.close())

const ruleset = 'c0ffee00'.repeat(8)
const key = `key_${'k'.repeat(26)}`
const pan = {
  kind: 'pan',
  rule: 'PAN.A.grouped',
  ruleset,
  brand: 'visa',
  spans: [
    { turn: 2, start: 0, end: 9 },
    { turn: 4, start: 5, end: 14 },
  ],
}
const cvc = { kind: 'cvc', rule: 'CVC.asked', ruleset, spans: [{ turn: 5, start: 0, end: 3 }] }
const leak = { conversation: 'talk-1', surface: 'agent_in', action: 'scrubbed', findings: [cvc, pan] }

async function tell(report: object, more: object = {}) {
  const input = {
    tenant: vault.tenant.tenant,
    event_id: makeId('evt_'),
    key,
    request_id: makeId('req_'),
    report,
    ...more,
  }
  return { ...input, ...innerLeakAnswer.parse(await vault.asGateway('POST', '/leaks', input)) }
}
const events = async () => {
  const { rows } = await db.query<{ envelope: unknown }>(
    'select envelope from events where subject = $1 order by sequence',
    [vault.tenant.tenant],
  )
  return rows.map(({ envelope }) => parseEvent(envelope))
}
const entriesOf = async (request: string) => {
  const { rows } = await db.query<{ entry: string }>('select entry from audit where entry like $1 order by id', [
    `%${request}%`,
  ])
  return rows.map(({ entry }) => parseEntry(entry))
}

describe('a leak', () => {
  it('is one event of the tenant, with the conversation, and an audit entry a finding', async () => {
    const told = await tell(leak)
    expect(told).toMatchObject({ replayed: false, leak: { id: told.event_id, count: 2 } })
    expect((await events()).at(-1)).toMatchObject({
      id: told.event_id,
      type: 'leak.detected',
      subject: vault.tenant.tenant,
      source: `/tenants/${vault.tenant.tenant}`,
      conversation: 'talk-1',
      data: { surface: 'agent_in', action: 'scrubbed', kinds: ['pan', 'cvc'], count: 2 },
    })
    const common = {
      ...{ actor: 'intake', action: 'leak.scrubbed', result: 'done', tenant: vault.tenant.tenant, object: key },
      ...{ request_id: told.request_id, conversation: 'talk-1', surface: 'agent_in', ruleset },
    }
    expect(await entriesOf(told.request_id)).toEqual([
      expect.objectContaining({ ...common, kind: 'cvc', rule: 'CVC.asked', place: '5:0-3' }),
      expect.objectContaining({ ...common, kind: 'pan', rule: 'PAN.A.grouped', brand: 'visa', place: '2:0-9,4:5-14' }),
    ])
  })

  it('told by many at once has sequences without a gap', async () => {
    const before = (await events()).length
    await Promise.all(Array.from({ length: 20 }, (_, n) => tell({ ...leak, conversation: `talk-${n}` })))
    expect((await events()).map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: before + 20 }, (_, n) => n + 1),
    )
  })

  it('told twice under one key is one event and one set of entries, also at once; another body is refused', async () => {
    const idempotency = { key: 'i'.repeat(43), body: 'b'.repeat(43) }
    const before = (await events()).length
    const both = await Promise.all([tell(leak, { idempotency }), tell(leak, { idempotency })])
    expect(both.map(({ replayed }) => replayed).sort()).toEqual([false, true])
    expect(both[0]?.leak).toEqual(both[1]?.leak)
    expect(await events()).toHaveLength(before + 1)
    const counts = await Promise.all(both.map(async ({ request_id }) => (await entriesOf(request_id)).length))
    expect(counts.sort()).toEqual([0, 2])
    await expect(tell(leak, { idempotency: { ...idempotency, body: 'c'.repeat(43) } })).rejects.toMatchObject({
      code: 'request.idempotency_conflict',
    })
  })

  it('of a tenant that is not there is refused, and nothing is written', async () => {
    const { rows } = await db.query('select count(*)::integer as n from audit')
    await expect(tell(leak, { tenant: makeId('ten_') })).rejects.toMatchObject({ code: 'auth.unauthenticated' })
    expect((await db.query('select count(*)::integer as n from audit')).rows).toEqual(rows)
  })

  it("leaves no event where its entries cannot be written, and no entry without its event's count", async () => {
    const client = new pg.Client({ connectionString: vault.configs.intake.database_url })
    await client.connect()
    const before = (await events()).length
    const append = (entries: (string | null)[]) =>
      client.query('select leak_append($1, $2, $3, $4, $5, null)', [
        ...[vault.tenant.tenant, 'talk-1', makeId('evt_')],
        JSON.stringify({ surface: 'log', action: 'blocked', kinds: ['pan'], count: 1 }),
        entries,
      ])
    try {
      await expect(append([])).rejects.toMatchObject({ code: 'SP422' })
      await expect(append(['{}', '{}'])).rejects.toMatchObject({ code: 'SP422' })
      await expect(append([null])).rejects.toMatchObject({ code: '23502' })
      await expect(client.query('select * from leaks')).rejects.toMatchObject({ code: '42501' })
      expect(await events()).toHaveLength(before)
      await append(['{}']) // control: one entry, one event
      expect(await events()).toHaveLength(before + 1)
    } finally {
      await client.end()
    }
  })

  it('with a member that could say what was found is refused', async () => {
    for (const more of [
      { text: 'x' },
      { findings: [{ ...pan, match: 'x' }] },
      { findings: [{ ...pan, rule: 'A1234' }] },
    ])
      await expect(tell({ ...leak, ...more })).rejects.toMatchObject({ code: 'request.malformed' })
  })
})
