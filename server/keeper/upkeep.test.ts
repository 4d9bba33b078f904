/**
 * What ends, and how: at somebody's request, within a budget, or because its time is over. Each first in the way that reads it,
 * before keeper has looked, and then for good. keeper stands still here until a test lets it look.
 */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeId } from '../../protocol/ids.ts'
import type { Admin } from '../admin/deployment.ts'
import { listKeys } from '../admin/key-epochs.ts'
import { setErasures, setRetention } from '../admin/tenants.ts'
import { contextOf, everyRecord, type SealedToken } from '../attacks/testing/records.ts'
import { type AuditEntry, parseEntry } from '../audit/entries.ts'
import { vaultAudit } from '../audit/vault-log.ts'
import { makePool } from '../database/pool.ts'
import type { InnerCall } from '../doors/inner-client.ts'
import { openFileStore } from '../keys/file.ts'
import { unwrap } from '../keyd/unwrap.ts'
import { storeTokens } from '../testing/bulk-tokens.ts'
import { mintToken } from '../testing/mint.ts'
import { silent, startVault, type TestVault } from '../testing/vault.ts'
import { endingTokens } from './end-tokens.ts'
import { upkeep } from './upkeep.ts'

const dayMs = 86_400_000
let vault: TestVault
let admin: Admin
let db: pg.Pool
let keeper: pg.Pool
let egress: pg.Pool
let keyd: InnerCall
let tenant = ''
const said: unknown[] = []
beforeAll(async () => {
  vault = await startVault({ keeper: false, log: { ...silent, error: (fields) => said.push(fields) } })
  admin = await vault.admin()
  tenant = vault.tenant.tenant
  db = vault.db
  keeper = makePool(vault.databases.vault.url('keeper'), { max: 2 })
  egress = makePool(vault.databases.vault.url('egress'), { max: 2 })
  keyd = vault.toKeyd('keeper')
}, 60_000)
afterAll(async () => {
  await Promise.all([keeper?.end(), egress?.end()])
  await vault?.close()
})

/** keeper looks once at everything, however small its pages. */
async function look(): Promise<void> {
  const audit = vaultAudit({ db: keeper, actor: 'keeper', key: Buffer.alloc(32, 1), now: Date.now })
  let nowMs = 0
  const step = endingTokens({ db: keeper, audit, now: () => nowMs }, 7)
  const endTokens = async (): Promise<number> => {
    // Until it has come round: the second walk begins a minute later.
    let ended = 0
    for (let page = 0; page < 40; page += 1) ended += await step()
    nowMs += 1
    return ended
  }
  await upkeep({ db: keeper, keyd, log: silent, endTokens, remember: () => undefined })
}
const erase = (token: string, by = tenant): Promise<unknown> =>
  vault.asGateway('POST', `/tokens/${token}/erase`, { tenant: by })
const rowOf = async (token: string) => {
  const { rows } = await db.query(
    `select t.state, t.ended_by, t.tombstoned, t.irrevocable_by, r.kek_id is not null as has_key, r.body,
       (select count(*)::integer from fingerprints f where f.token = t.id) as fingerprints
     from tokens t join records r on r.token = t.id where t.id = $1`,
    [token],
  )
  return rows[0]
}
/** What egress and intake get of it now. */
async function readable(token: string): Promise<Record<string, unknown>> {
  const one = async (text: string) => (await egress.query(text, [token])).rows[0]
  const intake = makePool(vault.databases.vault.url('intake'), { max: 1 })
  const code = await intake.query('select * from token_for_code($1, $2)', [tenant, token])
  await intake.end()
  const read = await egress.query('select state, expired from token_read($1, $2)', [tenant, token])
  const { reserved } = await one('select reserve($1) as reserved')
  if (reserved === true) await egress.query('select release($1)', [token])
  return {
    state: read.rows[0]?.state,
    record: (await one("select count(*)::integer as n from record_read($1, 'card')")).n,
    reserved,
    code: code.rows.length,
  }
}
const open = { state: 'active', record: 1, reserved: true, code: 1 }
const closed = { state: 'erased', record: 0, reserved: false, code: 0 }
const later = (token: string, column: string, ms: number) =>
  db.query(`update tokens set ${column} = ${column} - $2 * interval '1 ms' where id = $1`, [token, ms])
const entries = async (): Promise<AuditEntry[]> => {
  const { rows } = await db.query<{ entry: string }>('select entry from audit order by id')
  return rows.flatMap(({ entry }) => parseEntry(entry) ?? [])
}
const eventsOf = async (token: string): Promise<string[]> =>
  (await db.query('select type from events where subject = $1 order by n', [token])).rows.map(({ type }) => type)

