/** The emptying of a rotated key: what moves, what stays as it is, and what becomes of it when somebody is in the way. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contextOf, everyRecord, type SealedToken } from '../attacks/testing/records.ts'
import type { Admin } from '../admin/deployment.ts'
import { destroyKey, type KeyRow, listKeys, makeKey, retireKey } from '../admin/key-epochs.ts'
import { parseEntry } from '../audit/entries.ts'
import { makePool } from '../database/pool.ts'
import type { InnerCall } from '../doors/inner-client.ts'
import { unwrap } from '../keyd/unwrap.ts'
import { openFileStore } from '../keys/file.ts'
import type { KeyStore } from '../keys/store.ts'
import { recordBytes, type RecordContext } from '../records/format.ts'
import { openRecord } from '../records/open.ts'
import { plaintextOf, storeTokens } from '../testing/bulk-tokens.ts'
import { silent, startVault, type TestVault } from '../testing/vault.ts'
import { type Rewrapping, rewrap } from './rewrap.ts'

let vault: TestVault
let admin: Admin
let store: KeyStore
let db: pg.Pool
let keydDb: pg.Client
let keeper: pg.Pool
let keyd: InnerCall
beforeAll(async () => {
  vault = await startVault({ keeper: false })
  admin = await vault.admin()
  store = await openFileStore(vault.configs.keyd.key_store)
  db = vault.db
  keydDb = new pg.Client({ connectionString: vault.databases.superUrl('keyd') })
  await keydDb.connect()
  keeper = makePool(vault.databases.vault.url('keeper'), { max: 4 })
  keyd = vault.toKeyd('keeper')
}, 60_000)
afterAll(async () => {
  await keeper?.end()
  await keydDb?.end()
  await vault?.close()
})

const run = (more: Partial<Rewrapping> = {}): Promise<void> =>
  rewrap({ db: keeper, keyd, log: silent, mode: 'sandbox', batch: 20, restRatio: 0, goOn: async () => true, ...more })
/** keyd, and what happens before it is asked. */
const keydAfter = (meanwhile: () => Promise<unknown>): InnerCall => {
  const call = async (...args: Parameters<InnerCall>): Promise<unknown> => {
    await meanwhile()
    return keyd(...args)
  }
  return Object.assign(call, { close: () => undefined })
}
const rotate = (purpose: 'card' | 'credential' = 'card'): Promise<{ epoch: string; before: string | null }> =>
  makeKey(admin, store, { purpose, suite: 'x25519' }, 'rotated')
const hex = (text: string): string => Buffer.from(text, 'base64url').toString('hex')
const kekOf = ({ kek_id: id }: SealedToken): string => hex(id)
const keyOf = async (epoch: string): Promise<KeyRow | undefined> =>
  (await listKeys(admin, store)).find((row) => row.epoch === epoch)
/** As if this key had been rotated, or retired, an hour ago. */
const longAgo = (epoch: string) =>
  db.query("update kek_epochs set changed_at = now() - interval '1 hour' where kek_id = decode($1, 'hex')", [epoch])

/** By the wrapped key that the vault has of it now. */
async function opened(row: SealedToken, one: KeyStore = store): Promise<string> {
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64url')
  const dek = await unwrap(one, bytes(row.kek_id), contextOf(row), bytes(row.wrapped_dek))
  return openRecord(bytes(row.body), contextOf(row), dek).toString()
}
const allOpen = async (): Promise<void> => {
  for (const row of await everyRecord(db)) expect(await opened(row)).toBe(plaintextOf(row.id).toString())
}
async function entriesOf(work: () => Promise<unknown>): Promise<unknown[][]> {
  const all = async () => (await keydDb.query<{ entry: string }>('select entry from audit order by id')).rows
  const before = (await all()).length
  await work()
  const later = async () =>
    (await all())
      .slice(before)
      .flatMap(({ entry }) => parseEntry(entry) ?? [])
      .filter(({ action }) => action === 'rewrap')
      .map(({ actor, result, object, count, reason }) => [actor, result, object, count, reason])
  // Results trail by a moment.
  await expect.poll(async () => (await later()).filter(([, result]) => result === 'intent').length).toBeGreaterThan(0)
  await new Promise((resolve) => setTimeout(resolve, 50))
  return later()
}

