/**
 * One supervised process: it is started, watched, and started again when it dies, after a pause that doubles.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Listen } from '../config.ts'
import { allowedValue } from '../log-values.ts'
import type { ProcessUser } from '../process-users.ts'
import { type HeldPort, holdPort, lentFd } from './held-port.ts'

export interface ProcessFiles {
  read: readonly string[]
  write: readonly string[]
  /** Whether it may load native code: keyd alone, for an HSM alone. */
  addons?: boolean
}

/** What `SALLYPORT_COLLECT_AT_SCRAPE` starts the processes with; it opens nothing. */
export const collectFlag = '--expose-gc'

export interface ProcessSpec {
  name: string
  /** All that the process sees of our environment beside SALLYPORT_CONFIG. */
  environment: Record<string, string>
  /** The file that is run. */
  entry: string
  /** The file that SALLYPORT_CONFIG names. */
  config: string
  /** The files and folders that the process may read, beside its configuration; null is no wall at all. */
  files: ProcessFiles | null
  /** Flags of Node beside those of its walls. */
  nodeFlags?: readonly string[]
  /** The user that the process runs as; without one, ours. */
  user?: ProcessUser
  /** The port that is held for it, and that its configuration names as `lentFd`. */
  listen?: Listen
  /** How it is held where twins share it. */
  hold?: () => Promise<HeldPort | null>
  /** Written into a pipe that the process has as `lentFd`, and nowhere else, at each of its starts. */
  secret?: Buffer
  log: string
}

export interface Supervised {
  readonly name: string
  readonly pid: number | null
  /** Fulfils when the process says that it is ready; rejects when it does not get there. */
  start(): Promise<void>
  /** SIGTERM, and SIGKILL after `graceMs`. */
  stop(graceMs: number): Promise<void>
}

const readyMsMax = 30_000
const triesAtStart = 3
const logBytesMax = 50 * 1024 * 1024

/** 0.25 s, doubled up to 10 s; a process that lived half a minute begins again. */
export function nextPause(previousMs: number | null, aliveMs: number): number {
  if (previousMs === null || aliveMs >= 30_000) return 250
  return Math.min(previousMs * 2, 10_000)
}

export function supervise(spec: ProcessSpec, say: (line: string) => void, changed: () => void): Supervised {
  let child: ChildProcess | null = null
  let stopping = false
  let pauseMs: number | null = null
  let held: HeldPort | null = null
  const gone = new AbortController()

  /** One run, up to `ready`. Fulfils with what later became of the process. */
  async function run(): Promise<{ ended: Promise<string>; began: number }> {
    const began = Date.now()
    if (spec.listen !== undefined) held ??= await (spec.hold?.() ?? holdPort(spec.listen))
    if (stopping) throw new Error(`${spec.name} is not started any more`)
    const now = launch(spec, held)
    child = now
    changed()
    const ended = new Promise<string>((resolve) => {
      now.once('exit', (code, signal) => {
        child = null
        changed()
        resolve(signal === null ? `exit code ${code}` : `signal ${signal}`)
      })
    })
    const ready = new Promise<'ready'>((resolve) => {
      now.on('message', (message) => {
        if (typeof message === 'object' && message !== null && 'ready' in message) resolve('ready')
      })
    })
    const first = await Promise.race([
      ready,
      ended,
      delay(readyMsMax, 'late' as const, { signal: gone.signal, ref: false }),
    ])
    if (first === 'ready') return { ended, began }
    if (first === 'late') now.kill('SIGKILL')
    throw new Error(
      `${spec.name} ${first === 'late' ? 'was not ready in time' : `ended before it was ready (${first})`}${lastWords(spec.log)}`,
    )
  }

  async function again(how: string, began: number): Promise<void> {
    let report = `${spec.name} ended (${how})${how === 'exit code 0' ? '' : lastWords(spec.log)}`
    let aliveMs = Date.now() - began
    while (!stopping) {
      pauseMs = nextPause(pauseMs, aliveMs)
      say(`${report}; it starts again in ${pauseMs / 1_000} s`)
      await delay(pauseMs, undefined, { signal: gone.signal })
      if (stopping) return
      const started = Date.now()
      try {
        const running = await run()
        say(`${spec.name} is back after ${((Date.now() - started) / 1_000).toFixed(1)} s`)
        watch(running.ended, running.began)
        return
      } catch (error) {
        report = error instanceof Error ? error.message : `${spec.name} did not start`
        aliveMs = Date.now() - started
      }
    }
  }

  function watch(ended: Promise<string>, began: number): void {
    void ended.then((how) => {
      if (!stopping) again(how, began).catch(() => undefined) // rejects only by `gone`
    })
  }

  return {
    name: spec.name,
    get pid() {
      return child?.pid ?? null
    },
    async start() {
      if (!existsSync(spec.entry)) throw new Error(`${spec.entry} is missing; is this a complete copy of the project?`)
      for (let attempt = 1; ; attempt += 1) {
        try {
          const { ended, began } = await run()
          watch(ended, began)
          return
        } catch (error) {
          if (stopping || attempt === triesAtStart) throw error
          pauseMs = nextPause(pauseMs, 0)
          await delay(pauseMs, undefined, { signal: gone.signal })
        }
      }
    },
    async stop(graceMs) {
      stopping = true
      const now = child
      if (now !== null) {
        const ended = new Promise<void>((resolve) => now.once('exit', () => resolve()))
        now.kill('SIGTERM')
        const late = await Promise.race([ended, delay(graceMs, 'late' as const)])
        if (late === 'late') {
          now.kill('SIGKILL')
          await ended
        }
      }
      gone.abort()
      held?.close()
      held = null
    },
  }
}

