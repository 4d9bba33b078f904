/** `sallyport keys` from the words that are typed to what opens and what does not, on a vault that runs. */
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuditEntry, parseEntry } from '../audit/entries.ts'
import { contextOf, everyRecord } from '../attacks/testing/records.ts'
import { unwrap } from '../keyd/unwrap.ts'
import { openFileStore } from '../keys/file.ts'
import type { KeyStore } from '../keys/store.ts'
import { mintToken } from '../testing/mint.ts'
import { startVault, type TestVault } from '../testing/vault.ts'
import { runAction } from './action.ts'
import type { Admin } from './deployment.ts'
import { destroyKey, type KeyRow } from './key-epochs.ts'
import { keysActions } from './keys-command.ts'

let vault: TestVault
let admin: Admin
let store: KeyStore
let db: pg.Pool
beforeAll(async () => {
  // What a key has, it keeps until a test takes it away.
  vault = await startVault({ keeper: false })
  admin = await vault.admin()
  store = await openFileStore(vault.configs.keyd.key_store)
  db = vault.db
}, 60_000)
afterAll(() => vault?.close())

async function run(args: readonly string[]): Promise<{ code: number; answer: Record<string, unknown> }> {
  let text = ''
  const outside = {
    connect: async () => ({ ...admin, close: async () => undefined }),
    print: (more: string): void => {
      text += more
    },
  }
  const code = await runAction('keys', keysActions({ store: async () => store }), [...args, '--json'], outside)
  return { code, answer: JSON.parse(text) }
}
async function type(...args: string[]): Promise<Record<string, unknown>> {
  const { code, answer } = await run(args)
  expect([args, code, answer]).toEqual([args, 0, answer])
  return answer
}
async function refusal(...args: string[]): Promise<unknown> {
  const { code, answer } = await run(args)
  expect([args, code, answer]).toEqual([args, 1, answer])
  return answer['error']
}
const keys = async (): Promise<KeyRow[]> => (await type('list'))['keys'] as KeyRow[] // sound: what `list` prints
const keyOf = async (epoch: string): Promise<KeyRow | undefined> => (await keys()).find((row) => row.epoch === epoch)
const active = async (purpose = 'card'): Promise<string> =>
  (await keys()).find((row) => row.purpose === purpose && row.state === 'active')?.epoch ?? ''
const rowOf = async (token: string) => {
  const row = (await everyRecord(db)).find(({ id }) => id === token)
  if (row === undefined) throw new Error('no such record')
  return row
}
/** What an erased token leaves behind, after its grace. */
const emptied = (token: string) =>
  db.query('update records set kek_id = null, wrapped_dek = null where token = $1', [token])
const longAgo = (epoch: string) =>
  db.query("update kek_epochs set changed_at = now() - interval '1 hour' where kek_id = decode($1, 'hex')", [epoch])

async function audited(work: () => Promise<unknown>): Promise<AuditEntry[]> {
  const all = async () => (await db.query<{ entry: string }>('select entry from audit order by id')).rows
  const before = (await all()).length
  await work()
  return (await all()).slice(before).flatMap(({ entry }) => parseEntry(entry) ?? [])
}
const lines = (entries: readonly AuditEntry[]) =>
  entries.filter(({ actor }) => actor === 'admin').map(({ action, result, object }) => [action, result, object])

