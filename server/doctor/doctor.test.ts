import { execFile } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSallyport } from '../../agent/index.ts'
import { superuser } from '../database/embedded.ts'
import { doorSocket } from '../database/run-folder.ts'
import { initHome } from '../init/init.ts'
import { readPrivateJson } from '../private-files.ts'
import { flags } from '../supervisor/child.ts'
import { commandEntries } from '../process-entries.ts'
import { builtOr } from '../root.ts'
import { configFile, filesOf } from '../supervisor/walls.ts'
import { type Stack, startStack } from '../testing/stack.ts'
import { examine, inWords } from './doctor.ts'
import type { Finding } from './finding.ts'
import type { Place } from './place.ts'
import { processesAsFound } from './processes.ts'

const root = process.getuid?.() === 0
const settingsOf = (home: string) => ({ home, keys: null, databases: null })
const of = (findings: readonly Finding[], wall: string): Finding => {
  const found = findings.find((finding) => finding.wall === wall)
  if (found === undefined) throw new Error(`no wall ${wall}`)
  return found
}

/** Makes a path loose, looks, and puts it back as it was. */
async function loosened(path: string, mode: number, look: () => Promise<void>): Promise<void> {
  const before = statSync(path)
  chmodSync(path, mode)
  try {
    await look()
  } finally {
    chownSync(path, before.uid, before.gid)
    chmodSync(path, before.mode & 0o7777)
  }
}

describe('a deployment that runs', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ env: { SALLYPORT_DEMO: '0' } })
  }, 100_000)
  afterAll(() => stack?.stop())

  const found = async (wall: string): Promise<Finding> => of((await examine(settingsOf(stack.home))).findings, wall)

  test('has every wall up, and as an ordinary user says that users are missing', async () => {
    const { findings } = await examine(settingsOf(stack.home))
    const lacking = findings.filter(({ state }) => state === 'missing').map(({ wall }) => wall)
    // Core files are the shell's to forbid for the supervisor, which a test starts without one.
    const expected = root ? [] : ['users', 'tracing']
    expect(lacking.filter((wall) => wall !== 'core files' && !expected.includes(wall))).toEqual([])
    expect(findings.filter(({ state }) => state === 'unseen')).toEqual([])
    expect(of(findings, 'users').state).toBe(root ? 'up' : 'missing')
    expect(stack.output()).toContain(root ? 'a user for each' : 'Missing: a user for each')
  })

  /** Some card is in its vault, so that there are digits to tell. */
  const takeCard = async (): Promise<void> => {
    const sallyport = createSallyport({ baseUrl: stack.direct.gateway, secretKey: stack.tenant.secret_key })
    const { id } = await sallyport.captures.create({ conversation: 'doctor', purpose: 'save' })
    await sallyport.test.complete(id)
  }

  test('is described by the command without a secret or a card, and its exit code says whether a wall is missing', async () => {
    const run = (...args: string[]): Promise<{ code: number; text: string }> =>
      new Promise((resolve) => {
        const env = { PATH: process.env['PATH'], SALLYPORT_HOME: stack.home }
        execFile(
          process.execPath,
          [builtOr('sallyport', commandEntries.sallyport), 'doctor', ...args],
          { env },
          (error, text) => resolve({ code: Number(error?.code ?? 0), text }),
        )
      })
    await takeCard()
    const [json, words] = await Promise.all([run('--json'), run()])
    const { findings } = JSON.parse(json.text)
    const complete = findings.every(({ state }: Finding) => state !== 'missing')
    expect([json.code, words.code]).toEqual(complete ? [0, 0] : [1, 1])
    expect(words.text).toContain('database roles')
    const secrets = JSON.stringify(readPrivateJson(join(stack.home, 'secrets.json'))).match(/[\w-]{30,}/g) ?? []
    expect(secrets.length).toBeGreaterThan(9)
    const told = (text: string): string[] => [
      ...secrets.filter((secret) => text.includes(secret)),
      ...(text.match(/\d(?:[ .-]?\d){11,18}/g) ?? []),
    ]
    for (const { text } of [json, words]) {
      expect(told(text)).toEqual([])
      // Control: either would be seen in the same text.
      const planted = text.replace('database roles', `database roles ${secrets[0]} 4242 4242 4242 4242`)
      expect(told(planted).length).toBe(2)
    }
  })

  test.each([
    ['home', '.', 0o755, /has the mode 755/],
    ['secrets', 'secrets.json', 0o644, /secrets\.json has the mode 644/],
    ['configurations', 'config/egress.json', 0o644, /config\/egress\.json has the mode 644/],
    ['keys', 'keys', 0o755, /the key store has the mode 755/],
    ['keys', 'keys/mac.json', 0o640, /keys\/mac\.json has the mode 640/],
    ['folders', 'checkpoints', 0o755, /checkpoints has the mode 755/],
  ])('names what was loosened: %s, %s', async (wall, path, mode, words) => {
    await loosened(join(stack.home, path), mode, async () => {
      const finding = await found(wall)
      expect(finding).toMatchObject({ state: 'missing', says: expect.stringMatching(words) })
      expect(finding.todo).toBeTypeOf('string')
    })
    expect(await found(wall)).toMatchObject({ state: 'up' })
  })

  test('names a door that others may enter', async () => {
    await loosened(dirname(doorSocket(stack.home, 'keyd', 'egress')), 0o777, async () => {
      expect(await found('doors')).toMatchObject({ state: 'missing', says: expect.stringContaining('run/keyd/egress') })
    })
    expect(await found('doors')).toMatchObject({ state: 'up' })
  })

  test('names a grant that is too wide, and what waits after a restore', async () => {
    const place = { folder: stack.home, keyStore: `file:${join(stack.home, 'keys')}` }
    const config = readConfigOf(configFile(place, 'egress'))
    const secrets = readPrivateJson(join(stack.home, 'secrets.json')) as { database: { superuser: string } }
    const url = new URL(config.database_url)
    url.username = superuser
    url.password = secrets.database.superuser
    const client = new pg.Client({ connectionString: url.href })
    await client.connect()
    try {
      await client.query('grant select on records to sallyport_egress')
      const says = expect.stringContaining('vault: too wide, egress: select on records')
      expect(await found('database roles')).toMatchObject({ state: 'missing', says })
      await client.query('revoke select on records from sallyport_egress')
      expect(await found('restore')).toMatchObject({ state: 'up' })
      await client.query(`with one as (
        insert into restores (backup_at, log_before, log_after) values (clock_timestamp(), 'a', 'b') returning n)
        insert into reconciliations (restore, account) select one.n, a.id from one, accounts a`)
      expect(await found('restore')).toMatchObject({ state: 'missing', todo: 'run `sallyport reconcile`' })
      await client.query('delete from reconciliations')
      await client.query('delete from restores')
      expect(await found('database roles')).toMatchObject({ state: 'up' })
    } finally {
      await client.end()
    }
  })
})

