/**
 * A whole deployment for a test: the supervisor as `npm start` runs it, in a home of its own, on free ports. Its
 * addresses are `*.localhost` where browsers need different sites; Node does not resolve those, so each has a loopback
 * twin in `direct`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { TenantFile } from '../init/secrets.ts'
import { commandEntries } from '../process-entries.ts'
import type { InstanceName } from '../process-users.ts'
import { builtOr } from '../root.ts'
import { freePorts } from './free-ports.ts'

/** With `SALLYPORT_OF_EACH` at 2 also the second of each. */
export type StackProcess = InstanceName

export interface StackUrls {
  gateway: string
  capture: string
  demo: string
  processor: string
}

export interface Stack {
  home: string
  urls: StackUrls
  /** The same doors by number, for Node. */
  direct: StackUrls
  tenant: TenantFile
  /** What the supervisor has printed so far. */
  output(): string
  pid(name: StackProcess): number
  /** SIGTERM, and waits until the supervisor has it back. */
  restart(name: StackProcess): Promise<void>
  /** SIGKILL, and waits until the supervisor has it back. */
  kill(name: StackProcess): Promise<void>
  /** SIGKILL of the supervisor: its processes notice by themselves. The home stays for `startStack({ home })`. */
  killSupervisor(): Promise<void>
  /** Ends everything; removes the home unless it was given. */
  stop(): Promise<void>
}

export interface StackOptions {
  env?: Record<string, string>
  /** A home that is there already, and stays. */
  home?: string
  /** As from a shell that lets its programs leave core files, as far as the machine lets the shell. */
  coreFiles?: true
}

const withCoreFiles = ['/bin/sh', '-c', 'ulimit -S -c "$(ulimit -H -c)"; exec "$0" "$@"']
const readyMsMax = 90_000
const backMsMax = 30_000
const main = builtOr('supervisor', commandEntries.supervisor)

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'sallyport-stack-'))
  const free = await freePorts(4)
  const [gateway = 0, intake = 0, demo = 0, processor = 0] = ['GATEWAY', 'INTAKE', 'DEMO', 'PROCESSOR'].map(
    (name, at) => Number(options.env?.[`SALLYPORT_${name}_PORT`] ?? free[at]),
  )
  const env = {
    PATH: process.env['PATH'] ?? '',
    SALLYPORT_HOME: home,
    SALLYPORT_DURABLE: '0',
    SALLYPORT_GATEWAY_PORT: String(gateway),
    SALLYPORT_INTAKE_PORT: String(intake),
    SALLYPORT_DEMO_PORT: String(demo),
    SALLYPORT_PROCESSOR_PORT: String(processor),
    ...options.env,
  }
  const [program, ...args] = [...(options.coreFiles ? withCoreFiles : []), process.execPath, main] as const
  const supervisor = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [supervisor.stdout, supervisor.stderr]) stream.on('data', (chunk) => (output += chunk))
  const ended = new Promise<void>((resolve) => supervisor.once('exit', () => resolve()))

  const until = async (what: string, msMax: number, holds: () => boolean): Promise<void> => {
    const deadline = Date.now() + msMax
    while (!holds()) {
      if (hasEnded(supervisor)) throw new Error(`the supervisor ended before ${what}; it said:\n${output}`)
      if (Date.now() > deadline) throw new Error(`${what} did not come in ${msMax} ms; the supervisor said:\n${output}`)
      await delay(25)
    }
  }
  const stop = async (): Promise<void> => {
    if (!hasEnded(supervisor)) supervisor.kill('SIGTERM')
    await ended
    if (options.home === undefined) rmSync(home, { recursive: true, force: true })
  }
  try {
    await until('"Sallyport is ready"', readyMsMax, () => output.includes('Sallyport is ready'))
  } catch (error) {
    await stop()
    throw error
  }

  const pid = (name: StackProcess): number => {
    const found = JSON.parse(readFileSync(join(home, 'processes.json'), 'utf8'))[name]?.pid
    if (typeof found !== 'number') throw new Error(`${name} does not run`)
    return found
  }
  const signalAndWait = async (name: StackProcess, signal: NodeJS.Signals): Promise<void> => {
    const before = output.length
    process.kill(pid(name), signal)
    await until(`${name}'s return`, backMsMax, () => output.slice(before).includes(`${name} is back`))
  }
  return {
    home,
    urls: {
      gateway: `http://127.0.0.1:${gateway}`,
      capture: `http://capture.localhost:${intake}`,
      demo: `http://shop.localhost:${demo}`,
      processor: `http://127.0.0.1:${processor}`,
    },
    direct: {
      gateway: `http://127.0.0.1:${gateway}`,
      capture: `http://127.0.0.1:${intake}`,
      demo: `http://127.0.0.1:${demo}`,
      processor: `http://127.0.0.1:${processor}`,
    },
    tenant: JSON.parse(readFileSync(join(home, 'tenant.json'), 'utf8')),
    output: () => output,
    pid,
    restart: (name) => signalAndWait(name, 'SIGTERM'),
    kill: (name) => signalAndWait(name, 'SIGKILL'),
    killSupervisor: async () => {
      supervisor.kill('SIGKILL')
      await ended
    },
    stop,
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null
