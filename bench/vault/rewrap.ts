/**
 * Moving records to a new key through Postgres and keyd, as keeper does it, in a deployment of its own whose disk is waited for;
 * keeper's part runs here and rests not. Beside it the cryptography alone, in this process.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { type Admin, openAdmin } from '../../server/admin/deployment.ts'
import { makeKey } from '../../server/admin/key-epochs.ts'
import { contextOf, everyRecord } from '../../server/attacks/testing/records.ts'
import { startWorld, type World } from '../../server/attacks/testing/world.ts'
import type { KeeperConfig } from '../../server/config.ts'
import { makePool } from '../../server/database/pool.ts'
import { type InnerCall, innerClient } from '../../server/doors/inner-client.ts'
import { rewrap } from '../../server/keeper/rewrap.ts'
import { isSettled, unsettle, unwrapBound } from '../../server/keyd/unwrap.ts'
import { encodeContext } from '../../server/records/format.ts'
import { storeTokens } from '../../server/testing/bulk-tokens.ts'
import { silent } from '../../server/testing/vault.ts'
import { percentile } from '../percentile.ts'

export interface RewrapSpeed {
  tokens: number
  pairs: number
  /** Records a second, at the median. */
  unsettled: number
  settled: number
  unsettledAlone: number
  settledAlone: number
  /** Of what the cryptography alone does, at the median of the pairs. */
  unsettledShare: number
}

export const settledMin = 30_000
export const unsettledShareMin = 0.8
const tokens = 20_000
const pairs = 5
/** Enough of them to measure the cryptography: it is one thread's and has no noise of a disk. */
const aloneMax = 3_000

export async function measureRewrap(): Promise<RewrapSpeed> {
  const world = await startWorld()
  const config: KeeperConfig = JSON.parse(readFileSync(join(world.stack.home, 'config', 'keeper.json'), 'utf8'))
  const admin = await openAdmin({
    mode: 'sandbox',
    operator: 'bench',
    vaultUrl: world.url({ role: 'admin', database: 'vault' }),
    gatewayUrl: world.url({ role: 'admin', database: 'gateway' }),
  })
  const db = await world.database('vault')
  const keeper = makePool(config.database_url, { max: 4 })
  const keyd = innerClient({ peer: config.keyd, issuer: 'keeper', key: config.request_key })
  try {
    return await measure({ world, admin, db, keeper, keyd })
  } finally {
    keyd.close()
    await keeper.end()
    await admin.close()
    await world.stop()
  }
}

interface Parts {
  world: World
  admin: Admin
  db: pg.Client
  keeper: pg.Pool
  keyd: InnerCall
}

async function measure(parts: Parts): Promise<RewrapSpeed> {
  const { world, db } = parts
  // The deployment's own keeper waits for this lease, and moves nothing meanwhile.
  await db.query("update leases set holder = 'bench', until = now() + interval '1 hour' where name = 'rewrap'")
  const createCapture = async () => ({ id: (await world.capture()).id, clientSecret: '' })
  await storeTokens({ mode: 'sandbox', tenant: world.stack.tenant, createCapture }, db, tokens)
  await db.query('create table bench_before as select token, kek_id, wrapped_dek from records')
  await db.query('vacuum analyze')
  const unsettled: number[] = []
  const settled: number[] = []
  const unsettledAlone: number[] = []
  const settledAlone: number[] = []
  await rotate(parts)
  // The first of each is for the machine to warm up.
  for (let pair = -1; pair < pairs; pair += 1) {
    if (pair >= 0) unsettledAlone.push(await alone(parts))
    const slow = await run(parts)
    await rotate(parts)
    if (pair >= 0) settledAlone.push(await alone(parts))
    const quick = await run(parts)
    if (pair >= 0) {
      unsettled.push(slow)
      settled.push(quick)
    }
    await db.query(
      'update records r set kek_id = b.kek_id, wrapped_dek = b.wrapped_dek from bench_before b where b.token = r.token',
    )
    await db.query('delete from rewraps')
    await db.query('vacuum analyze records')
  }
  const shares = unsettled.map((rate, index) => rate / (unsettledAlone[index] ?? Number.NaN))
  const median = (rates: readonly number[]): number => percentile(rates, 0.5)
  return {
    tokens,
    pairs,
    unsettled: median(unsettled),
    settled: median(settled),
    unsettledAlone: median(unsettledAlone),
    settledAlone: median(settledAlone),
    unsettledShare: median(shares),
  }
}

const rotate = ({ admin, world }: Parts): Promise<unknown> =>
  makeKey(admin, world.store, { purpose: 'card', suite: 'x25519' }, 'rotated')

async function run({ db, keeper, keyd }: Parts): Promise<number> {
  // Keys of before that have nothing left are not what is measured.
  await db.query(
    "insert into rewraps (kek_id, finished_at) select e.kek_id, now() from kek_epochs e where e.state = 'rotated' and not exists (select from records r where r.kek_id = e.kek_id) on conflict do nothing",
  )
  const began = performance.now()
  await rewrap({ db: keeper, keyd, log: silent, mode: 'sandbox', restRatio: 0, goOn: async () => true })
  const perSecond = tokens / ((performance.now() - began) / 1_000)
  const { rows } = await db.query<{ keys: number }>('select count(distinct kek_id)::integer as keys from records')
  if (rows[0]?.keys !== 1) throw new Error('not every record was moved')
  return perSecond
}

/** Unwraps and settles what the records have now, as keyd does in a batch. */
async function alone({ db, world: { store } }: Parts): Promise<number> {
  const rows = (await everyRecord(db)).slice(0, aloneMax)
  const from = await store.epoch(Buffer.from(rows[0]?.kek_id ?? '', 'base64url'))
  const newest = (await store.list()).findLast(({ purpose }) => purpose === 'card')
  if (from === null || newest === undefined) throw new Error('a key is missing')
  const [fromSymmetric, to] = [await store.symmetric(from.kekId), await store.symmetric(newest.kekId)]
  const sample = rows.map((row) => ({
    context: encodeContext(contextOf(row)),
    wrappedDek: Buffer.from(row.wrapped_dek, 'base64url'),
  }))
  const began = performance.now()
  for (const { context, wrappedDek } of sample) {
    const dek = isSettled(wrappedDek)
      ? unsettle(fromSymmetric, context, wrappedDek)
      : await unwrapBound(store, from, context, wrappedDek)
    to?.seal(context, dek)
  }
  return sample.length / ((performance.now() - began) / 1_000)
}