describe('a rotated key', () => {
  let first = ''
  let second = ''
  let before: SealedToken[] = []

  test('is emptied in batches, an entry a batch before it and after it; ciphertexts stay as they are, byte for byte', async () => {
    await storeTokens(vault, db, 50)
    before = await everyRecord(db)
    const made = await rotate()
    ;[first, second] = [made.before ?? '', made.epoch]
    expect(new Set(before.map(kekOf))).toEqual(new Set([first]))
    const entries = await entriesOf(() => run())
    const moved = `${first} ${second}`
    // Two batches are under way at a time, and the last two may come in either order.
    const largestFirst = (one: unknown[], other: unknown[]): number => Number(other[3]) - Number(one[3])
    for (const when of ['intent', 'done'])
      expect(entries.filter(([, result]) => result === when).sort(largestFirst)).toEqual(
        [20, 20, 10].map((count) => ['keeper', when, moved, count, undefined]),
      )
    expect(entries[0]?.[1]).toBe('intent')
    const now = await everyRecord(db)
    expect(new Set(now.map(kekOf))).toEqual(new Set([second]))
    const bodies = (rows: SealedToken[]) => new Map(rows.map(({ id, body }) => [id, body]))
    expect(bodies(now)).toEqual(bodies(before))
    await allOpen()
  })

  test('leaves records that have settled: 60 bytes a wrapped key, 200 a card of 82', async () => {
    const [row] = await everyRecord(db)
    const wrapped = Buffer.from(row?.wrapped_dek ?? '', 'base64url')
    expect(wrapped).toHaveLength(60)
    expect(recordBytes(wrapped.length, 82)).toBe(200)
  })

  test('shows how far it is, and is walked once more for cards that were on their way', async () => {
    expect((await keyOf(first))?.rewrap).toMatchObject({ state: 'waiting', moved: 50, refused: 0, left: 0 })
    // One that intake had begun to seal to the old key.
    await straggler(first)
    await run()
    expect((await keyOf(first))?.records, 'not before ten minutes are over').toBe(1)
    await longAgo(first)
    await db.query('update rewraps set next_walk_at = now()')
    await run()
    expect(await keyOf(first)).toMatchObject({ records: 0, rewrap: { state: 'finished', moved: 51 } })
    await allOpen()
  })

  test('is retired and destroyed then, and a copy of the vault from before opens nothing with what is left', async () => {
    const [row] = before
    if (row === undefined) throw new Error('no record')
    expect(await opened(row), 'control: the copy is good').toBe(plaintextOf(row.id).toString())
    await retireKey(admin, first)
    await longAgo(first)
    await destroyKey(admin, store, first, first)
    const anew = await openFileStore(vault.configs.keyd.key_store)
    for (const old of before) await expect(opened(old, anew)).rejects.toMatchObject({ reason: 'unknown_key' })
    // Nor under the name of the key that there is: the wrap was made for another.
    for (const old of before.slice(0, 5)) {
      const relabelled = { ...old, kek_id: Buffer.from(second, 'hex').toString('base64url') }
      await expect(opened(relabelled, anew)).rejects.toMatchObject({ reason: 'does_not_unwrap' })
    }
    await allOpen()
  })

  test('settles again at the next rotation, and moves from settled to settled', async () => {
    const { epoch } = await rotate()
    await run()
    const rows = await everyRecord(db)
    expect(new Set(rows.map(kekOf))).toEqual(new Set([epoch]))
    await allOpen()
  })
})

describe('rewrapping that is cut short', () => {
  test('goes on where it was, and moves nothing twice', async () => {
    await storeTokens(vault, db, 60)
    const { before } = await rotate()
    let batches = 0
    const broken = keydAfter(async () => {
      batches += 1
      if (batches === 3) throw new Error('keyd is away')
    })
    await expect(run({ keyd: broken })).rejects.toThrow('keyd is away')
    const row = await keyOf(before ?? '')
    expect(row?.rewrap).toMatchObject({ state: 'walking', moved: 40 })
    expect(row?.rewrap?.done).toBeGreaterThan(0)
    expect(row?.rewrap?.done).toBeLessThan(1)
    expect(row?.rewrap?.left).toBeGreaterThan(0)
    await allOpen()

    batches = 0
    const counting = keydAfter(async () => {
      batches += 1
    })
    await run({ keyd: counting })
    expect(await keyOf(before ?? '')).toMatchObject({ records: 0, rewrap: { state: 'waiting', moved: 111 } })
    expect(batches).toBe(Math.ceil(71 / 20))
    await allOpen()
  })

  test('stops after the batch when it is told to', async () => {
    const { before } = await rotate()
    await run({ goOn: async () => false })
    expect((await keyOf(before ?? ''))?.rewrap).toMatchObject({ moved: 20, state: 'walking' })
    await run()
    expect((await keyOf(before ?? ''))?.records).toBe(0)
  })
})