describe('a token that is erased at somebody’s request', () => {
  let token = ''
  let backup: SealedToken | undefined

  test('is gone for use at once, and keyd keeps a tombstone that no restore of the vault undoes', async () => {
    token = (await mintToken(vault)).token
    backup = (await everyRecord(db)).find(({ id }) => id === token)
    expect(await readable(token), 'control').toEqual(open)
    await erase(token)
    expect(await readable(token)).toEqual(closed)
    await look()
    expect(await rowOf(token)).toMatchObject({ state: 'erased', ended_by: 'request', tombstoned: true, has_key: true })
    const kit = new pg.Client({ connectionString: vault.databases.superUrl('keyd') })
    await kit.connect()
    const { rows } = await kit.query('select tenant from tombstones where token = $1', [token])
    await kit.end()
    expect(rows).toEqual([{ tenant }])
    expect(await eventsOf(token)).toEqual(['token.erased'])
  })

  test('has its wrapped key destroyed after a day, and not before; the ciphertext stays and opens for nobody', async () => {
    await look()
    expect((await rowOf(token)).has_key).toBe(true)
    await later(token, 'destroy_after', dayMs)
    await look()
    const row = await rowOf(token)
    expect(row).toMatchObject({ has_key: false, fingerprints: 0 })
    expect(row.body.toString('base64url')).toBe(backup?.body)
  })

  test('opens from a backup until the key is destroyed: that is what irrevocable_by is for', async () => {
    if (backup === undefined) throw new Error('no backup')
    const store = await openFileStore(vault.configs.keyd.key_store)
    const bytes = (text: string): Buffer => Buffer.from(text, 'base64url')
    const dek = await unwrap(store, bytes(backup.kek_id), contextOf(backup), bytes(backup.wrapped_dek))
    expect(dek, 'with keyd’s key, which is why it has to end').toHaveLength(32)
    const { irrevocable_by: by } = await rowOf(token)
    const [key] = await listKeys(admin, store)
    expect(key?.end_by).toBe(by.toISOString())
    expect(Math.abs(by.getTime() - Date.now() - 60 * dayMs)).toBeLessThan(60_000)
  })

  test('is promised one time, however often it is asked for, and stands in the log once', async () => {
    const { irrevocable_by: by } = await rowOf(token)
    const before = (await entries()).length
    expect(await erase(token)).toEqual({ id: token, state: 'erased', irrevocable_by: by.toISOString() })
    expect((await entries()).length).toBe(before)
    expect(await eventsOf(token)).toHaveLength(1)
  })
})

describe('the budget of erasures', () => {
  test('stops a gateway that erases what it can: so many a day and tenant, with an alarm; no more by asking at once', async () => {
    await setErasures(admin, tenant, 20)
    const tokens = (await storeTokens(vault, db, 60)).map((one) => one.token)
    const all = await Promise.allSettled(tokens.map((token) => erase(token)))
    const refused = all.filter((one) => one.status === 'rejected')
    // One was erased above, today.
    expect(all.length - refused.length).toBe(19)
    for (const { reason } of refused) expect(reason.code).toBe('request.rate_limited')
    expect(Math.max(...refused.map(({ reason }) => reason.retryAfterMs))).toBeGreaterThan(23 * 3_600_000)
    const { rows } = await db.query<{ n: number }>(
      "select count(*)::integer as n from tokens where state = 'active' and id = any($1)",
      [tokens],
    )
    expect(rows[0]?.n).toBe(41)
    const alarms = (await entries()).filter(({ action }) => action === 'alarm')
    expect(alarms.map(({ reason }) => reason).sort()).toEqual(['erasures', 'half_of_erasures'])
    expect(said).toContainEqual(expect.objectContaining({ event: 'erase.alarm', reason: 'erasures', tenant }))

    const left = (await readableOf(tokens))[0] ?? ''
    await expect(erase(left)).rejects.toMatchObject({ code: 'request.rate_limited' })
    await setErasures(admin, tenant, 21)
    await expect(erase(left), 'control: one more is one more').resolves.toMatchObject({ state: 'erased' })
    await db.query("update tokens set erased_at = erased_at - interval '1 day' where ended_by = 'request'")
    const [next = ''] = await readableOf(tokens)
    await expect(erase(next), 'and a day later it is as before').resolves.toMatchObject({ state: 'erased' })
  })

  test('is the tenant’s own: another’s token is not found, and takes nothing of it', async () => {
    const [token = ''] = await readableOf((await storeTokens(vault, db, 1)).map((one) => one.token))
    await expect(erase(token, makeId('ten_'))).rejects.toMatchObject({ code: 'request.not_found' })
    expect(await readable(token)).toEqual(open)
  })
})

const readableOf = async (tokens: readonly string[]): Promise<string[]> =>
  (await db.query<{ id: string }>("select id from tokens where state = 'active' and id = any($1)", [tokens])).rows.map(
    ({ id }) => id,
  )

