/** `sallyport restore --mark`, as the owner of databases on a Postgres that is not ours. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeId } from '../../protocol/ids.ts'
import { makeSecrets } from '../init/secrets.ts'
import { testDatabases, type TestDatabases } from '../testing/postgres.ts'
import { rememberBuried } from './buried.ts'
import { markOwn, type MarkOwnOptions } from './mark-own.ts'

const folder = mkdtempSync(join(tmpdir(), 'sp-mark-'))
const checkpoints = join(folder, 'checkpoints')
const secrets = makeSecrets()
let own: TestDatabases
let vault: pg.Pool
let keyd: pg.Pool

const mark = (more: Partial<MarkOwnOptions> = {}) => {
  const url = (database: 'gateway' | 'vault' | 'keyd'): string => own[database].url('owner')
  return markOwn({
    home: {
      folder,
      deployment: { v: 1, id: 'mark', mode: 'sandbox', created_at: '2026-01-01T00:00:00Z' },
      secrets,
    },
    databases: {
      gateway: url('gateway'),
      intake: url('vault'),
      egress: url('vault'),
      keeper: url('vault'),
      keyd: url('keyd'),
      owner: url('vault'),
      admin: null,
    },
    backupAt: '2026-11-29T02:00:00Z',
    keydRolledBack: false,
    operator: 'test',
    ...more,
  })
}

beforeAll(async () => {
  own = await testDatabases()
  vault = new pg.Pool({ connectionString: own.superUrl('vault'), max: 1 })
  keyd = new pg.Pool({ connectionString: own.superUrl('keyd'), max: 1 })
  mkdirSync(checkpoints)
})
afterAll(async () => {
  await Promise.all([vault.end(), keyd.end()])
  await own.drop()
  rmSync(folder, { recursive: true })
})

describe('marking databases that were put back by their own tools', () => {
  test('is refused for the embedded server, without the owner, and for a moment that was not', async () => {
    await expect(mark({ databases: null })).rejects.toThrow('`sallyport restore <folder>` does all of it')
    const { databases } = {
      databases: { gateway: '', intake: '', egress: '', keeper: '', keyd: '', owner: null, admin: null },
    }
    await expect(mark({ databases })).rejects.toThrow('SALLYPORT_OWNER_DATABASE_URL')
    for (const backupAt of ['2199-01-01T00:00:00Z', 'yesterday', '2026']) {
      await expect(mark({ backupAt })).rejects.toThrow('in the past, such as')
    }
  })

  test('is refused where keyd’s log is shorter than what keeper signed, unless it is said that it went back', async () => {
    const { rows } = await keyd.query<{ id: string }>('select id from audit_log')
    const before = rows[0]?.id ?? ''
    mkdirSync(join(checkpoints, 'keyd', before), { recursive: true })
    writeFileSync(join(checkpoints, 'keyd', before, 'checkpoint'), `sallyport/tree/keyd/${before}\n7\nAAAA\n\n`)
    await expect(mark()).rejects.toThrow('--keyd-rolled-back')
    rmSync(join(checkpoints, 'keyd'), { recursive: true })
    const buried = { token: makeId('tok_test_'), tenant: makeId('ten_') }
    rememberBuried(checkpoints, buried)
    const marked = await mark({ keydRolledBack: true })
    expect(marked.logs.keyd).not.toBe(before)
    expect((await keyd.query('select token, tenant from tombstones')).rows).toEqual([buried])
    const [restored] = (
      await vault.query("select backup_at, log_after from restores where backup_at = '2026-11-29T02:00:00Z'")
    ).rows
    expect(restored).toMatchObject({ log_after: marked.logs.vault })
    // Where keyd's database did not go back its log keeps its name.
    expect((await mark()).logs.keyd).toBe(marked.logs.keyd)
  })
})
