/** A rotation while cards are being opened, in its short form; `npm run soak -- rotation` has a hundred thousand and kills keeper meanwhile. */
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeKey } from '../admin/key-epochs.ts'
import { makePool } from '../database/pool.ts'
import { openFileStore } from '../keys/file.ts'
import { storeTokens } from '../testing/bulk-tokens.ts'
import { silent, startVault, type TestVault } from '../testing/vault.ts'
import { rewrap } from './rewrap.ts'
import { cardOf, makeOpener, rememberBodies } from './testing/rotate-under-load.ts'

let vault: TestVault
let db: pg.Pool
beforeAll(async () => {
  vault = await startVault({ keeper: false, opensPerMinute: 1_000_000 })
  db = vault.db
}, 60_000)
afterAll(() => vault?.close())

test('under load: no token fails to open at any moment, from one key to the next and the next, and no ciphertext changes', async () => {
  const tokens = (await storeTokens(vault, db, 400, { maxOpens: 1_000_000 }, cardOf)).map(({ token }) => token)
  const bodies = await rememberBodies(db)
  const admin = await vault.admin()
  const store = await openFileStore(vault.configs.keyd.key_store)
  const keeper = makePool(vault.databases.vault.url('keeper'), { max: 3 })
  const keyd = vault.toKeyd('keeper')
  const opener = makeOpener(vault)
  let during = 0
  for (let rotation = 0; rotation < 2; rotation += 1) {
    const { epoch } = await makeKey(admin, store, { purpose: 'card', suite: 'x25519' }, 'rotated')
    during += await opener.whileOpening(tokens, 4, () =>
      rewrap({ db: keeper, keyd, log: silent, mode: 'sandbox', batch: 10, goOn: async () => true }),
    )
    const { rows } = await db.query("select distinct encode(kek_id, 'hex') as epoch from records")
    expect(rows).toEqual([{ epoch }])
  }
  expect(during, 'opened while it went on').toBeGreaterThan(20)
  expect(await bodies.changed()).toBe(0)
  // Control: a load that meets a record without a key fails, and so does one whose ciphertext changes.
  await db.query('update records set body = body || body where token = $1', [tokens[0]])
  expect(await bodies.changed()).toBe(1)
  const forAMoment = () => new Promise((resolve) => setTimeout(resolve, 1_000))
  await expect(opener.whileOpening(tokens.slice(0, 1), 1, forAMoment)).rejects.toThrow()
  await opener.close()
  await keeper.end()
}, 30_000)
