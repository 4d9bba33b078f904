import type { Settings } from '../settings.ts'
import { superviseScreen, whyNoScreenUser } from './screen.ts'
import { startSupervisor, type SupervisorOptions } from './supervisor.ts'

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

function giveUp(error: unknown): never {
  process.stderr.write(`\nSallyport did not start: ${error instanceof Error ? error.message : 'unknown error'}\n`)
  process.exit(1)
}

interface Running {
  ready: Promise<void>
  stop(): Promise<void>
}

/** Signals end it with 0, what it cannot do ends it with 1 and one sentence. */
async function runUntilSignal(start: () => Running): Promise<void> {
  // A terminal that went away must not end the supervisor by an unhandled error of its output.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  try {
    const running = start()
    let stopping = false
    const stop = (): void => {
      if (stopping) return
      stopping = true
      say('\nStopping')
      running.stop().then(() => {
        say('Stopped')
        process.exit(0)
      }, giveUp)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
    await running.ready
  } catch (error) {
    giveUp(error)
  }
}

/** The supervisor as a program. */
export const runSupervisor = (read: () => Settings, plan?: SupervisorOptions['plan']): Promise<void> =>
  runUntilSignal(() => startSupervisor({ settings: read(), say, ...(plan === undefined ? {} : { plan }) }))

/** The screen as a program. */
export const runScreen = (read: () => Settings): Promise<void> =>
  runUntilSignal(() => {
    const settings = read()
    const running = superviseScreen(settings, say)
    return {
      ready: running.then(() => {
        say(`Sallyport screen is ready at ${settings.urls.screen}, and tells findings to ${settings.urls.gateway}`)
        const user = whyNoScreenUser(settings.home)
        say(`  It runs behind Node’s permission model${user === null ? ' and under a user of its own' : ` (${user})`}.`)
        say('  Stop with Ctrl-C.')
      }),
      stop: async () => (await running.catch(() => null))?.stop(),
    }
  })
