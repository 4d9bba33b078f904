/** Two keepers on one database, with one folder for the trees: one works, and when it goes the other goes on within seconds. */
import type pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { verifyLog } from '../audit/verify-log.ts'
import { getFrom, httpSource, type Keeper, namedLogs } from '../auditor/http-source.ts'
import { readKeys } from '../auditor/key-file.ts'
import { mintToken } from '../testing/mint.ts'
import { silent, startVault, type TestVault } from '../testing/vault.ts'
import { type RunningKeeper, startKeeper } from './start.ts'

let vault: TestVault
let db: pg.Pool
let keepers: { at: Keeper; running: RunningKeeper }[] = []

beforeAll(async () => {
  vault = await startVault({ keeper: false })
  db = vault.db
  const { keeper } = vault.configs
  for (const name of ['keeper', 'keeper.2']) {
    const inner_socket = keeper.inner_socket.replace('/keeper/', `/${name}/`)
    keepers.push({
      at: { socket: inner_socket },
      running: await startKeeper({ ...keeper, inner_socket }, { log: silent }),
    })
  }
})
afterAll(async () => {
  for (const { running } of keepers) await running.close()
  await vault.close()
})

const mint = async (count: number): Promise<void> => {
  await Promise.all(Array.from({ length: count }, () => mintToken(vault)))
}

/** Until every event has its place, and every entry is signed for; how far the vault's log is then. */
const caughtUp = (at: Keeper): Promise<number> =>
  vi.waitFor(
    async () => {
      const { rows } = await db.query<{ open: number; size: number }>(`select
        (select count(*)::int from events where position is null) as open, (select count(*)::int from audit) as size`)
      const note = (await getFrom(at, '/audit/vault/checkpoint'))?.toString('utf8') ?? ''
      expect(rows).toEqual([{ open: 0, size: Number(note.split('\n')[1]) }])
      return rows[0]?.size ?? 0
    },
    { timeout: 12_000, interval: 100 },
  )

const signs = async ({ at }: { at: Keeper }): Promise<boolean> =>
  (await getFrom(at, '/metrics'))?.toString('utf8').includes('sallyport_audit_lag_seconds{') === true

test('one of two signs, and the other goes on within seconds when that one is gone: nothing lost, nothing twice, one history', async () => {
  await mint(5)
  for (const { at } of keepers) await caughtUp(at)
  const which = await Promise.all(keepers.map(signs))
  expect(which.filter(Boolean)).toHaveLength(1)
  const [active, other] = which[0] ? keepers : keepers.toReversed()
  if (active === undefined || other === undefined) throw new Error('two keepers')
  const seen = (await getFrom(active.at, '/audit/vault/checkpoint'))?.toString('utf8') ?? ''

  // Its leases are not given back: as after a kill.
  await active.running.close()
  keepers = [other]
  const began = performance.now()
  await mint(5)
  const size = await caughtUp(other.at)
  expect(performance.now() - began).toBeLessThan(9_000)
  expect(await signs(other)).toBe(true)

  const { key: line = '' } = (await namedLogs(other.at)).find(({ name }) => name === 'vault') ?? {}
  const [key] = readKeys(line)
  if (key === undefined) throw new Error('no key')
  // What the first one signed last is a beginning of what the other signs.
  expect(await verifyLog(httpSource(other.at, 'vault'), { key, seen: [seen] })).toMatchObject({ ok: true, size })
  const { rows } = await db.query<{ positions: boolean; order: boolean }>(`select
    (select min(position) = 1 and max(position) = count(*) from events) as positions,
    (select bool_and(before is null or before < position) from
      (select position, lag(position) over (partition by subject order by sequence) as before from events) one) as order`)
  expect(rows).toEqual([{ positions: true, order: true }])
}, 30_000)
