import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chargeMayBecome, chargeStates } from '../../protocol/charge.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { type RunningGateway, startCharging, type TestCharging } from '../testing/charging.ts'
import { mintToken } from '../testing/mint.ts'
import { seeded } from '../testing/seeded.ts'
import { chargeUnderKills } from './testing/ledger-under-kills.ts'
import { withoutUuids } from '../testing/without-uuids.ts'

let charging: TestCharging
let gateway: RunningGateway
beforeAll(async () => {
  charging = await startCharging()
  gateway = await charging.startEgress()
})
afterAll(() => charging?.close())

const allowance = async (token: string) =>
  (await charging.sql('select uses_left, uses_reserved, uses_settled from allowances where token = $1', [token]))[0]
const three = { mandate: { uses: 3, amount_max_minor: 9_000, currency: 'EUR' } }

describe('the ledger', () => {
  test('lets 60 concurrent charges of a token with three uses through three times', async () => {
    const { token } = await mintToken(charging.vault, 'visa', three)
    const ends = async (reference: string): Promise<string> => {
      for (let tries = 0; ; tries += 1) {
        try {
          // One key for each, so that whoever asks again asks for the same charge; and nobody waits for ever for an answer.
          const charged = gateway.charge({ token, reference, key: reference })
          const state = (await Promise.race([charged, delay(20_000, null)]))?.charge.state ?? 'unknown'
          if (state !== 'unknown') return state
        } catch (error) {
          // On a slow machine not all get a connection, or their answer, in time: those come again, as clients do, each a
          // little later than before, or the next are as many as the last.
          if (!(error instanceof SallyportError)) throw error
          if (!error.retryable) return error.code
        }
        await delay(Math.min(4_000, 200 * 2 ** tries) * (0.5 + Math.random()))
      }
    }
    const outcomes = await Promise.all(Array.from({ length: 60 }, (_, i) => ends(`burst-${i}`)))
    const counts: Record<string, number> = {}
    for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1
    expect(counts).toEqual({ captured: 3, 'policy.purpose_not_allowed': 57 })
    expect(await allowance(token)).toEqual({ uses_left: 0, uses_reserved: 0, uses_settled: 3 })
    const rows = await charging.sql("select from charges where token = $1 and state = 'captured'", [token])
    expect(rows).toHaveLength(3)
  }, 60_000)

  test('is not spent by declines, also concurrent ones', async () => {
    const { token } = await mintToken(charging.vault, 'declined', three)
    await Promise.all(Array.from({ length: 3 }, (_, i) => gateway.charge({ token, reference: `no-${i}` })))
    expect(await allowance(token)).toEqual({ uses_left: 3, uses_reserved: 0, uses_settled: 0 })
  })

  test('gives nothing to a token whose mandate has ended, by the database clock', async () => {
    const { token } = await mintToken(charging.vault, 'visa', three)
    await charging.sql('update mandates set not_after_ms = 1 where token = $1', [token])
    await expect(gateway.charge({ token, reference: 'late' })).rejects.toMatchObject({
      code: 'policy.purpose_not_allowed',
    })
    expect(await gateway.call('GET', `/tokens/${token}?tenant=${charging.tenant}`)).toMatchObject({
      state: 'expired',
      uses_left: 0,
    })
  })

  test('holds a mandate that was widened in the database: keyd does not open it, and nothing is spent', async () => {
    const { token } = await mintToken(charging.vault)
    await charging.sql('update mandates set amount_max = 900000 where token = $1', [token])
    const request = { token, amount_minor: 600_000, key: 'wider' }
    for (let i = 0; i < 2; i += 1)
      await expect(gateway.charge(request)).rejects.toMatchObject({ code: 'system.unavailable' })
    const { charge } = await gateway.charge(request)
    expect(charge).toMatchObject({ state: 'failed', error: { code: 'policy.purpose_not_allowed' } })
    expect(await charging.payments({ reference: charge.id })).toBe(0)
    expect(await allowance(token)).toEqual({ uses_left: 1, uses_reserved: 0, uses_settled: 0 })
  })
})