/**
 * No inspector by signal, and, under Node's permission model, no file, no program, no worker and no native code beyond
 * the list: a role that is taken over does not read another's keys from the same disk.
 */
export function flags({ config, files }: Pick<ProcessSpec, 'config' | 'files'>): string[] {
  if (files === null) return ['--disable-sigusr1']
  return [
    '--disable-sigusr1',
    '--permission',
    ...[config, ...files.read, ...files.write].map((path) => `--allow-fs-read=${path}`),
    ...files.write.map((path) => `--allow-fs-write=${path}`),
    ...(files.addons === true ? ['--allow-addons'] : []),
  ]
}

/** A core file of keyd would be its keys on the disk, so each process starts without one, whoever started us. */
const withoutCore = ['-c', 'unset PWD OLDPWD; ulimit -c 0; exec "$0" "$@"']

export function launch(spec: ProcessSpec, held: HeldPort | null = null): ChildProcess {
  if ((statSync(spec.log, { throwIfNoEntry: false })?.size ?? 0) > logBytesMax) renameSync(spec.log, `${spec.log}.1`)
  const log = openSync(spec.log, 'a', 0o600)
  const lent = held !== null ? [held.fd] : spec.secret !== undefined ? (['pipe'] as const) : []
  try {
    const child = fork(spec.entry, [], {
      execPath: '/bin/sh',
      execArgv: [...withoutCore, process.execPath, ...flags(spec), ...(spec.nodeFlags ?? [])],
      cwd: '/',
      ...spec.user,
      env: { ...spec.environment, SALLYPORT_CONFIG: spec.config },
      stdio: ['ignore', log, log, 'ipc', ...lent],
      // A group of its own: Ctrl-C reaches the supervisor alone, which ends its processes in order.
      detached: true,
    })
    if (spec.secret !== undefined) hand(child, spec.secret)
    return child
  } finally {
    closeSync(log)
  }
}

/** A pipe leaves nothing on the disk, in the arguments or in the environment. */
function hand(child: ChildProcess, secret: Buffer): void {
  const pipe = child.stdio[lentFd]
  if (!(pipe instanceof Writable)) throw new Error('the pipe for a secret is missing')
  // One that died at once does not read: its exit says so.
  pipe.on('error', () => undefined)
  pipe.end(secret)
}

/**
 * The last fatal line of the log in a few words: event, error's name, code and first frame. Allowed there, and looked at
 * again, because a crash below us writes into the same file whatever it likes. Exported for its test.
 */
export function lastWords(log: string): string {
  const line = tail(log)
    .split('\n')
    .findLast((text) => text.includes('"level":60'))
  let words = ''
  try {
    const { event, error } = JSON.parse(line ?? '{}')
    const parts: unknown[] = [event, error?.name, error?.code, error?.at?.[0]]
    words = parts
      .filter((part) => typeof part === 'string' && /^[ -~]+$/.test(part))
      .map(allowedValue)
      .join(', ')
  } catch {
    // A line that was cut: the log's name says enough.
  }
  return words === '' ? `, see ${log}` : ` [${words}], see ${log}`
}

function tail(path: string): string {
  try {
    const file = openSync(path, 'r')
    try {
      const { size } = fstatSync(file)
      const buffer = Buffer.alloc(Math.min(size, 8_192))
      readSync(file, buffer, 0, buffer.length, size - buffer.length)
      return buffer.toString('utf8')
    } finally {
      closeSync(file)
    }
  } catch {
    return ''
  }
}
