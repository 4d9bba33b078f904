/** Migrations run while processes of the version before serve, and a process says when a schema is not the one it was written for. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Home } from '../init/init.ts'
import { root } from '../root.ts'
import { readSettings } from '../settings.ts'
import { openStorage } from '../supervisor/storage.ts'
import { type TestCharging, startCharging } from '../testing/charging.ts'
import { mintToken } from '../testing/mint.ts'
import { type TestDatabases, testDatabases } from '../testing/postgres.ts'
import { steadily } from '../testing/steady-load.ts'
import { filesUpTo, type KnownFiles } from '../testing/version-before.ts'
import { migrate } from './migrate.ts'
import { databases } from './migration-files.ts'
import { assertSchema, WrongSchema, wrongSchema } from './schema-check.ts'

/** What the version before had last. */
const before = { gateway: '60-keys.sql', vault: '9945-card-budgets.sql', keyd: '97-checkpoints-trim.sql' }

/** What today's code asks for at each charge; it plays the version before. */
const needed = [
  '995-grants-held.sql',
  '9960-restore.sql',
  '9970-reconcile.sql',
  '9970-tickets.sql',
  '9980-lost-operations.sql',
]

describe('forward', () => {
  let earlier: KnownFiles
  let charging: TestCharging
  beforeAll(async () => {
    earlier = await filesUpTo(before, needed)
    charging = await startCharging({ earlier })
  })
  afterAll(() => charging.close())

  /** Captures, tokens and charges by processes of the version before, while the work is done. */
  async function whileServing(work: () => Promise<void>): Promise<{ answered: number; lost: string[] }> {
    const egress = await charging.startEgress({ schema: earlier.vault })
    const load = steadily(2, async () => {
      const { token } = await mintToken(charging.vault)
      const { charge } = await egress.charge({ token })
      if (charge.state !== 'captured') throw new Error(`a charge became ${charge.state}`)
    })
    while (load.answered() < 3 && load.lost.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    try {
      await work()
      const after = load.answered() + 3
      while (load.answered() < after && load.lost.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    } finally {
      await load.stop()
      await egress.close()
    }
    return { answered: load.answered(), lost: load.lost }
  }

  test('no capture and no charge of processes of the version before fails while this version’s files run', async () => {
    const applied: string[] = []
    const { lost } = await whileServing(async () => {
      for (const database of databases) {
        const own = charging.vault.databases
        for (const name of await migrate(own[database].url('owner'), database)) applied.push(`${database}/${name}`)
      }
    })
    expect(applied).toContain('vault/9950-schema-names.sql')
    expect(lost).toEqual([])
  }, 60_000)

  test('a file that takes away a column of theirs makes them fail (control)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-wrong-'))
    cpSync(join(root, 'server/database/vault'), join(folder, 'vault'), { recursive: true })
    writeFileSync(join(folder, 'vault', '9999-wrong.sql'), 'alter table mandates rename column account to merchant')
    try {
      const { lost } = await whileServing(async () => {
        await migrate(charging.vault.databases.vault.url('owner'), 'vault', { folder })
      })
      expect(lost.length).toBeGreaterThan(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }, 60_000)
})

describe('a process and its schema', () => {
  let own: TestDatabases
  let pool: pg.Pool
  beforeAll(async () => {
    own = await testDatabases()
    pool = new pg.Pool({ connectionString: own.vault.url('intake'), max: 1 })
  })
  afterAll(async () => {
    await pool.end()
    await own.drop()
  })

  const asOwner = async (database: 'vault' | 'keyd', sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: own.superUrl(database) })
    await client.connect()
    await client.query(sql)
    await client.end()
  }

  test('fits this version’s', async () => {
    expect(await wrongSchema(pool, 'vault')).toBeNull()
  })

  test('is too old for one that knows a further file, and the sentence says what to run', async () => {
    const ours = (await filesUpTo({ gateway: '~', vault: '~', keyd: '~' })).vault
    const wrong = await wrongSchema(pool, 'vault', [...ours, '9999-later.sql'])
    expect(wrong?.code).toBe('SALLYPORT_SCHEMA_TOO_OLD')
    expect(wrong?.message).toContain('(9999-later.sql); set SALLYPORT_OWNER_DATABASE_URL and run `sallyport migrate`')
  })

  test('is right for one that waits to take something away: both versions run until then', async () => {
    const ours = (await filesUpTo({ gateway: '~', vault: '~', keyd: '~' })).vault
    expect(await wrongSchema(pool, 'vault', [...ours, '9999-later.narrow.sql'])).toBeNull()
  })

  test('of a later version is right until that takes something away', async () => {
    await asOwner('vault', "insert into migrations (name, sha256) values ('9990-later.sql', '')")
    expect(await wrongSchema(pool, 'vault')).toBeNull()
    await asOwner('vault', "insert into migrations (name, sha256) values ('9991-later.narrow.sql', '')")
    expect((await wrongSchema(pool, 'vault'))?.code).toBe('SALLYPORT_SCHEMA_TOO_NEW')
  })

  test('of before there were names of files is too old, and none at all is named', async () => {
    const keyd = new pg.Pool({ connectionString: own.keyd.url('keyd'), max: 1 })
    await asOwner('keyd', 'drop function schema_names()')
    expect((await wrongSchema(keyd, 'keyd'))?.code).toBe('SALLYPORT_SCHEMA_TOO_OLD')
    await asOwner(
      'keyd',
      'drop schema public cascade; create schema public; grant usage on schema public to sallyport_keyd',
    )
    const wrong = await wrongSchema(keyd, 'keyd')
    expect(wrong?.message).toContain(
      'the keyd database has no schema of ours; set SALLYPORT_OWNER_DATABASE_URL and run',
    )
    await expect(assertSchema(keyd, 'keyd')).rejects.toThrow(WrongSchema)
  })

  test('a start on a Postgres whose schema is missing says so before any process begins', async () => {
    const [gateway, vault] = [own.gateway.url('gateway'), own.vault.url('intake')]
    const databases = { gateway, intake: vault, egress: vault, keeper: vault, keyd: own.keyd.url('keyd') }
    const settings = { ...readSettings({}), databases: { ...databases, owner: null, admin: null } }
    const home = {} as Home // sound: of a Postgres of the operator's own nothing is in the home
    await asOwner('vault', "delete from migrations where name like '999%'")
    const start = openStorage(home, settings, () => undefined, new AbortController().signal)
    await expect(start).rejects.toThrow('the keyd database has no schema of ours; set SALLYPORT_OWNER_DATABASE_URL')
  })
})