describe('the vault', () => {
  test('lets a charge go where protocol/charge.ts lets it go, and nowhere else', async () => {
    for (const from of chargeStates) {
      const rows = await charging.sql<{ to: string }>(
        'select s as to from unnest($2::text[]) s where charge_may_become($1, s)',
        [from, chargeStates],
      )
      expect(
        rows.map(({ to }) => to),
        from,
      ).toEqual(chargeStates.filter((to) => chargeMayBecome(from, to)))
    }
  })

  test('ignores news that would lead a charge back', async () => {
    const { token } = await mintToken(charging.vault)
    const { charge } = await gateway.charge({ token })
    const pool = new pg.Pool({ connectionString: charging.vault.databases.vault.url('egress'), max: 1 })
    for (const state of ['unknown', 'declined', 'authorized', 'sending', 'failed']) {
      const input = { charge: charge.id, attempt: 1, state, event_id: `evt_${'x'.repeat(26)}` }
      const { rows } = await pool.query<{ out: { state: string } }>('select charge_settle($1) as out', [
        JSON.stringify(input),
      ])
      expect(rows[0]?.out.state).toBe('captured')
    }
    await pool.end()
    expect(await charging.events(charge.id)).toHaveLength(2)
  })

  test('gives egress charges by function alone: no select, insert, update or delete', async () => {
    const client = new pg.Client({ connectionString: charging.vault.databases.vault.url('egress') })
    await client.connect()
    for (const table of [
      'charges',
      'attempts',
      'idempotency',
      'allowances',
      'records',
      'cvc',
      'credentials',
      'tokens',
    ]) {
      for (const text of [`select * from ${table}`, `delete from ${table}`, `insert into ${table} default values`]) {
        await expect(client.query(text), text).rejects.toMatchObject({ code: '42501' })
      }
    }
    for (const name of ['charge_free', 'charge_take', 'charge_view', 'charge_lock']) {
      await expect(client.query(`select ${name}('x')`)).rejects.toThrow()
    }
    await client.end()
  })

  test('writes an intent to the audit log before a charge is sent and its outcome after, without digits of a card', async () => {
    const { token } = await mintToken(charging.vault)
    const { charge } = await gateway.charge({ token })
    const rows = await charging.sql<{ entry: string }>(
      "select entry from audit where entry like '%' || $1 || '%' order by id",
      [charge.id],
    )
    const entries: { action: string; result: string; actor: string }[] = rows.map(({ entry }) => JSON.parse(entry))
    expect(entries.map(({ actor, action, result }) => `${actor} ${action} ${result}`)).toEqual([
      'egress charge.sale intent',
      'egress charge.settle done',
    ])
    expect(withoutUuids(rows.map(({ entry }) => entry).join())).not.toMatch(/4242/)
  })
})

describe('the ledger, with egress as a process of its own', () => {
  test('never gives more than the mandate, pays no order twice and keeps nothing reserved, also where it is killed', async () => {
    await gateway.close()
    // Once with the card opened and nothing sent, once with the money taken and nothing said.
    const points = [
      { step: 'grant_sending', moment: 'before', nth: 1 },
      { step: 'processor', moment: 'after', nth: 1 },
    ] as const
    const end = await chargeUnderKills({
      charging,
      uses: 3,
      charges: 40,
      points,
      repeat: false,
      anyMomentMs: null,
      random: seeded(1),
    })
    expect(end.killedAt).toEqual(['grant_sending before', 'processor after'])
    expect(end.atProcessor).toEqual({ count: 3, sum: 2_100, twice: [] })
    expect(end.ledger).toEqual({ left: 0, reserved: 0, settled: 3, sum: 2_100 })
    expect(end.heldGrants).toBe(0)
    expect(end.match.unsent, 'the opening that was for nothing').toBeGreaterThan(0)
    expect(end.match.findings, 'and each of them is accounted for').toEqual([])
    gateway = await charging.startEgress()
  }, 60_000)

  test('takes more than the mandate where what is left is read and then written (control)', async () => {
    const { token } = await mintToken(charging.vault, 'visa', three)
    const [begin] = await charging.sql<{ text: string }>(
      "select pg_get_functiondef('charge_begin(jsonb)'::regprocedure) as text",
    )
    const [reserve] = await charging.sql<{ text: string }>(
      "select pg_get_functiondef('reserve(text)'::regprocedure) as text",
    )
    await charging.sql((begin?.text ?? '').replace("perform from allowances where token = p->>'token' for update;", ''))
    await charging.sql(`create or replace function reserve(p_token text) returns boolean
      language plpgsql security definer set search_path = pg_catalog, public as $$
      declare v allowances;
      begin
        select * into v from allowances where token = p_token;
        perform pg_sleep(0.05);
        if v.uses_left < 1 then return false; end if;
        update allowances set uses_left = v.uses_left - 1, uses_reserved = v.uses_reserved + 1 where token = p_token;
        return true;
      end $$`)
    await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => gateway.charge({ token, amount_minor: 9_000, reference: `naive-${i}` })),
    )
    const ids = await charging.sql<{ id: string }>('select id from charges where token = $1', [token])
    const paid = charging.books().filter(({ reference }) => ids.some(({ id }) => id === reference))
    expect(paid.length).toBeGreaterThan(3)
    for (const text of [begin?.text, reserve?.text]) await charging.sql(text ?? '')
  })
})