describe('a key for cards', () => {
  let first: string
  let token: string

  test('is listed with how many records need it', async () => {
    first = await active()
    token = (await mintToken(vault)).token
    expect(await keyOf(first)).toMatchObject({ purpose: 'card', suite: 'x25519', state: 'active', records: 1 })
    expect(await keyOf(await active('credential'))).toMatchObject({ records: 1 })
  })

  test('that is rotated opens what it has, and the new one takes the next card, at keyd and intake that run', async () => {
    let made: Record<string, unknown> = {}
    const entries = await audited(async () => {
      made = await type('rotate')
    })
    expect(made['before']).toBe(first)
    expect(lines(entries)).toEqual([
      ['epoch.rotate', 'intent', undefined],
      ['epoch.rotate', 'done', made['epoch']],
    ])
    const { token: next } = await mintToken(vault)
    const row = await rowOf(next)
    expect(Buffer.from(row.kek_id, 'base64url').toString('hex')).toBe(made['epoch'])
    expect(await keyOf(first)).toMatchObject({ state: 'rotated', records: 1 })
    expect(await keyOf(String(made['epoch']))).toMatchObject({ state: 'active', records: 1 })
    for (const one of [await rowOf(token), row]) {
      const wrapped = Buffer.from(one.wrapped_dek, 'base64url')
      await expect(unwrap(store, Buffer.from(one.kek_id, 'base64url'), contextOf(one), wrapped)).resolves.toHaveLength(
        32,
      )
    }
  })

  test('that is created beside another leaves it open, and not due to be emptied', async () => {
    const before = await active()
    const entries = await audited(() => type('create', '--purpose', 'card', '--suite', 'p256'))
    expect(lines(entries).map(([action, result]) => [action, result])).toEqual([
      ['epoch.create', 'intent'],
      ['epoch.create', 'done'],
    ])
    expect(await keyOf(before)).toMatchObject({ state: 'open' })
    expect(await keyOf(await active())).toMatchObject({ suite: 'p256' })
    const { token: next } = await mintToken(vault)
    const row = await rowOf(next)
    const opened = unwrap(
      store,
      Buffer.from(row.kek_id, 'base64url'),
      contextOf(row),
      Buffer.from(row.wrapped_dek, 'base64url'),
    )
    await expect(opened).resolves.toHaveLength(32)
  })

  test('is not retired while a record needs it, not by the database role itself, and not within ten minutes', async () => {
    await longAgo(first)
    const entries = await audited(async () => {
      expect(await refusal('retire', first)).toEqual({
        code: 'not_now',
        message: expect.stringContaining('1 records still need'),
      })
      const byHand = admin.vault.query("update kek_epochs set state = 'retired' where kek_id = decode($1, 'hex')", [
        first,
      ])
      await expect(byHand).rejects.toThrow('still need this key')
    })
    expect(lines(entries)).toEqual([])
    expect(await refusal('retire', await active())).toEqual({
      code: 'not_now',
      message: expect.stringContaining('keys rotate'),
    })
    const open = (await keys()).find(({ state }) => state === 'open')?.epoch ?? ''
    await db.query("update records set kek_id = null, wrapped_dek = null where kek_id = decode($1, 'hex')", [open])
    expect(await refusal('retire', open)).toEqual({ code: 'not_now', message: expect.stringContaining('ten minutes') })
  })

  test('that is destroyed is gone: an old backup opens nothing, in a keyd that ran on, or after a restart', async () => {
    const backup = await rowOf(token)
    const wrapped = Buffer.from(backup.wrapped_dek, 'base64url')
    const kekId = Buffer.from(first, 'hex')
    const running = await openFileStore(vault.configs.keyd.key_store)
    const open = (one: KeyStore) => unwrap(one, kekId, contextOf(backup), wrapped)
    await expect(open(running), 'control: the backup is good').resolves.toHaveLength(32)

    expect(await refusal('destroy', first)).toEqual({
      code: 'not_now',
      message: expect.stringContaining('keys retire'),
    })
    await emptied(token)
    await longAgo(first)
    const retired = await audited(() => type('retire', first))
    expect(lines(retired)).toEqual([['epoch.retire', 'done', first]])
    expect(await refusal('destroy', first, '--again', first), 'an opening may be under way').toEqual({
      code: 'not_now',
      message: expect.stringContaining('wait a minute'),
    })
    await longAgo(first)
    expect(await refusal('retire', first)).toMatchObject({ code: 'already' })

    for (const again of [[], ['--again', await active()], ['--again', 'yes']])
      expect(await refusal('destroy', first, ...again)).toEqual({
        code: 'malformed',
        message: expect.stringContaining('--again'),
      })
    await expect(open(running), 'control: nothing was destroyed yet').resolves.toHaveLength(32)

    const entries = await audited(() => type('destroy', first, '--again', first))
    expect(lines(entries)).toEqual([
      ['epoch.destroy', 'intent', first],
      ['epoch.destroy', 'done', first],
    ])
    for (const one of [running, await openFileStore(vault.configs.keyd.key_store)])
      await expect(open(one)).rejects.toMatchObject({ reason: 'unknown_key' })
    expect(await keyOf(first)).toMatchObject({ state: 'destroyed', records: 0 })
    expect(await refusal('destroy', first, '--again', first)).toMatchObject({ code: 'already' })
  })

  test('does not come back, and does not become another, whoever writes', async () => {
    const set = (what: string) =>
      admin.vault.query(`update kek_epochs set ${what} where kek_id = decode($1, 'hex')`, [first])
    await expect(set("state = 'active'")).rejects.toThrow('does not become active')
    await expect(set("state = 'retired'")).rejects.toThrow('does not become retired')
    await expect(set("public_key = '\\x00'")).rejects.toThrow('does not become another')
  })

  test('whose end was cut short is destroyed when it is typed again', async () => {
    const left = await active()
    await type('rotate', '--suite', 'x25519')
    await db.query("update records set kek_id = null, wrapped_dek = null where kek_id = decode($1, 'hex')", [left])
    await longAgo(left)
    await type('retire', left)
    await longAgo(left)
    const broken = { ...store, destroy: () => Promise.reject(new Error('the disk is gone')) }
    await expect(destroyKey(admin, broken, left, left)).rejects.toThrow('the disk is gone')
    expect(await keyOf(left)).toMatchObject({ state: 'retired' })
    // Cut between the key and the word: the key is gone and the vault does not know.
    await store.destroy(Buffer.from(left, 'hex'))
    expect(await keyOf(left)).toMatchObject({ state: 'lost' })
    await type('destroy', left, '--again', left)
    expect(await keyOf(left)).toMatchObject({ state: 'destroyed' })
  })
})

test('credentials have keys of their own, and are counted', async () => {
  const cards = await active()
  const before = await active('credential')
  const made = await type('rotate', '--purpose', 'credential')
  expect(made['before']).toBe(before)
  expect(await active()).toBe(cards)
  await longAgo(before)
  expect(await refusal('retire', before)).toEqual({
    code: 'not_now',
    message: expect.stringContaining('1 records still need'),
  })
})

test('a key in the store that nothing is sealed to is told, and so is one that the store has lost', async () => {
  const { kekId } = await store.create({ suite: 'x25519', purpose: 'card' })
  expect(await keyOf(kekId.toString('hex'))).toMatchObject({ state: 'unpublished', records: 0 })
  const cards = await active()
  await store.destroy(Buffer.from(cards, 'hex'))
  expect(await keyOf(cards)).toMatchObject({ state: 'lost' })
})

test.each([
  [['retire', 'no-such-key'], 'not_found'],
  [['destroy', '0011223344556677', '--again', '0011223344556677'], 'not_found'],
  [['create', '--purpose', 'coffee'], 'malformed'],
  [['rotate', '--suite', 'rsa'], 'malformed'],
])('%j is refused, repeats nothing of it and changes nothing', async (args, code) => {
  const before = await keys()
  const error = await refusal(...args)
  expect(error).toMatchObject({ code })
  expect(JSON.stringify(error)).not.toMatch(/no-such-key|00112233|coffee|rsa/)
  expect(await keys()).toEqual(before)
})
