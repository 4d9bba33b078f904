/** Backup and restore of the embedded server, as the commands do them, on a server of its own. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeId } from '../../protocol/ids.ts'
import { signCheckpoint, treeOrigin } from '../audit/checkpoint.ts'
import { entryText, leafHash } from '../audit/entries.ts'
import { folderSource } from '../audit/log-folder.ts'
import { TreeFolder } from '../audit/tree-folder.ts'
import { verifyLog } from '../audit/verify-log.ts'
import { readKeys } from '../auditor/key-file.ts'
import { prepareEmbedded } from '../database/deployment-databases.ts'
import { dataFolders, type EmbeddedPostgres, startEmbedded, stopEmbedded, superuser } from '../database/embedded.ts'
import { databaseName } from '../database/roles.ts'
import { type Deployment, makeSecrets } from '../init/secrets.ts'
import { takeLock } from '../supervisor/lock.ts'
import { backUp } from './backup.ts'
import { rememberBuried } from './buried.ts'
import { type Manifest, manifestFile, tarFile } from './manifest.ts'
import { restore, type Restored, type RestoreOptions } from './restore.ts'

const folder = mkdtempSync(join(tmpdir(), 'sp-restore-'))
const home = {
  folder: mkdtempSync(join(tmpdir(), 'sp-home-')),
  deployment: { v: 1, id: 'restore-test', mode: 'sandbox', created_at: '2026-01-01T00:00:00Z' } satisfies Deployment,
  secrets: makeSecrets(),
}
const server = {
  home: home.folder,
  deployment: home.deployment.id,
  superPassword: home.secrets.database.superuser,
  durable: false,
  say: () => undefined,
}
const settings = { databases: null, durable: false }
const quiet = { say: () => undefined, progress: () => undefined }
const backup = join(folder, 'backup')
const key = '00112233aabbccdd'
const [tenant, account, capture] = [makeId('ten_'), makeId('acct_'), makeId('cap_')]
const [token, erased, lost] = [makeId('tok_test_'), makeId('tok_test_'), makeId('tok_test_')]
const canary = 'a code that was never authorized'
const revoked = 'ab'.repeat(32)

let postgres: EmbeddedPostgres
let manifest: Manifest
let logs: { vault: string; keyd: string }
let logged: string

async function sql<R extends pg.QueryResultRow>(
  database: 'vault' | 'keyd' | 'gateway',
  text: string,
  values: unknown[] = [],
): Promise<R[]> {
  const url = postgres.url(superuser, server.superPassword, databaseName(database))
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<R>(text, values)).rows
  } finally {
    await client.end()
  }
}
const one = async (database: 'vault' | 'keyd' | 'gateway', text: string, values: unknown[] = []): Promise<unknown> =>
  Object.values((await sql(database, text, values))[0] ?? {})[0]

const mint = async (id: string): Promise<void> => {
  await sql(
    'vault',
    `insert into tokens (id, tenant, mode, capture_id, conversation, brand, last4, exp_month, exp_year, created_ms)
    values ($1, $2, 'sandbox', $3, 'talk', 'visa', '4242', 12, 2031, $4)`,
    [id, tenant, capture, Date.now()],
  )
  await sql('vault', `insert into mandates values ($1, 1, 8000, 'EUR', $2, $3, 3)`, [id, account, Date.now() + 1e9])
  await sql('vault', 'insert into allowances values ($1, 1)', [id])
}
const spend = (jti: string, iat: number): Promise<unknown> =>
  one('keyd', 'select spend($1, $2, $2, $3, $4, 3, 10, 600, $5)', [jti, iat, token, tenant, entry('keyd')])
const entry = (log: 'vault' | 'keyd'): string =>
  entryText(logs[log], Date.now(), { actor: 'egress', action: 'open', result: 'intent' })
const logIds = async (): Promise<typeof logs> => ({
  vault: String(await one('vault', 'select log_id from feed')),
  keyd: String(await one('keyd', 'select id from audit_log')),
})
const putBack = (more: Partial<RestoreOptions> = {}): Promise<Restored> =>
  restore({ home, settings, from: backup, keys: [key], keydLost: false, operator: 'test', ...quiet, ...more })

beforeAll(async () => {
  postgres = await startEmbedded(server)
  await prepareEmbedded(postgres, server.superPassword, home.secrets.database.roles)
  logs = await logIds()
  await sql('vault', "insert into deployment (mode) values ('sandbox')")
  await sql('vault', "insert into tenants (id, name, publishable_key) values ($1, 'Shop', 'pk_test_x')", [tenant])
  await sql(
    'vault',
    "insert into accounts (id, tenant, processor, base_url) values ($1, $2, 'sandbox', 'http://127.0.0.1:9')",
    [account, tenant],
  )
  await sql(
    'vault',
    "insert into kek_epochs (kek_id, suite, purpose, public_key) values (decode($1, 'hex'), 'x25519', 'card', '\\x00')",
    [key],
  )
  await sql('vault', 'alter table tokens drop constraint tokens_capture_id_fkey')
  for (const id of [token, erased]) await mint(id)
  await sql(
    'vault',
    `insert into cvc values ($1, $2, 1, 1, 0, 'k', 'i', $3, $3, clock_timestamp() + interval '5 minutes')`,
    [token, capture, Buffer.from(canary)],
  )
  logged = entry('vault')
  await sql('vault', 'insert into audit (entry) values ($1)', [logged])
  await sql('gateway', "insert into tenants (id, name) values ($1, 'Shop')", [tenant])
  await sql('gateway', "insert into api_keys (key_hash, tenant) values (decode($1, 'hex'), $2)", [revoked, tenant])
  await spend('before', 1_000)
  // Unlogged rows come to the disk when the server ends.
  await postgres.stop()
  postgres = await startEmbedded(server)

  // Written to all the while, so that the copy is of a database in use.
  let writing = true
  const writes = (async () => {
    for (let n = 0; writing; n += 1) await sql('vault', "insert into leases values ($1, '', '-infinity')", [`row ${n}`])
  })()
  manifest = await backUp({ home, settings, to: backup, ...quiet })
  writing = false
  await writes

  // What came after it, and is not in it.
  await mint(lost)
  await sql('vault', 'update allowances set uses_left = 0, uses_settled = 1 where token = $1', [token])
  await spend('after', 1_001)
  await one('keyd', 'select tombstone($1, $2, $3)', [erased, tenant, entry('keyd')])
  await sql('gateway', 'update api_keys set revoked_at = clock_timestamp()')
}, 60_000)
afterAll(async () => {
  await postgres.stop()
  await stopEmbedded(server)
  for (const path of [folder, home.folder]) rmSync(path, { recursive: true, force: true })
})

describe('a backup', () => {
  test('is for us alone, names what it is of, and is not made over another', async () => {
    expect(statSync(backup).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(backup)) expect(statSync(join(backup, name)).mode & 0o777, name).toBe(0o600)
    expect(readdirSync(backup).sort()).toEqual(['backup_manifest', 'base.tar', 'manifest.json'])
    expect(manifest).toMatchObject({ mode: 'sandbox', deployment: 'restore-test', keys: [key] })
    expect([manifest.logs.vault.id, manifest.logs.keyd.id]).toEqual([logs.vault, logs.keyd])
    await expect(backUp({ home, settings, to: backup, ...quiet })).rejects.toThrow('is there already')
  })

  test('into a folder that cannot be made ends at once, and says what to name instead', async () => {
    const to = join(backup, 'base.tar', 'of', 'another')
    await expect(backUp({ home, settings, to, ...quiet })).rejects.toThrow(/could not be made \(ENOTDIR\): name a new/)
  })

  test.runIf(existsSync('/proc'))('into /proc, where Node’s own `recursive` never ends, likewise', async () => {
    await expect(backUp({ home, settings, to: '/proc/backup', ...quiet })).rejects.toThrow('could not be made')
  })

  test('has no security code in it, though the data folder does', () => {
    const { folder: lies } = dataFolders(server)
    const inData = (path: string): boolean =>
      readdirSync(path, { withFileTypes: true }).some((found) =>
        found.isDirectory()
          ? inData(join(path, found.name))
          : found.isFile() && readFileSync(join(path, found.name)).includes(canary),
      )
    expect(inData(join(lies, 'data', 'base'))).toBe(true)
    expect(readFileSync(join(backup, tarFile)).includes(canary)).toBe(false)
  })

  test('has neither a secret nor a key of the home in it', () => {
    const { secrets } = home
    const bytes = readdirSync(backup).map((name) => readFileSync(join(backup, name)))
    for (const secret of [secrets.derive, secrets.processor_key, secrets.grant.d ?? '', secrets.database.superuser]) {
      expect(bytes.some((file) => file.includes(secret))).toBe(false)
    }
  })

  test('is refused where it is damaged, of another mode, of other secrets, or where something runs', async () => {
    const copy = join(folder, 'copy')
    cpSync(backup, copy, { recursive: true })
    const tar = readFileSync(join(copy, tarFile))
    tar[tar.length >> 1] = (tar[tar.length >> 1] ?? 0) ^ 1
    writeFileSync(join(copy, tarFile), tar)
    await expect(putBack({ from: copy })).rejects.toThrow('base.tar of this backup is damaged')
    writeFileSync(join(copy, tarFile), tar.subarray(0, 1_000_000))
    await expect(putBack({ from: copy })).rejects.toThrow('base.tar of this backup is damaged')
    const live = { ...home, deployment: { ...home.deployment, mode: 'live' as const } }
    await expect(putBack({ home: live })).rejects.toThrow(
      /of a deployment in sandbox mode, and this home is one in live mode/,
    )
    await expect(putBack({ home: { ...home, secrets: makeSecrets() } })).rejects.toThrow('not sealed with the secrets')
    const text = readFileSync(join(copy, manifestFile), 'utf8')
    writeFileSync(join(copy, manifestFile), text.replace(manifest.began_at, '2030-01-01T00:00:00.000Z'))
    await expect(putBack({ from: copy })).rejects.toThrow('not sealed with the secrets')
    await expect(putBack({ from: folder })).rejects.toThrow('there is no whole backup')
    await expect(putBack({ keys: ['ffffffffffffffff'] })).rejects.toThrow('none of the keys')
    const lock = await takeLock(home.folder)
    await expect(putBack()).rejects.toThrow('already runs')
    lock.release()
    expect(await one('keyd', "select count(*)::int from grants_used where jti = 'after'")).toBe(1)
  })
})

describe('a restore', () => {
  test('puts the vault back, and lets keyd keep what it has: grants stay used, tombstones stand, keys stay revoked', async () => {
    await postgres.stop()
    // As an earlier one left it that was cut short between its two renames.
    const { folder: lies } = dataFolders(server)
    renameSync(join(lies, 'data'), join(lies, 'data.before-2026'))
    mkdirSync(join(lies, 'data.restored'))
    await expect(startEmbedded(server)).rejects.toThrow('a restore was cut short')
    const before = logs.vault
    const tree = new TreeFolder(join(home.folder, 'checkpoints', 'vault', before))
    for (const text of [logged, entryText(before, 0, { actor: 'egress', action: 'lost', result: 'done' })])
      tree.append(leafHash(text))
    tree.publish(
      signCheckpoint(treeOrigin('vault', before), { size: 2, hash: tree.root() }, home.secrets.checkpoint),
      0,
    )
    const done = await putBack()
    postgres = await startEmbedded(server)
    expect(done).toMatchObject({ keyd: 'carried', accounts: 1, erased: 1, keysGone: [] })
    // The log of before: what the backup has is whole, and what was signed since is missing by its place.
    expect(done.earlier).toEqual([{ name: 'vault', signed: 2, entries: 1 }])
    const [key] = readKeys(join(done.folder, 'keys'))
    if (key === undefined) throw new Error('a key')
    const verdict = await verifyLog(folderSource(join(done.folder, 'vault')), { key, witnesses: [], seen: [] })
    expect(verdict).toMatchObject({ ok: false, fault: 'missing', index: 1 })
    expect(await sql('vault', 'select id, state from tokens order by state')).toEqual([
      { id: token, state: 'active' },
      { id: erased, state: 'erased' },
    ])
    expect(await one('vault', 'select uses_left from allowances where token = $1', [token])).toBe(1)
    expect(await spend('before', 1_002)).toBe('spent')
    expect(await spend('after', 1_002)).toBe('spent')
    expect(await one('keyd', 'select count from openings where token = $1', [token])).toBe(2)
    expect(await one('gateway', 'select revoked_at is not null from api_keys')).toBe(true)
    expect(await one('vault', 'select count(*)::int from cvc')).toBe(0)
    expect(await one('vault', 'select restore_waits($1)', [token])).toBe(true)

    const now = await logIds()
    expect(now.keyd).toBe(logs.keyd)
    expect(now.vault).not.toBe(logs.vault)
    expect(await sql('vault', 'select log_id, position::int from audit_earlier')).toEqual([
      { log_id: logs.vault, position: 1 },
    ])
    const [first] = await sql<{ entry: string }>('vault', 'select entry from audit order by id limit 1')
    expect(JSON.parse(first?.entry ?? '')).toMatchObject({
      log: now.vault,
      action: 'restore',
      operator: 'test',
      object: expect.stringMatching(new RegExp(`^${logs.vault}/1/[0-9a-f]{64}$`)),
    })
    logs = now
  })

  test('without keyd’s newer database asks before keyd goes back too; then its log has another name, and the second place’s tombstones stand', async () => {
    await postgres.stop()
    const { folder: lies } = dataFolders(server)
    rmSync(join(lies, 'data'), { recursive: true })
    await expect(putBack()).rejects.toThrow('--keyd-lost')
    rememberBuried(join(home.folder, 'checkpoints'), { token: erased, tenant })
    const done = await putBack({ keydLost: true })
    postgres = await startEmbedded(server)
    expect(done).toMatchObject({ keyd: 'rolled_back', erased: 1, before: null })
    const now = await logIds()
    expect([now.keyd === logs.keyd, now.vault === logs.vault]).toEqual([false, false])
    expect(await one('keyd', 'select count(*)::int from tombstones where token = $1', [erased])).toBe(1)
    expect(await one('vault', 'select state from tokens where id = $1', [erased])).toBe('erased')
    expect(Number(await one('keyd', 'select restored_s()'))).toBeGreaterThan(Date.now() / 1000 - 60)
  })
})
