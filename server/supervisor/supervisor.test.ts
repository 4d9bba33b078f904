import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { stopEmbedded } from '../database/embedded.ts'
import { freePorts } from '../testing/free-ports.ts'
import { makeLog } from '../log.ts'
import { lastWords, nextPause } from './child.ts'
import { identify } from './identity.ts'

interface Started {
  home: string
  ports: { gateway: number; intake: number }
  child: ChildProcess
  output: () => string
  until(words: string | RegExp, ms?: number): Promise<void>
  ended: Promise<string>
}

const homes: string[] = []
const children: ChildProcess[] = []

async function start(options: { home?: string; environment?: Record<string, string> } = {}): Promise<Started> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'sallyport-supervisor-'))
  if (!homes.includes(home)) homes.push(home)
  const [gateway = 0, intake = 0, processor = 0, demo = 0] = await freePorts(4)
  const child = spawn(process.execPath, [join(import.meta.dirname, 'testing', 'main.ts')], {
    env: {
      PATH: process.env['PATH'],
      SECRET_OF_THE_SHELL: 'not for children',
      SALLYPORT_HOME: home,
      SALLYPORT_DURABLE: '0',
      SALLYPORT_GATEWAY_PORT: String(gateway),
      SALLYPORT_INTAKE_PORT: String(intake),
      SALLYPORT_PROCESSOR_PORT: String(processor),
      SALLYPORT_DEMO_PORT: String(demo),
      ...options.environment,
    },
  })
  children.push(child)
  let text = ''
  child.stdout?.on('data', (chunk) => (text += chunk))
  child.stderr?.on('data', (chunk) => (text += chunk))
  const ended = new Promise<string>((resolve) => child.once('exit', (code, signal) => resolve(`${code ?? signal}`)))
  return {
    home,
    ports: { gateway: Number(options.environment?.['SALLYPORT_GATEWAY_PORT'] ?? gateway), intake },
    child,
    output: () => text,
    until: async (words, ms = 20_000) => {
      const deadline = Date.now() + ms
      while (!(typeof words === 'string' ? text.includes(words) : words.test(text))) {
        if (Date.now() > deadline) throw new Error(`"${words}" did not come in ${ms} ms; what came:\n${text}`)
        await delay(20)
      }
    },
    ended,
  }
}

const pids = (home: string): Record<string, { pid: number }> =>
  JSON.parse(readFileSync(join(home, 'processes.json'), 'utf8'))
