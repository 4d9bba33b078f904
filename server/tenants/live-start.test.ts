/**
 * A live deployment from nothing, by the command line as an operator types it: made, refused where something is for a
 * sandbox, started, and given its tenants while it runs.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandEntries } from '../process-entries.ts'
import { builtOr } from '../root.ts'
import { attackReport } from '../testing/attack-report.ts'
import { freePorts } from '../testing/free-ports.ts'
import { send } from './testing/two-tenants.ts'

const report = attackReport('Tenants and modes: live')
const passphrase = 'correct horse battery staple'
const cli = builtOr('sallyport', commandEntries.sallyport)

interface Typed {
  code: number
  out: string
}

let folder: string
let home: string
let env: Record<string, string>
let gatewayUrl: string
let running: ChildProcess | null = null
let said = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spl-'))
  home = join(folder, 'live')
  const [gateway = 0, intake = 0, demo = 0, processor = 0] = await freePorts(4)
  gatewayUrl = `http://127.0.0.1:${gateway}`
  env = {
    PATH: process.env['PATH'] ?? '',
    SALLYPORT_HOME: home,
    SALLYPORT_GATEWAY_PORT: String(gateway),
    SALLYPORT_INTAKE_PORT: String(intake),
    SALLYPORT_DEMO_PORT: String(demo),
    SALLYPORT_PROCESSOR_PORT: String(processor),
    SALLYPORT_GATEWAY_URL: 'https://pay.example',
    SALLYPORT_INTAKE_URL: 'https://capture.example',
    SALLYPORT_KEYS_PASSPHRASE_FROM: `file:${join(folder, 'passphrase')}`,
  }
  writeFileSync(join(folder, 'passphrase'), `${passphrase}\n`, { mode: 0o600 })
})
afterAll(async () => {
  await stop()
  rmSync(folder, { recursive: true, force: true })
})

async function stop(): Promise<void> {
  const child = running
  if (child === null || child.exitCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

/** Types a command and waits for its end. */
function type(args: readonly string[], more: Record<string, string> = {}, input = ''): Promise<Typed> {
  const child = spawn(process.execPath, [cli, ...args], { env: { ...env, ...more }, stdio: ['pipe', 'pipe', 'pipe'] })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += chunk))
  child.stdin.end(input)
  return new Promise((resolve) => child.once('exit', (code) => resolve({ code: code ?? 1, out })))
}

/** The files of a home, but for the database's own. */
const filesOf = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/postgres|database/.test(entry.parentPath.slice(path.length)))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))

const forSandbox: readonly (readonly [setting: string, value: string, todo: string])[] = [
  ['SALLYPORT_GATEWAY_URL', 'http://pay.example', 'must be the https address'],
  ['SALLYPORT_INTAKE_URL', 'http://capture.example', 'must be the https address'],
  ['SALLYPORT_INTAKE_URL', 'https://pay.example', 'must differ'],
  ['SALLYPORT_DEMO', '1', 'take it away'],
  ['SALLYPORT_ORIGINS', 'https://shop.example', 'sallyport tenant origins add'],
  ['SALLYPORT_ANY_PAN', '1', 'no test number'],
  ['SALLYPORT_CVC_CANARY', '1', 'take it away'],
  ['SALLYPORT_DURABLE', '0', 'take it away'],
  ['SALLYPORT_KEYS_PASSPHRASE_FROM', '', 'must say where the passphrase of the key store is'],
]

