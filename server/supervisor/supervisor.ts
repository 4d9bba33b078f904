/**
 * Starts a whole deployment on one machine and keeps it up: home, database, processes. Ends all of it within five
 * seconds, and leaves no process, socket or pid file.
 */
import { rmSync } from 'node:fs'
import { relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { runFolder } from '../database/run-folder.ts'
import type { Mode } from '../config.ts'
import { type Home, initHome, modeOf } from '../init/init.ts'
import { passphraseOf } from '../init/key-store.ts'
import { assertLiveSettings } from '../init/live.ts'
import { privateFolder } from '../private-files.ts'
import { defaultMode, type Settings } from '../settings.ts'
import { type ProcessSpec, type Supervised, supervise } from './child.ts'
import { takeLock } from './lock.ts'
import { makePlan, type Plan, type RoleUrls } from './plan.ts'
import { type Port, untilFree } from './ports.ts'
import { seed } from './seed.ts'
import { openStorage, type Storage } from './storage.ts'

export interface Supervisor {
  /** Fulfils when everything serves; rejects with the sentence to show, after ending what had begun. */
  ready: Promise<void>
  stop(): Promise<void>
}

export interface SupervisorOptions {
  settings: Settings
  say(line: string): void
  /** For tests: other processes than the deployment's own. */
  plan?: (home: Home, settings: Settings, urls: RoleUrls) => Plan
}

/** Each step of the end gets this long before it is killed; two steps and the database stay below five seconds. */
const endStepMs = 1_500
const beginMsMax = 1_500
/** Where no process began yet, the steps above take no time: a database that is starting can be waited for. */
const beginMsMaxAlone = 3_500

/** Processes of a supervisor that was killed let go of their ports within this time. */
const leftoverPatienceMs = 4_000

export function startSupervisor({ settings, say, plan = makePlan }: SupervisorOptions): Supervisor {
  const processes = new Map<string, Supervised>()
  const undo: (() => Promise<void> | void)[] = []
  let endSteps: Plan['endSteps'] = []
  let stopped: Promise<void> | null = null
  const stopping = new AbortController()

  const halt = (): void => {
    if (stopped !== null) throw new Error('stopped while it started')
  }

  async function begin(): Promise<void> {
    privateFolder(settings.home)
    const lock = await takeLock(settings.home)
    undo.push(() => lock.release())
    const mode = modeOf(settings.home) ?? defaultMode
    if (mode === 'live') assertLiveSettings(settings)
    const home = await initHome(settings.home, mode, settings.keys, passphraseOf(settings))
    line('home', `${shortPath(home.folder)}${home.made ? ', made now' : ''} (${home.deployment.mode} mode)`)
    for (const name of settings.unknown)
      line('setting', `${name} is no setting of a deployment and changes nothing; the README lists them`)
    halt()
    await untilFree(settings.host, portsOf(settings, mode), lock.tookOver ? leftoverPatienceMs : 0)
    const storage = await timed(
      'database',
      () => openStorage(home, settings, say, stopping.signal),
      (opened: Storage) => opened.summary,
    )
    undo.push(
      () => removeSockets(home.folder),
      () => storage.stop(),
    )
    halt()
    await seed(home, settings, storage)
    const made = plan(home, settings, storage.urls)
    endSteps = made.endSteps
    const note = (): void => {
      const pids = [...processes.values()].flatMap(({ name, pid }) => (pid === null ? [] : [[name, pid] as const]))
      if (stopped === null) lock.note(Object.fromEntries(pids))
    }
    for (const step of made.beginSteps) {
      halt()
      await all(
        step.map((spec) =>
          timed(
            spec.name,
            () => startOne(spec, note),
            () => 'ready',
          ),
        ),
      )
    }
    halt()
    announce(home, made.oneUser ?? null)
  }

  async function startOne(spec: ProcessSpec, note: () => void): Promise<void> {
    const supervised = supervise(spec, say, note)
    processes.set(spec.name, supervised)
    await supervised.start()
  }

  async function end(): Promise<void> {
    for (const step of endSteps) {
      await Promise.all(step.map((name) => processes.get(name)?.stop(endStepMs)))
    }
    // What was still starting notices by `halt`, and only then is it known what there is to undo.
    const patienceMs = processes.size === 0 ? beginMsMaxAlone : beginMsMax
    await Promise.race([beginning.catch(() => undefined), delay(patienceMs, undefined, { ref: false })])
    await Promise.all([...processes.values()].map((supervised) => supervised.stop(0)))
    for (const back of undo.reverse()) await back()
  }

  const stop = (): Promise<void> => {
    stopping.abort()
    stopped ??= end()
    return stopped
  }

  const line = (name: string, words: string): void => say(`  ${name.padEnd(10)}${words}`)

  async function timed<T>(name: string, work: () => Promise<T>, words: (result: T) => string): Promise<T> {
    const began = Date.now()
    const result = await work()
    line(name, `${words(result)}, ${((Date.now() - began) / 1_000).toFixed(1)} s`)
    return result
  }

  function announce(home: Home, oneUser: string | null): void {
    const rows = [
      ...(processes.has('demo') ? [['Demo', settings.urls.demo]] : []),
      ['Gateway', settings.urls.gateway],
      ['Capture', settings.urls.capture],
      ['Widget', `${settings.urls.gateway}/widget/sallyport.js`],
      ['Keys', home.tenant === null ? 'sallyport tenant add' : shortPath(`${home.folder}/tenant.json`)],
      ['Logs', shortPath(`${home.folder}/logs`)],
    ]
    say(['', 'Sallyport is ready', ...rows.map(([name = '', value = '']) => `  ${name.padEnd(10)}${value}`)].join('\n'))
    say(
      oneUser === null
        ? '  One machine: between the processes stand Node’s permission model and a user for each.'
        : `  A development layout: one machine, and between the processes Node’s permission model alone. Missing: a user for each (${oneUser}).`,
    )
    say('  `npx sallyport doctor` says which walls stand.')
    say('  Stop with Ctrl-C.')
  }

  const beginning = begin()
  const ready = beginning.catch(async (error: unknown) => {
    const asked = stopped !== null
    await stop()
    if (!asked) throw error
  })
  return { ready, stop }
}

/** All of them, and only then the first error: none is left starting behind our back. */
async function all(work: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

function portsOf({ ports, demo }: Settings, mode: Mode): Port[] {
  const sandbox = mode === 'sandbox'
  return [
    ...(sandbox && demo ? [{ port: ports.demo, setting: 'SALLYPORT_DEMO_PORT' }] : []),
    { port: ports.gateway, setting: 'SALLYPORT_GATEWAY_PORT' },
    { port: ports.intake, setting: 'SALLYPORT_INTAKE_PORT' },
    ...(sandbox ? [{ port: ports.processor, setting: 'SALLYPORT_PROCESSOR_PORT' }] : []),
  ]
}

function removeSockets(home: string): void {
  rmSync(runFolder(home), { recursive: true, force: true })
}

const shortPath = (path: string): string => {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}