describe('a token whose time is over', () => {
  test('by its tenant’s retention cannot be read or charged from that moment, and loses its key when keeper comes by', async () => {
    const [old = { token: '' }, young = { token: '' }] = await storeTokens(vault, db, 2)
    await db.query('update tokens set created_ms = created_ms - $2 where id = $1', [old.token, 31 * dayMs])
    await look()
    expect(await readable(old.token), 'control: no retention').toEqual(open)
    await setRetention(admin, tenant, 30)
    expect([await readable(old.token), await readable(young.token)]).toEqual([closed, open])
    await look()
    await look()
    expect(await rowOf(old.token)).toMatchObject({ ended_by: 'retention', tombstoned: true, has_key: false })
    expect(await rowOf(young.token)).toMatchObject({ state: 'active', has_key: true })
    expect(await eventsOf(old.token)).toEqual(['token.erased'])
    const ends = (await entries()).filter(({ action, reason }) => action === 'erase' && reason === 'retention')
    expect(ends).toEqual([expect.objectContaining({ actor: 'keeper', result: 'done' })])
    await setRetention(admin, tenant, null)
  })

  test('since its mandate ended cannot be charged at once, and loses its key a day later', async () => {
    const [{ token } = { token: '' }] = await storeTokens(vault, db, 1, { notAfterMs: Date.now() - 1 })
    expect(await readable(token)).toMatchObject({ reserved: false })
    await look()
    expect(await rowOf(token), 'a day for whoever asks what it was').toMatchObject({ state: 'active' })
    await db.query('update mandates set not_after_ms = not_after_ms - $2 where token = $1', [token, dayMs])
    await look()
    await look()
    expect(await rowOf(token)).toMatchObject({ ended_by: 'mandate', tombstoned: true, has_key: false })
  })

  test('is what the vault says it is: keeper ends no other by that, whatever it brings', async () => {
    const [{ token } = { token: '' }] = await storeTokens(vault, db, 1)
    const { rows } = await keeper.query('select token_expire($1, 0, $2, $3) as done', [token, makeId('evt_'), '{}'])
    expect(rows).toEqual([{ done: false }])
    expect(await readable(token)).toEqual(open)
  })

  test('takes nothing of the budget', async () => {
    await setErasures(admin, tenant, 1)
    await db.query("update tokens set erased_at = erased_at - interval '1 day' where ended_by = 'request'")
    const [{ token } = { token: '' }] = await storeTokens(vault, db, 1)
    await expect(erase(token)).resolves.toMatchObject({ state: 'erased' })
  })

  test('and erased again by a restore takes nothing of it either', async () => {
    await setErasures(admin, tenant, 1)
    await db.query("update tokens set erased_at = erased_at - interval '1 day' where ended_by = 'request'")
    const [before, asked] = await storeTokens(vault, db, 2)
    const { rows } = await db.query<{ done: boolean }>('select restore_erase($1, $2, $3, $4, $5) as done', [
      ...[before?.token, tenant, dayMs, makeId('evt_'), '{}'],
    ])
    expect(rows).toEqual([{ done: true }])
    await expect(erase(asked?.token ?? '')).resolves.toMatchObject({ state: 'erased' })
  })
})

describe('what lives shorter than a token', () => {
  test('a capture past its hour takes nothing, though keeper has not looked, and is expired then', async () => {
    const { id } = await vault.createCapture()
    await db.query("update captures set expires_at = now() - interval '1 s' where id = $1", [id])
    const complete = vault.asGateway('POST', `/test/captures/${id}/complete`, { tenant, card: 'visa' })
    await expect(complete).rejects.toMatchObject({ code: expect.stringMatching(/^customer\.|^request\.|^channel\./) })
    const state = async () => (await db.query('select state from captures where id = $1', [id])).rows[0].state
    expect(await state()).toBe('created')
    await look()
    expect(await state()).toBe('expired')
    expect(await eventsOf(id)).toEqual(['capture.created', 'capture.expired'])
  })

  test('a code past its five minutes is read by nobody, and its row goes', async () => {
    const { token } = await mintToken(vault)
    const rows = async () => (await db.query('select from cvc where token = $1', [token])).rowCount
    const read = async () => (await egress.query('select * from cvc_read($1)', [token])).rowCount
    expect([await rows(), await read()], 'control').toEqual([1, 1])
    await db.query("update cvc set expires_at = now() - interval '1 s' where token = $1", [token])
    expect([await rows(), await read()]).toEqual([1, 0])
    await look()
    expect(await rows()).toBe(0)
  })

  test('an hour’s key past its end is found by nobody, and its row goes', async () => {
    await mintToken(vault)
    const keys = async () => (await db.query('select key_id from hour_keys order by destroy_at')).rows
    const before = await keys()
    expect(before.length).toBeGreaterThan(0)
    await look()
    expect(await keys(), 'control: not before').toEqual(before)
    await db.query("update hour_keys set expires_at = now() - interval '16 min', destroy_at = now() - interval '1 min'")
    await vault.restart('intake')
    const pool = makePool(vault.databases.vault.url('intake'), { max: 1 })
    const found = await pool.query('select from hour_keys where key_id = $1 and destroy_at > clock_timestamp()', [
      before[0]?.key_id,
    ])
    await pool.end()
    expect(found.rowCount).toBe(0)
    await look()
    expect((await keys()).filter(({ key_id: id }) => before.some((one) => one.key_id === id))).toEqual([])
  })
})