const pidOf = (home: string, name: string): number => pids(home)[name]?.pid ?? 0
const get = async (port: number, path = '/'): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}`)).text()
const databasePid = (home: string): number =>
  Number(readFileSync(join(home, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0])

/** Ends what a test left, and its homes. */
async function clear(): Promise<void> {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await delay(100)
  for (const home of homes.splice(0)) {
    await stopEmbedded({ home, deployment: 'none', say: () => undefined }).catch(() => undefined)
    rmSync(home, { recursive: true, force: true })
  }
}

describe('the supervisor, while it runs', () => {
  let run: Started
  beforeAll(async () => {
    run = await start()
    await run.until('Sallyport is ready')
  })
  afterAll(clear)

  test('logs and configuration are for the owner alone', () => {
    for (const path of ['logs/one.log', 'config/one.json', 'secrets.json', 'tenant.json', 'supervisor.pid']) {
      expect((statSync(join(run.home, path)).mode & 0o777).toString(8), path).toBe('600')
    }
  })

  test('a process sees three variables of the environment and none of the shell', async () => {
    const seen = JSON.parse(await get(run.ports.gateway)).filter((name: string) => !name.startsWith('NODE_CHANNEL_'))
    expect(seen).toEqual(['NODE_ENV', 'PATH', 'SALLYPORT_CONFIG'])
  })

  test('a second one for the same home is refused with a sentence, and the first goes on', async () => {
    const second = await start({ home: run.home })
    expect(await second.ended).toBe('1')
    expect(second.output()).toContain(`Sallyport already runs in ${run.home} (process ${run.child.pid})`)
    expect(await get(run.ports.gateway)).toContain('SALLYPORT_CONFIG')
  })

  test('starts a process again that was killed, and says which, how it ended and when', async () => {
    const before = pidOf(run.home, 'two')
    process.kill(before, 'SIGKILL')
    await run.until('two ended (signal SIGKILL)')
    await run.until('it starts again in 0.25 s')
    await run.until('two is back')
    expect(pidOf(run.home, 'two')).not.toBe(before)
    await get(run.ports.intake, '/crash').catch(() => undefined)
    await run.until('two ended (exit code 1) [process.uncaught, Error')
    expect(run.output()).toContain('it starts again in 0.5 s')
    expect(run.output(), 'the message of an error may hold input').not.toContain('asked to crash')
  })

  test('starts the database again when it was killed', async () => {
    process.kill(databasePid(run.home), 'SIGKILL')
    await run.until('the database ended (signal SIGKILL)')
    await run.until('the database is back')
  })

  test('ends all within five seconds on SIGTERM, exits 0 and leaves nothing', async () => {
    await endsWell(run, 'SIGTERM')
  })
})

/** Within five seconds, with exit code 0, and nothing is left. */
async function endsWell(run: Started, signal: 'SIGINT' | 'SIGTERM'): Promise<void> {
  // One that crashed a moment ago may still wait for its turn.
  const left = await vi.waitFor(() => {
    const pids = [pidOf(run.home, 'one'), pidOf(run.home, 'two'), databasePid(run.home)]
    expect(pids.map((pid) => identify(pid))).not.toContain(null)
    return pids
  }, 5_000)
  const began = Date.now()
  run.child.kill(signal)
  expect(await run.ended).toBe('0')
  expect(Date.now() - began).toBeLessThan(5_000)
  expect(left.map((pid) => identify(pid))).toEqual([null, null, null])
  for (const path of ['supervisor.pid', 'processes.json', 'run', 'postgres/data/postmaster.pid']) {
    expect(existsSync(join(run.home, path)), path).toBe(false)
  }
}

describe('the supervisor, when it ends', () => {
  afterEach(clear)

  test('ends at once when it is told to while it starts', async () => {
    const run = await start()
    await run.until('home')
    const began = Date.now()
    run.child.kill('SIGTERM')
    expect(await run.ended).toBe('0')
    expect(Date.now() - began).toBeLessThan(5_000)
    expect(existsSync(join(run.home, 'supervisor.pid'))).toBe(false)
    expect(existsSync(join(run.home, 'postgres/data/postmaster.pid'))).toBe(false)
  })

  test('after kill -9 its processes end by themselves, and the next start takes over the database; SIGINT ends that as well', async () => {
    const first = await start()
    await first.until('Sallyport is ready')
    const left = [pidOf(first.home, 'one'), pidOf(first.home, 'two')]
    first.child.kill('SIGKILL')
    await first.ended
    const second = await start({ home: first.home })
    await second.until('Sallyport is ready')
    expect(left.map((pid) => identify(pid))).toEqual([null, null])
    await endsWell(second, 'SIGINT')
  }, 40_000)

  test('a port that is taken ends the start with a sentence that names the setting', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const run = await start({ environment: { SALLYPORT_GATEWAY_PORT: String(port) } })
    expect(await run.ended).toBe('1')
    expect(run.output()).toContain(`port ${port} is taken by another program; end it, or set SALLYPORT_GATEWAY_PORT`)
    other.close()
  })
})

test('the pause doubles from a quarter of a second to ten, and begins again after half a minute alive', () => {
  const pauses: number[] = []
  let pause: number | null = null
  for (let i = 0; i < 8; i += 1) {
    pause = nextPause(pause, 100)
    pauses.push(pause)
  }
  expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
  expect(nextPause(10_000, 30_000)).toBe(250)
})

test('what the terminal is told of a process that ended is what its log may say, looked at once more', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-words-'))
  const log = join(folder, 'log')
  makeLog('one', { write: (line: string) => writeFileSync(log, line) }).fatal({
    event: 'process.uncaught',
    error: new TypeError('typed\n    at 4242 4242 4242 4242'),
  })
  const words = lastWords(log)
  expect(words).toMatch(/^ \[process\.uncaught, TypeError, at .*supervisor\.test\.ts:\d+:\d+\)?\], see /)
  expect(words).not.toMatch(/4242|typed/)
  // As whatever crashes below us could write it: no allow-list was before that line.
  const written = { level: 60, event: 'a', error: { name: '4242424242424242', code: '\u001b[2J', at: ['b'] } }
  writeFileSync(log, JSON.stringify(written))
  expect(lastWords(log)).toBe(` [a, [digits], b], see ${log}`)
  rmSync(folder, { recursive: true })
})