describe('a live deployment', () => {
  it('is not made with what is for a sandbox; each refusal names the setting and what to do, and nothing is left', async () => {
    const all = await type(['init', '--mode', 'live'], {
      SALLYPORT_GATEWAY_URL: 'http://pay.example',
      SALLYPORT_INTAKE_URL: '',
      ...Object.fromEntries(forSandbox.slice(3).map(([name, value]) => [name, value])),
    })
    expect(all.code).toBe(1)
    for (const [name, , todo] of forSandbox.filter((_, index) => index !== 2)) {
      const line = all.out.split('\n').find((one) => one.startsWith(`- ${name}`))
      expect([name, line]).toEqual([name, expect.stringContaining(todo)])
    }
    expect(existsSync(home)).toBe(false)
    const twins = await type(['init', '--mode', 'live'], { SALLYPORT_INTAKE_URL: 'https://pay.example' })
    expect([twins.code, twins.out]).toEqual([1, expect.stringContaining('must differ')])
  })

  it('is made where nothing is (control), without a file of keys, and does not become a sandbox', async () => {
    const made = await type(['init', '--mode', 'live'])
    expect([made.code, made.out]).toEqual([0, expect.stringContaining('was made (live mode)')])
    expect(readdirSync(home)).not.toContain('tenant.json')
    const again = await type(['init'])
    expect([again.code, again.out]).toEqual([1, expect.stringContaining('was made for the mode live, which is fixed')])
  })

  it('does not start with a setting that is for a sandbox', async () => {
    const refused = await type(['start'], { SALLYPORT_ANY_PAN: '1', SALLYPORT_DURABLE: '0' })
    expect(refused.code).toBe(1)
    expect(refused.out).toMatch(
      /did not start: This is not for live mode:\n- SALLYPORT_ANY_PAN .*\n- SALLYPORT_DURABLE=0/,
    )
    report.row({
      attack: 'Making or starting a live deployment with what is for a sandbox',
      had: 'the settings: http addresses, the demo, any card number, test origins, a database that does not wait for the disk',
      defended: 'nothing is made and nothing starts; each refusal names the setting and what to do',
      undefended: 'without those settings it is made, and starts',
    })
  })

  it.each([
    ['another passphrase', 'incorrect horse battery staple', 0o600, 'the passphrase is not the one'],
    ['a passphrase that others may read', passphrase, 0o640, 'in a file of mode 0600'],
    ['an empty file in its place', '', 0o600, 'must be one line of text'],
  ])('does not start with %s, and says what to do', async (_, content, mode, says) => {
    const path = join(folder, 'wrong')
    rmSync(path, { force: true })
    writeFileSync(path, content, { mode })
    const refused = await type(['start'], { SALLYPORT_KEYS_PASSPHRASE_FROM: `file:${path}` })
    expect([refused.code, refused.out]).toEqual([1, expect.stringContaining(says)])
    expect(refused.out).not.toContain('horse')
  })

  it('does not start with a damaged key file, which it names', async () => {
    const name = readdirSync(join(home, 'keys')).find((one) => one.startsWith('epoch-')) ?? ''
    const path = join(home, 'keys', name)
    const written = readFileSync(path, 'utf8')
    writeFileSync(path, written.replace(/"sealed_key": ?"..../, '"sealed_key":"AAAA'))
    const refused = await type(['start'])
    writeFileSync(path, written)
    expect([refused.code, refused.out]).toEqual([1, expect.stringMatching(/restore it from its backup \(.*epoch-/)])
  })

  it('takes commands once it was started, and says so before', async () => {
    const early = await type(['tenant', 'list', '--json'])
    expect([early.code, JSON.parse(early.out).error.code]).toEqual([1, 'not_now'])
    expect(early.out).toContain('sallyport start')
  })

  it('starts without demo, sandbox processor or tenants, and is ready', async () => {
    const child = spawn(process.execPath, [cli, 'start'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    running = child
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
    const deadline = Date.now() + 60_000
    while (!said.includes('Sallyport is ready') && child.exitCode === null && Date.now() < deadline) await delay(25)
    expect(said).toContain('Sallyport is ready')
    expect(said).toContain('(live mode)')
    const names = Object.keys(JSON.parse(readFileSync(join(home, 'processes.json'), 'utf8')))
    expect(names).toEqual(expect.arrayContaining(['gateway', 'intake', 'egress', 'keyd', 'keeper']))
    expect(names).not.toContain('demo')
    expect(names).not.toContain('processor')
    expect((await fetch(`${gatewayUrl}/healthz`)).status).toBe(200)
  }, 90_000)

  it('gives its passphrase to keyd alone, by a pipe, again when keyd is started again', async () => {
    const processes = (): Record<string, { pid: number }> =>
      JSON.parse(readFileSync(join(home, 'processes.json'), 'utf8'))
    const before = processes()['keyd']?.pid ?? 0
    process.kill(before, 'SIGKILL')
    const deadline = Date.now() + 60_000
    while (!said.includes('keyd is back') && Date.now() < deadline) await delay(25)
    expect(said).toContain('keyd is back')
    expect(processes()['keyd']?.pid).not.toBe(before)
    const proc = Object.values(processes()).flatMap(({ pid }) =>
      ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${pid}/${name}`, 'utf8')),
    )
    expect(proc.join('\n'), 'control: what is in the environment is found').toContain('SALLYPORT_CONFIG=')
    for (const text of [...proc, said, ...filesOf(home)]) expect(text).not.toContain(passphrase)
    expect(filesOf(folder).join('\n'), 'control: the search finds it where it is').toContain(passphrase)
  }, 90_000)

  it('is not sealed anew while it runs', async () => {
    const refused = await type(['keys', 'seal'])
    expect([refused.code, refused.out]).toEqual([1, expect.stringContaining('already runs')])
  })

  it('is given its tenants, keys and accounts while it runs, and each holds at once', async () => {
    const made = await type(['tenant', 'add', '--name', 'Harbour', '--origin', 'https://shop.example', '--json'])
    expect([made.code, made.out]).toEqual([0, made.out])
    const tenant = JSON.parse(made.out)
    const list = { method: 'GET', path: '/v1/captures?conversation=a' }
    expect((await send(gatewayUrl, tenant, list)).status).toBe(200)
    const test = { secret_key: tenant.secret_key.replace('live', 'test') }
    expect((await send(gatewayUrl, test, list)).status).toBe(401)

    const add = ['admin', 'account', 'add', tenant.tenant, '--processor', 'acme', '--json', '--host']
    const http = await type([...add, 'http://api.acme.example'])
    expect([http.code, JSON.parse(http.out).error.code]).toEqual([1, 'not_in_live'])
    const { account } = JSON.parse((await type([...add, 'https://api.acme.example'])).out)
    const set = ['admin', 'account', 'credential', account]
    const secret = 'sk_acme_of_this_shop_alone'
    expect(await type(set, {}, `${secret}\n`)).toMatchObject({ code: 0, out: expect.stringContaining('sealed') })
    writeFileSync(join(folder, 'secret'), `${secret}\n`)
    expect((await type([...set, '--file', join(folder, 'secret')])).code).toBe(0)
    expect((await type(set, {}, '')).code).toBe(1)

    const { secret_key: second } = JSON.parse(
      (await type(['tenant', 'keys', 'rotate', tenant.tenant, '--overlap', '0', '--json'])).out,
    )
    expect((await send(gatewayUrl, tenant, list)).status).toBe(401)
    expect((await send(gatewayUrl, { secret_key: second }, list)).status).toBe(200)
    const body = { conversation: 'a', purpose: 'pay', amount: { amount_minor: 100, currency: 'EUR' } }
    const capture = await send(gatewayUrl, { secret_key: second }, { method: 'POST', path: '/v1/captures', body })
    expect(capture.status).toBe(201)
    const path = `/v1/test/captures/${capture.body['id']}/complete`
    expect((await send(gatewayUrl, { secret_key: second }, { method: 'POST', path, body: {} })).status).toBe(404)
    const logs = readdirSync(join(home, 'logs')).map((name) => readFileSync(join(home, 'logs', name), 'utf8'))
    for (const one of [tenant.secret_key, second, secret]) expect(logs.join('\n') + said).not.toContain(one)
  }, 60_000)

  it('does not start as a sandbox, whose databases these are not', async () => {
    await stop()
    const deployment = join(home, 'deployment.json')
    const written = readFileSync(deployment, 'utf8')
    writeFileSync(deployment, written.replace('"live"', '"sandbox"'))
    const refused = await type(['start'], { SALLYPORT_DEMO: '0', SALLYPORT_DURABLE: '0' })
    expect([refused.code, refused.out]).toEqual([
      1,
      expect.stringContaining('the vault database belongs to a deployment of another mode than sandbox'),
    ])
    writeFileSync(deployment, written)
    report.row({
      attack: "A live home's mode changed by hand",
      had: "the home's files",
      defended: 'the databases keep the mode they were made with, and the deployment does not start',
      undefended: 'unchanged, it starts',
    })
  }, 60_000)
})
