/** `sallyport screen` as a program: its walls, its configuration, what its log has of the texts, and how it ends. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { screenAsFound } from '../doctor/screen.ts'
import { findCanary, panCanary } from '../hostile/canary.ts'
import { root } from '../root.ts'
import { readSettings } from '../settings.ts'
import { freePorts } from '../testing/free-ports.ts'
import { flags } from './child.ts'
import { identify } from './identity.ts'
import { screenConfig, screenPidFile, screenSpec } from './screen.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-screen-'))
const home = join(folder, 'home')
const key = `sk_test_${'k'.repeat(26)}`
/** A number that the search for canaries knows. */
const [number = ''] = fc.sample(panCanary, { numRuns: 1, seed: 20_260_727 })
const heard: string[] = []
const gateway = createServer(async (request, response) => {
  let text = ''
  for await (const piece of request) text += String(piece)
  heard.push(text)
  response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
})
let environment: Record<string, string>
let url: string
let child: ReturnType<typeof spawn>
let said = ''

beforeAll(async () => {
  const [port = 0, gatewayPort = 0] = await freePorts(2)
  await new Promise<void>((resolve) => gateway.listen(gatewayPort, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${port}`
  environment = {
    PATH: process.env['PATH'] ?? '',
    SALLYPORT_HOME: home,
    SALLYPORT_SCREEN_PORT: String(port),
    SALLYPORT_GATEWAY_URL: `http://127.0.0.1:${gatewayPort}`,
    A_SECRET_OF_THE_SHELL: 'canary',
  }
  child = spawn(process.execPath, [join(root, 'server/cli.ts'), 'screen'], { env: environment, cwd: folder })
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (text: Buffer) => {
      said += text.toString()
      if (said.includes('is ready')) resolve()
    })
    child.stderr?.on('data', (text: Buffer) => reject(new Error(text.toString())))
  })
}, 60_000)
afterAll(() => {
  child?.kill('SIGKILL')
  gateway.close()
  rmSync(folder, { recursive: true, force: true })
})

const settings = () => readSettings(environment)
const post = (path: string, body: string, type: string) =>
  fetch(url + path, { method: 'POST', body, headers: { authorization: `Bearer ${key}`, 'content-type': type } })

describe('the screen', () => {
  test('serves, and tells findings to the gateway', async () => {
    const turns = [{ speaker: 'customer', text: `qzxcanary ${number}` }]
    const answer = await post('/v1/screen', JSON.stringify({ conversation: 'talk', turns }), 'application/json')
    expect(await answer.json()).toMatchObject({ turns: [{ text: 'qzxcanary [card number removed]' }] })
    const streamed = await post(
      '/v1/screen/stream?conversation=talk&speaker=agent',
      `qzxcanary ${number}`,
      'text/plain',
    )
    expect(await streamed.text()).toContain('[card number removed]')
    await post('/v1/screen', `{"qzxcanary":"${number}"`, 'application/json')
    await post(`/v1/screen/stream?conversation=${encodeURIComponent(`qzxcanary ${number}`)}`, 'x', 'text/plain')
    await expect.poll(() => heard.length).toBe(2)
    expect(findCanary(heard.join())).toBeNull()
  })

  test('has nothing of a text, nor of its caller’s key, in its log', () => {
    const log = readFileSync(join(home, 'logs', 'screen.log'), 'utf8')
    expect(log).toContain('"route":"/v1/screen/stream"')
    expect(findCanary(log)).toBeNull()
    expect(log).not.toContain(key)
    // Control: the search finds it where it is.
    expect(findCanary(`x ${number} y`)).not.toBeNull()
  })

  test('has a configuration without database, key, credential or inner door', () => {
    const content = JSON.parse(readFileSync(join(home, 'config', 'screen.json'), 'utf8'))
    expect(Object.keys(content).sort()).toEqual(['gateway_url', 'listen', 'public_url', 'role', 'trust_proxy'])
    expect(JSON.stringify(content)).not.toMatch(/postgres|secret|key|sock/i)
    expect(content).toEqual(JSON.parse(JSON.stringify(screenConfig(settings()))))
  })

  test('sees nothing of the shell, and has the walls that the doctor looks for', () => {
    const { pid } = JSON.parse(readFileSync(screenPidFile(home), 'utf8'))
    expect(identify(pid)).not.toBeNull()
    const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .map((line) => line.split('=')[0])
    expect(names.filter((name) => !/^(PATH|NODE_ENV|SALLYPORT_CONFIG|NODE_CHANNEL_\w+|)$/.test(name ?? ''))).toEqual([])
    const place = { folder: home, self: statSync(home).uid }
    expect(screenAsFound(place)).toMatchObject([{ wall: 'screen', state: 'up' }])
    // Control: a flag that it does not have is missed, and a configuration that has more is seen.
    const config = join(home, 'config', 'screen.json')
    const before = readFileSync(config, 'utf8')
    writeFileSync(config, JSON.stringify({ ...JSON.parse(before), database_url: 'postgres://x' }))
    expect(screenAsFound(place)).toMatchObject([{ state: 'missing' }])
    writeFileSync(config, before)
  })

  test('reads no other file of this machine, writes none and starts no program; without its walls it would (control)', () => {
    const other = join(folder, 'other.txt')
    writeFileSync(other, 'x')
    const attempt = join(folder, 'attempt.mjs')
    writeFileSync(
      attempt,
      `import { readFileSync, writeFileSync } from 'node:fs'
       import { execFileSync } from 'node:child_process'
       const [, , other, own] = process.argv
       const tries = [() => readFileSync(other), () => writeFileSync(other, ''), () => execFileSync('/bin/true'), () => readFileSync(own)]
       console.log(tries.map((work) => { try { work(); return 'done' } catch (error) { return error.code } }).join())`,
    )
    const spec = screenSpec(settings())
    const run = (given: string[]): string =>
      spawnSync(process.execPath, [...given, attempt, other, spec.config], { encoding: 'utf8' }).stdout.trim()
    const denied = 'ERR_ACCESS_DENIED'
    expect(run([...flags(spec), `--allow-fs-read=${attempt}`])).toBe([denied, denied, denied, 'done'].join())
    expect(run(['--disable-sigusr1'])).toBe('done,done,done,done')
  })

  test('ends with 0 on SIGTERM, and leaves nothing that runs', async () => {
    const { pid } = JSON.parse(readFileSync(screenPidFile(home), 'utf8'))
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(identify(pid)).toBeNull()
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
  })
})

test('is not told to send keys over plain HTTP to another machine', () => {
  const environment = { SALLYPORT_HOME: join(folder, 'two'), SALLYPORT_GATEWAY_URL: 'http://gateway.example', PATH: '' }
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'server/cli.ts'), 'screen'], {
    env: environment,
    cwd: folder,
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([1, expect.stringContaining('SALLYPORT_GATEWAY_URL must be https')])
})
