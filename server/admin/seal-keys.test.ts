/** `sallyport keys seal` as it is typed: a home that was made without a passphrase gets one. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseEntry } from '../audit/entries.ts'
import { commandEntries } from '../process-entries.ts'
import { builtOr } from '../root.ts'
import { testDatabases } from '../testing/postgres.ts'
import { operatorName } from './operator.ts'
import { auditSealNotes } from './seal-note.ts'

const cli = builtOr('sallyport', commandEntries.sallyport)
const passphrase = 'correct horse battery staple'
let folder = ''
let home = ''
let source = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seal-'))
  home = join(folder, 'home')
  writeFileSync(join(folder, 'passphrase'), passphrase, { mode: 0o600 })
  source = `file:${join(folder, 'passphrase')}`
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function type(args: readonly string[], from: string | null, input = ''): { code: number | null; out: string } {
  const env = { PATH: process.env['PATH'] ?? '', SALLYPORT_HOME: home, SALLYPORT_DEMO: '0' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    env: from === null ? env : { ...env, SALLYPORT_KEYS_PASSPHRASE_FROM: from },
    input,
    encoding: 'utf8',
  })
  return { code: status, out: stdout + stderr }
}
const keyFiles = (): string =>
  readdirSync(join(home, 'keys'))
    .map((name) => readFileSync(join(home, 'keys', name), 'utf8'))
    .join('')

test('there is nothing to seal before there is a home', () => {
  expect(type(['keys', 'seal'], source)).toEqual({ code: 1, out: expect.stringContaining('sallyport init') })
})

test('a sandbox’s home is made without a passphrase, and one that is given then asks for sealing', () => {
  expect(type(['init'], null).code).toBe(0)
  expect(type(['init'], source)).toEqual({ code: 1, out: expect.stringContaining('sallyport keys seal') })
})

test('no words but those that there are; a passphrase is no argument', () => {
  expect(type(['keys', 'seal', passphrase], source).code).toBe(2)
  expect(type(['keys', 'seal'], null)).toEqual({
    code: 1,
    out: expect.stringContaining('SALLYPORT_KEYS_PASSPHRASE_FROM'),
  })
  const typed = type(['keys', 'seal'], passphrase)
  expect(typed).toEqual({ code: 1, out: expect.stringContaining('not the passphrase itself') })
  expect(typed.out).not.toContain('horse')
  expect(keyFiles(), 'nothing was sealed').toMatch(/"private_key"/)
})

test('it is sealed by what is piped in, opens with it alone, and says what to keep', () => {
  const sealed = type(['keys', 'seal'], 'fd:0', `${passphrase}\n`)
  expect(sealed).toEqual({ code: 0, out: expect.stringContaining('is sealed now (3 files)') })
  expect(keyFiles()).not.toMatch(/"private_key"/)
  expect(type(['init'], null)).toEqual({ code: 1, out: expect.stringContaining('is sealed by a passphrase; set') })
  expect(type(['init'], 'fd:0', 'incorrect horse battery staple\n')).toEqual({
    code: 1,
    out: expect.stringContaining('is not the one'),
  })
  expect(type(['init'], source), 'control').toEqual({ code: 0, out: expect.stringContaining('is there already') })
  expect(type(['keys', 'seal'], source)).toEqual({ code: 0, out: expect.stringContaining('nothing was changed') })
})

test('stands in the audit log from the next start on, once: what was sealed, by whom, and what only may have been', async () => {
  const databases = await testDatabases(['vault', 'gateway'])
  const db = new pg.Client({ connectionString: databases.superUrl('vault') })
  await db.connect()
  try {
    const urls = { vaultUrl: databases.vault.url('admin'), gatewayUrl: databases.gateway.url('admin') }
    const write = () => auditSealNotes(home, { mode: 'sandbox', ...urls })
    expect(await write()).toBeGreaterThan(0)
    const { rows } = await db.query<{ entry: string }>('select entry from audit order by id')
    const entries = rows.flatMap(({ entry }) => parseEntry(entry) ?? [])
    const done = entries.filter(({ result }) => result === 'done')
    expect(done).toEqual([expect.objectContaining({ actor: 'admin', action: 'keys.seal', operator: operatorName() })])
    expect(Math.abs(Date.parse(done[0]?.object ?? '') - Date.now())).toBeLessThan(120_000)
    expect(entries.length, 'those that were refused for their passphrase are intents').toBeGreaterThan(done.length)
    expect(await write()).toBe(0)
  } finally {
    await db.end()
    await databases.drop()
  }
})
