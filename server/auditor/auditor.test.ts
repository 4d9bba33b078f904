/** The logs of a vault that charges cards: shown by keeper, taken home, verified, tampered with, and compared. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { LogName } from '../audit/checkpoint.ts'
import { entryText } from '../audit/entries.ts'
import { folderSource } from '../audit/log-folder.ts'
import type { NoteKey } from '../audit/note.ts'
import { verifyLog } from '../audit/verify-log.ts'
import { unsignedMs } from '../keeper/checkpoints.ts'
import { attackReport } from '../testing/attack-report.ts'
import { startCharging, type TestCharging, type TestGateway } from '../testing/charging.ts'
import { mintToken } from '../testing/mint.ts'
import { exportLog } from '../audit/export-log.ts'
import { getFrom, httpSource, type Keeper, namedLogs } from './http-source.ts'
import { readKeys } from './key-file.ts'
import { matchLogs } from './match.ts'
import { readPayments } from './processor-file.ts'
import { readEntries } from './read-entries.ts'
import { withoutUuids } from '../testing/without-uuids.ts'

let charging: TestCharging
let gateway: TestGateway
let keeper: Keeper
let keys: Record<LogName, NoteKey>
let db: Record<LogName, pg.Pool>
const folder = mkdtempSync(join(tmpdir(), 'sp-auditor-'))
const names: readonly LogName[] = ['vault', 'keyd']

const charge = async (): Promise<string> => {
  const { token } = await mintToken(charging.vault)
  return (await gateway.charge({ token, amount_minor: 8_000, currency: 'EUR' })).charge.id
}

/** Until keeper has signed for every entry that there is. */
const signed = (): Promise<void> =>
  vi.waitFor(
    async () => {
      for (const name of names) {
        const { rows } = await db[name].query<{ size: string }>('select count(*) as size from audit')
        const note = (await getFrom(keeper, `/audit/${name}/checkpoint`))?.toString('utf8') ?? ''
        expect(note.split('\n')[1]).toBe(rows[0]?.size)
      }
    },
    { timeout: 10_000, interval: 200 },
  )
const verify = (name: LogName) => verifyLog(httpSource(keeper, name), { key: keys[name] })
const sizeOf = async (name: LogName): Promise<number> => {
  const verdict = await verify(name)
  return verdict.ok ? verdict.size : -1
}

beforeAll(async () => {
  charging = await startCharging()
  gateway = await charging.startEgress()
  const { databases, configs } = charging.vault
  keeper = { socket: configs.keeper.inner_socket }
  const pool = (name: LogName) => new pg.Pool({ connectionString: databases.superUrl(name), max: 2 })
  db = { vault: pool('vault'), keyd: pool('keyd') }
  for (let index = 0; index < 3; index += 1) await charge()
  await vi.waitFor(async () => expect(await namedLogs(keeper)).toHaveLength(2), 10_000)
  const lines = (await namedLogs(keeper)).map(({ key }) => readKeys(key)[0])
  const find = (name: LogName): NoteKey => {
    const key = lines.find((one) => one?.name.startsWith(`sallyport/tree/${name}/`) === true)
    if (key === undefined) throw new Error('no key')
    return key
  }
  keys = { vault: find('vault'), keyd: find('keyd') }
  await signed()
}, 60_000)
afterAll(async () => {
  await Promise.all(names.map((name) => db[name].end()))
  await charging.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the logs of a vault that charges', () => {
  test.each(names)('%s verifies as keeper shows it, and as it was taken home', async (name) => {
    const size = await sizeOf(name)
    expect(size).toBeGreaterThan(3)
    expect(await exportLog(httpSource(keeper, name), keys[name], join(folder, name))).toBe(size)
    expect(await verifyLog(folderSource(join(folder, name)), { key: keys[name] })).toMatchObject({ ok: true, size })
  })

  test('say who did what, for which grant and with what result, and never a digit of a card', async () => {
    const [keyd, vault] = [
      await readEntries(httpSource(keeper, 'keyd'), await sizeOf('keyd')),
      await readEntries(httpSource(keeper, 'vault'), await sizeOf('vault')),
    ]
    const intents = keyd.filter(({ entry }) => entry.action === 'open' && entry.result === 'intent')
    expect(intents).toHaveLength(3)
    for (const { entry, index } of intents) {
      expect(entry).toMatchObject({
        actor: 'egress',
        charge: expect.stringMatching(/^chg_/),
        grant: expect.any(String),
        subject: expect.any(String),
      })
      const result = keyd.find((one) => one.entry.grant === entry.grant && one.entry.result === 'done')
      expect(result?.index, 'the intent stands before the result').toBeGreaterThan(index)
      expect(vault.map((one) => one.entry.grant)).toContain(entry.grant)
    }
    expect(withoutUuids(JSON.stringify([keyd, vault]))).not.toMatch(/4242|\btok_/)
  })

  test('what is not there is not shown', async () => {
    for (const path of [
      '/audit/other/checkpoint',
      '/audit/keyd/../vault/checkpoint',
      '/audit/keyd/tile/0/999',
      '/audit/keyd/chain-head',
    ]) {
      expect(await getFrom(keeper, path), path).toBeNull()
    }
  })
})