describe('a record that is in no state to be moved', () => {
  test('does not come back when its wrapped key was destroyed meanwhile', async () => {
    const { before } = await rotate()
    const [victim] = await everyRecord(db)
    const emptied = 'update records set kek_id = null, wrapped_dek = null where token = $1'
    await run({ keyd: keydAfter(() => db.query(emptied, [victim?.id])) })
    const { rows } = await db.query('select kek_id, wrapped_dek from records where token = $1', [victim?.id])
    expect(rows).toEqual([{ kek_id: null, wrapped_dek: null }])
    expect((await keyOf(before ?? ''))?.records).toBe(0)
  })

  test('is left alone when its token is erased: it goes with the wrapped key', async () => {
    const [erased] = await everyRecord(db)
    await db.query("update tokens set state = 'erased' where id = $1", [erased?.id])
    const { before } = await rotate()
    await run()
    expect(await keyOf(before ?? '')).toMatchObject({ records: 1 })
    await longAgo(before ?? '')
    await expect(retireKey(admin, before ?? '')).rejects.toThrow('1 records still need this key')
    await db.query('update records set kek_id = null, wrapped_dek = null where token = $1', [erased?.id])
  })

  test('is counted and named in the log when it does not unwrap, and holds up no other', async () => {
    const [damaged] = await everyRecord(db)
    await db.query("update records set wrapped_dek = decode(repeat('00', 60), 'hex') where token = $1", [damaged?.id])
    const { before, epoch } = await rotate()
    const warned: unknown[] = []
    const entries = await entriesOf(() => run({ log: { ...silent, warn: (fields) => warned.push(fields) } }))
    expect(warned).toEqual([{ event: 'rewrap.refused', token: damaged?.id, key_id: before }])
    expect(entries.filter(([, result]) => result === 'failed')).toEqual([
      ['keeper', 'failed', `${before} ${epoch}`, 1, 'does_not_unwrap'],
    ])
    expect(await keyOf(before ?? '')).toMatchObject({ records: 1, rewrap: { refused: 1 } })
    await db.query('update records set kek_id = null, wrapped_dek = null where token = $1', [damaged?.id])
    await allOpen()
  })
})

test('credentials move too, and one that was set anew meanwhile stays as it was set', async () => {
  const { before, epoch } = await rotate('credential')
  const { rows: good } = await db.query('select * from credentials')
  await run({ keyd: keydAfter(() => db.query("update credentials set wrapped_dek = decode(repeat('11', 80), 'hex')")) })
  expect(await keyOf(before ?? '')).toMatchObject({ records: 1 })
  await db.query('update credentials set wrapped_dek = $1', [good[0].wrapped_dek])
  await db.query('update rewraps set next_walk_at = now(), walk_began_at = null')
  await run()
  const { rows } = await db.query('select * from credentials')
  expect(rows[0].kek_id.toString('hex')).toBe(epoch)
  expect(rows[0].body).toEqual(good[0].body)
  const { rows: accounts } = await db.query('select id, tenant from accounts')
  const { version, suite, account: token } = rows[0]
  const createdMs = Number(rows[0].created_ms)
  const { tenant } = accounts[0]
  const context: RecordContext = {
    version,
    suite,
    mode: 'sandbox',
    tenant,
    token,
    class: 'credential',
    createdMs,
    mandate: null,
  }
  await expect(unwrap(store, rows[0].kek_id, context, rows[0].wrapped_dek)).resolves.toHaveLength(32)
})

/** A card that was sealed to a key which is rotated by now. */
async function straggler(epoch: string): Promise<void> {
  const active = await db.query(
    "select encode(kek_id, 'hex') as id from kek_epochs where purpose = 'card' and state = 'active'",
  )
  await db.query('alter table kek_epochs disable trigger epoch_moves')
  const set = (id: string, state: string) =>
    db.query("update kek_epochs set state = $2 where kek_id = decode($1, 'hex')", [id, state])
  await set(active.rows[0].id, 'open')
  await set(epoch, 'active')
  await storeTokens(vault, db, 1)
  await set(epoch, 'rotated')
  await set(active.rows[0].id, 'active')
  await db.query('alter table kek_epochs enable trigger epoch_moves')
}
