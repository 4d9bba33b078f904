/**
 * A whole deployment with a hundred thousand stored cards rotates its key while they are charged, and its keeper is killed again
 * and again: every charge goes through, no ciphertext changes, and in the end the old key is destroyed.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAdmin, type Admin } from '../admin/deployment.ts'
import { destroyKey, listKeys, makeKey, retireKey } from '../admin/key-epochs.ts'
import { startWorld, type World } from '../attacks/testing/world.ts'
import { storeTokens } from '../testing/bulk-tokens.ts'
import { cardOf, rememberBodies } from './testing/rotate-under-load.ts'

const total = 100_000
const chargesAtOnce = 4
const kills = 5
const killEveryMs = 10_000
const say = (line: string): void => void process.stderr.write(`${line}\n`)

let world: World
let db: pg.Client
let admin: Admin
beforeAll(async () => {
  world = await startWorld({ SALLYPORT_OPENS_PER_MINUTE: '1000000' })
  db = await world.database('vault')
  admin = await openAdmin({
    mode: 'sandbox',
    operator: 'soak',
    vaultUrl: world.url({ role: 'admin', database: 'vault' }),
    gatewayUrl: world.url({ role: 'admin', database: 'gateway' }),
  })
}, 120_000)
afterAll(async () => {
  await admin?.close()
  await world?.stop()
}, 60_000)

interface Load {
  charged: number
  states: Map<string, number>
}

/** Charges tokens that were not charged yet, and mints and charges new ones between, until it is told to stop. */
async function load(tokens: readonly string[], seen: Load, going: () => boolean): Promise<void> {
  let next = 0
  const one = async (): Promise<void> => {
    while (going()) {
      const token = seen.charged % 10 === 9 ? await world.token() : (tokens[next++] ?? '')
      const body = { token, amount_minor: 100, currency: 'EUR', reference: randomUUID() }
      const { state } = await world.agent<{ state: string }>('POST', '/v1/charges', body)
      seen.charged += 1
      seen.states.set(state, (seen.states.get(state) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: chargesAtOnce }, one))
}

test(`${total} tokens move to a new key while they are charged, and keeper is killed meanwhile`, async () => {
  const createCapture = async () => ({ id: (await world.capture()).id, clientSecret: '' })
  const vault = { mode: 'sandbox', tenant: world.stack.tenant, createCapture } as const
  const stored = (await storeTokens(vault, db, total, {}, cardOf)).map(({ token }) => token)
  // In an order of their own: a walk by name meets charged ones and others alike.
  const tokens = stored.toSorted((a, b) => a.slice(-6).localeCompare(b.slice(-6)))
  const bodies = await rememberBodies(db)
  say(`${total} tokens are stored`)

  const { epoch, before } = await makeKey(admin, world.store, { purpose: 'card', suite: 'x25519' }, 'rotated')
  const old = before ?? ''
  const rowOf = async (id: string) => (await listKeys(admin, world.store)).find((row) => row.epoch === id)
  const seen: Load = { charged: 0, states: new Map() }
  let going = true
  const charging = load(tokens, seen, () => going)
  let killed = 0
  const began = Date.now()
  for (;;) {
    const row = await rowOf(old)
    const { rewrap } = row ?? {}
    say(
      `${Math.round((Date.now() - began) / 1_000)} s: ${row?.records} records left, ${JSON.stringify(rewrap)}; ${seen.charged} charged`,
    )
    if (row?.records === 0) break
    if (Date.now() - began > 600_000) throw new Error('it does not come to its end')
    await delay(killEveryMs)
    if (killed < kills && (await rowOf(old))?.rewrap?.state === 'walking') {
      await world.stack.kill('keeper')
      killed += 1
    }
  }
  going = false
  await charging
  say(`killed ${killed} times; ${JSON.stringify([...seen.states])}`)
  expect(killed).toBeGreaterThan(1)
  expect(seen.charged).toBeGreaterThan(100)
  expect([...seen.states.keys()], 'every charge went through').toEqual(['captured'])
  expect(await bodies.changed()).toBe(0)
  expect((await rowOf(epoch))?.records).toBeGreaterThanOrEqual(total)

  // As if ten minutes, and a minute, had gone by.
  const longAgo = "update kek_epochs set changed_at = now() - interval '1 hour' where kek_id = decode($1, 'hex')"
  await db.query(longAgo, [old])
  await retireKey(admin, old)
  await db.query(longAgo, [old])
  await destroyKey(admin, world.store, old, old)
  seen.states.clear()
  const until = Date.now() + 10_000
  await load(tokens.slice(-5_000), seen, () => Date.now() < until)
  expect([...seen.states.keys()], 'and without the old key too').toEqual(['captured'])
}, 1_200_000)