test('what no checkpoint covers has an age, which the alarm and the metric tell', async () => {
  await signed()
  expect(await unsignedMs(db.vault, await sizeOf('vault'))).toBe(0)
  // As if keeper had signed nothing but the first entry.
  const { rows } = await db.vault.query<{ ms: number }>(
    'select extract(epoch from clock_timestamp() - at)::float8 * 1000 as ms from audit where position = 2',
  )
  expect(Math.abs((await unsignedMs(db.vault, 1)) - (rows[0]?.ms ?? 0))).toBeLessThan(1_000)
})

describe('as the owner of the database, with every trigger off', () => {
  const tamper = async (name: LogName, statement: string, values: unknown[]): Promise<void> => {
    if (name === 'keyd') await db[name].query('alter table audit disable trigger audit_keep')
    await db[name].query(statement, values)
  }
  test('an entry of the vault that was changed is named, and right again when it is put back', async () => {
    const { rows } = await db.vault.query<{ entry: string }>('select entry from audit where position = 3')
    const forged = rows[0]?.entry.replace(/"time":"\d{4}/, '"time":"2020') ?? ''
    await tamper('vault', 'update audit set entry = $1 where position = 3', [forged])
    expect(await verify('vault')).toMatchObject({ ok: false, fault: 'altered', index: 2 })
    expect(await verify('keyd'), 'control: the other log').toMatchObject({ ok: true })
    await tamper('vault', 'update audit set entry = $1 where position = 3', [rows[0]?.entry])
    expect(await verify('vault')).toMatchObject({ ok: true })
  })
  test('an entry of keyd that was taken out is named', async () => {
    const { rows } = await db.keyd.query<Record<string, unknown>>('select * from audit where position = 5')
    await tamper('keyd', 'delete from audit where position = $1', [5])
    expect(await verify('keyd')).toMatchObject({ ok: false, fault: 'missing', index: 4 })
    const row = rows[0] ?? {}
    await tamper(
      'keyd',
      'insert into audit (id, entry, at, position, head) overriding system value values ($1, $2, $3, $4, $5)',
      ['id', 'entry', 'at', 'position', 'head'].map((column) => row[column]),
    )
    expect(await verify('keyd')).toMatchObject({ ok: true })
  })
})

describe('openings, charges and payments', () => {
  const payments = async () => {
    const { url, secret } = charging.processor
    const answer = await fetch(`${url}/v1/payments`, { headers: { authorization: `Bearer ${secret}` } })
    return readPayments(await answer.text())
  }
  const report = async () => {
    await signed()
    const read = async (name: LogName) => readEntries(httpSource(keeper, name), await sizeOf(name))
    return matchLogs({ keyd: await read('keyd'), vault: await read('vault'), payments: await payments(), youngMs: 0 })
  }

  test('of honest processes match, one by one', async () => {
    await charge()
    expect(await report()).toMatchObject({ openings: 4, charges: 4, payments: 4, findings: [] })
  })

  test('a card that was opened where the processor does not listen is accounted for', async () => {
    const { token } = await mintToken(charging.vault)
    await charging.processor.stop()
    await expect(gateway.charge({ token, amount_minor: 8_000, currency: 'EUR' })).rejects.toMatchObject({
      code: 'processor.unavailable',
    })
    await charging.processor.start()
    expect(await report()).toMatchObject({ openings: 5, charges: 4, findings: [] })
    const { rows } = await db.vault.query('select from audit where entry like $1', ['%"charge.unsent"%'])
    expect(rows).toHaveLength(1)
  })

  test('an opening that keyd noted and nobody sent with is evidence, and so is a payment that nobody opened for', async () => {
    const fact = { actor: 'egress', action: 'open', grant: 'a-grant-of-nobody', charge: `chg_${'q'.repeat(26)}` }
    for (const result of ['intent', 'done'] as const) {
      await db.keyd.query('insert into audit (entry) values ($1)', [entryText('keyd', Date.now(), { ...fact, result })])
    }
    const { url, secret } = charging.processor
    const card = { number: '4242424242424242', exp_month: 12, exp_year: 2040 }
    const reference = `chg_${'z'.repeat(26)}`
    const answer = await fetch(`${url}/v1/payments`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${secret}`,
        'content-type': 'application/json',
        'idempotency-key': 'beside the road',
      },
      body: JSON.stringify({ amount: 100, currency: 'EUR', capture: true, reference, card }),
    })
    expect(answer.status).toBe(200)
    const { findings } = await report()
    expect(findings.map(({ kind, charge: of }) => [kind, of])).toEqual([
      ['opening_without_charge', fact.charge],
      ['payment_without_charge', reference],
      ['payment_without_opening', reference],
    ])
    // Control: each log by itself is whole, for it shows what its writer wrote.
    for (const name of names) expect(await verify(name)).toMatchObject({ ok: true })
    attackReport('The audit logs').row({
      attack: 'A card opened with a grant that nobody sent with, and charged beside the road',
      had: 'keyd, its log included, and a card',
      defended: 'Compared with the vault’s log and the processor’s payments, both are listed, with charge and grant',
      undefended: 'Both logs verify: a log by itself shows what its writer wrote',
    })
  })
})
