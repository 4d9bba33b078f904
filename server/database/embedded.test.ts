import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { prepareEmbedded } from './deployment-databases.ts'
import { type EmbeddedPostgres, startEmbedded, stopEmbedded, superuser } from './embedded.ts'
import { makePasswords } from './roles.ts'
import { runFolder } from './run-folder.ts'

const homes: string[] = []
const lines: string[] = []
const options = (home: string) => ({
  home,
  deployment: 'embedded-test',
  superPassword: 'of-a-test',
  durable: false,
  say: (line: string) => void lines.push(line),
})

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'sallyport-embedded-'))
  homes.push(home)
  return home
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return Object.values((await client.query(sql)).rows[0] ?? {})[0]
  } finally {
    await client.end()
  }
}

const superUrl = (postgres: EmbeddedPostgres): string => postgres.url(superuser, 'of-a-test', 'postgres')
const serverPid = (home: string): number =>
  Number(readFileSync(join(home, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0])

afterEach(async () => {
  for (const home of homes.splice(0)) {
    await stopEmbedded(options(home))
    rmSync(home, { recursive: true, force: true })
  }
})

/** A password of its own and the databases it may enter, no others. */
async function givesEachRoleItsOwn(postgres: EmbeddedPostgres): Promise<void> {
  const { urls } = await prepareEmbedded(postgres, 'of-a-test', makePasswords())
  expect(await ask(urls('intake', 'vault'), 'select current_user')).toBe('sallyport_intake')
  await expect(ask(urls('intake', 'keyd'), 'select 1')).rejects.toThrow('permission denied for database')
  await expect(ask(urls('gateway', 'vault'), 'select 1')).rejects.toThrow('permission denied for database')
  await expect(ask(urls('intake', 'vault'), 'create table mine (n int)')).rejects.toThrow('permission denied')
}

describe('the embedded Postgres', () => {
  test('starts in an empty home, as another user where we are root, takes no password but its own, gives each role its own, and listens on no port', async () => {
    const home = makeHome()
    const postgres = await startEmbedded(options(home))
    expect(await ask(superUrl(postgres), `select current_setting('listen_addresses')`)).toBe('')
    await expect(ask(postgres.url(superuser, 'another', 'postgres'), 'select 1')).rejects.toThrow('password')
    expect(
      await ask(superUrl(postgres), "select count(*)::int from pg_authid where rolpassword not like 'SCRAM%'"),
    ).toBe(0)
    if (process.getuid?.() === 0) {
      const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${serverPid(home)}/status`, 'utf8'))?.[1]
      expect(Number(uid), 'as root it runs as another user').not.toBe(0)
      expect(statSync(home).mode & 0o777).toBe(0o711)
    }
    await givesEachRoleItsOwn(postgres)
    await postgres.stop()
    expect(await postgres.ended).toBe('exit code 0')
  })

  test('ends at once when it is stopped while it is made, and the next start makes it whole', async () => {
    const home = makeHome()
    const ending = new AbortController()
    const started = startEmbedded({ ...options(home), signal: ending.signal })
    setTimeout(() => ending.abort(), 100)
    await expect(started).rejects.toThrow('was stopped while it')
    expect(readdirSync(join(home, 'postgres')).filter((name) => name.endsWith('.new'))).toEqual([])
    const postgres = await startEmbedded(options(home))
    expect(await ask(superUrl(postgres), 'select 1')).toBe(1)
    await postgres.stop()
  })

  test('stops the server that a killed parent left behind, and keeps its data', async () => {
    const home = makeHome()
    const first = await startEmbedded({ ...options(home), outlive: true })
    await ask(superUrl(first), 'create table kept (n int)')
    const pid = serverPid(home)
    const second = await startEmbedded(options(home))
    expect(serverPid(home)).not.toBe(pid)
    expect(await ask(superUrl(second), 'select count(*)::int from kept')).toBe(0)
    await second.stop()
  })

  test('stops one at once that does not come to a clean end, says so, and keeps what was committed', async () => {
    const home = makeHome()
    const first = await startEmbedded({ ...options(home), durable: true, outlive: true })
    await ask(superUrl(first), 'create table kept (n int)')
    const hung = new pg.Client({ connectionString: superUrl(first) })
    hung.on('error', () => undefined)
    await hung.connect()
    const { rows } = await hung.query<{ pid: number }>('select pg_backend_pid() as pid')
    process.kill(Number(rows[0]?.pid), 'SIGSTOP')
    const second = await startEmbedded({ ...options(home), cleanStopSeconds: 1 })
    expect(lines.at(-1)).toContain('stopped at once')
    expect(await ask(superUrl(second), 'select count(*)::int from kept')).toBe(0)
    await second.stop()
    await hung.end().catch(() => undefined)
  })

  test('starts after the server itself was killed, and beside a pid file that names another program', async () => {
    const home = makeHome()
    const first = await startEmbedded(options(home))
    const file = join(home, 'postgres', 'data', 'postmaster.pid')
    const left = readFileSync(file, 'utf8')
    process.kill(serverPid(home), 'SIGKILL')
    await first.ended
    const other = spawn('sleep', ['30'])
    writeFileSync(file, left.replace(/^\d+/, String(other.pid)))
    chmodSync(file, 0o600)
    const second = await startEmbedded(options(home))
    expect(await ask(superUrl(second), 'select 1')).toBe(1)
    await second.stop()
    expect(other.exitCode).toBe(null)
    other.kill()
  })

  test('works from a home whose path is longer than a Unix socket may be', async () => {
    const home = join(makeHome(), 'a'.repeat(60), 'b'.repeat(60))
    mkdirSync(home, { recursive: true, mode: 0o755 })
    chmodSync(join(home, '..'), 0o755)
    chmodSync(join(home, '..', '..'), 0o755)
    const postgres = await startEmbedded(options(home))
    expect(await ask(superUrl(postgres), 'select 1')).toBe(1)
    await postgres.stop()
    rmSync(runFolder(home), { recursive: true })
  })
})