/** As root it is its process's group to read, which `readPrivateJson` would refuse. */
const readConfigOf = (path: string): { database_url: string } => JSON.parse(readFileSync(path, 'utf8'))

describe('a home that lies still', () => {
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'))
    await initHome(join(folder, 'home'), 'sandbox')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('is closed, and what runs is not to be seen; nothing is made by looking', async () => {
    const before = readdirSync(join(folder, 'home'))
    const found = await examine(settingsOf(join(folder, 'home')))
    expect(readdirSync(join(folder, 'home'))).toEqual(before)
    expect(found.running).toBe(false)
    expect(found.findings.filter(({ state }) => state === 'missing')).toEqual([])
    expect(of(found.findings, 'permission model').state).toBe('unseen')
    expect(inWords(found)).toContain('not running')
  })

  test('that is not there ends with a sentence', async () => {
    await expect(examine(settingsOf(join(folder, 'nowhere')))).rejects.toThrow('sallyport init')
  })
})

describe('processes, as /proc shows them', () => {
  let proc: string
  beforeAll(() => {
    proc = mkdtempSync(join(tmpdir(), 'sallyport-proc-'))
    mkdirSync(join(proc, 'self'))
    mkdirSync(join(proc, '7'))
  })
  afterAll(() => rmSync(proc, { recursive: true, force: true }))

  const place: Place = {
    folder: '/srv/sallyport',
    keyStore: 'file:/srv/sallyport/keys',
    mode: 'sandbox',
    self: 0,
    oneUser: null,
    wasStarted: true,
    running: new Map([['keyd', 7] as const]),
  }
  const good = {
    uid: '61004',
    flags: (): string[] => flags({ config: configFile(place, 'keyd'), files: filesOf(place, 'keyd') }),
    environ: 'PATH=/bin\0NODE_ENV=production\0SALLYPORT_CONFIG=/x\0NODE_CHANNEL_FD=3\0',
    core: '0',
  }
  const seen = (change: Partial<typeof good>): Finding[] => {
    const now = { ...good, ...change }
    writeFileSync(join(proc, '7', 'status'), `Name:\tnode\nUid:\t${now.uid}\t${now.uid}\n`)
    writeFileSync(join(proc, '7', 'cmdline'), ['node', ...now.flags(), 'main.ts', ''].join('\0'))
    writeFileSync(join(proc, '7', 'environ'), now.environ)
    writeFileSync(join(proc, '7', 'limits'), `Max core file size        ${now.core}      unlimited      bytes\n`)
    return processesAsFound(place, proc)
  }
  const without = (flag: string) => () => good.flags().filter((other) => !other.startsWith(flag))

  test('are walled when started by the plan', () => {
    expect(seen({}).filter(({ state }) => state !== 'up')).toEqual([])
  })

  test.each([
    ['users', { uid: '0' }, 'keyd runs as the user 0'],
    ['permission model', { flags: without('--permission') }, 'keyd runs without the permission model'],
    ['permission model', { flags: () => [...good.flags(), '--allow-fs-read=/'] }, 'keyd runs with --allow-fs-read=/'],
    ['permission model', { flags: () => [...good.flags(), '--allow-addons'] }, 'keyd runs with --allow-addons'],
    ['inspector', { flags: without('--disable-sigusr1') }, 'keyd opens its inspector'],
    ['inspector', { flags: () => [...good.flags(), '--inspect=9229'] }, 'keyd runs with --inspect=9229'],
    ['environment', { environ: `${good.environ}AWS_SECRET=hidden\0` }, 'keyd sees AWS_SECRET'],
    ['core files', { core: 'unlimited' }, 'keyd may leave a core file'],
    ['tracing', { uid: '0' }, 'may trace the processes'],
  ])('%s: what is missing is named (%o)', (wall, change, words) => {
    const finding = of(seen(change), wall)
    expect(finding).toMatchObject({ state: 'missing', says: expect.stringContaining(words) })
    expect(JSON.stringify(finding)).not.toContain('hidden')
  })
})
