/** A card that is sent again and again because nothing could be stored: it is taken when that is over, or the form is closed and says so. */
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { limits } from '../../protocol/limits.ts'
import { TestFrame } from '../testing/frame.ts'
import { startVault, type TestVault } from '../testing/vault.ts'

const visa = { number: '4242424242424242', cvc: '123' }

describe('a card that could not be stored', () => {
  let vault: TestVault
  let db: pg.Pool
  beforeAll(async () => {
    vault = await startVault()
    db = vault.db
    await db.query(
      `create function stuck() returns trigger language plpgsql as $$ begin raise exception using errcode = '53100'; end $$`,
    )
  }, 60_000)
  afterAll(() => vault.close())

  /** The answers to so many tries while the database stores no token. */
  const triedInVain = async (times: number) => {
    const { id, clientSecret } = await vault.createCapture()
    const frame = new TestFrame(vault.intakeUrl, id)
    const { body: attached } = await frame.attach(clientSecret)
    const again = async () => frame.submit(attached, await frame.seal(attached, visa))
    await db.query('create trigger stuck before insert on tokens for each row execute function stuck()')
    for (let tries = 0; tries < times; tries += 1) expect((await again()).status).toBeGreaterThanOrEqual(500)
    await db.query('drop trigger stuck on tokens')
    return { again, read: async () => (await db.query('select state, body from captures where id = $1', [id])).rows[0] }
  }

  it('is taken when there is room again', async () => {
    const { again } = await triedInVain(limits.fingerprintsPerTicket - 1)
    expect((await again()).status).toBe(200)
  })

  it('closes its form where keyd counts no further one, which person and agent hear', async () => {
    const { again, read } = await triedInVain(limits.fingerprintsPerTicket)
    const { status, body } = await again()
    expect([status, body.code]).toEqual([422, 'input.too_many_attempts'])
    expect(await read()).toMatchObject({ state: 'failed', body: { error: { code: 'input.too_many_attempts' } } })
  })
})
