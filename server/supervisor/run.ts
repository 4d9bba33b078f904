import type { Settings } from '../settings.ts'
import { startSupervisor, type SupervisorOptions } from './supervisor.ts'

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

function giveUp(error: unknown): never {
  process.stderr.write(`\nSallyport did not start: ${error instanceof Error ? error.message : 'unknown error'}\n`)
  process.exit(1)
}

/** The supervisor as a program: signals end it with 0, what it cannot do ends it with 1 and one sentence. */
export async function runSupervisor(read: () => Settings, plan?: SupervisorOptions['plan']): Promise<void> {
  // A terminal that went away must not end the supervisor by an unhandled error of its output.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  try {
    const supervisor = startSupervisor({ settings: read(), say, ...(plan === undefined ? {} : { plan }) })
    let stopping = false
    const stop = (): void => {
      if (stopping) return
      stopping = true
      say('\nStopping')
      supervisor.stop().then(() => {
        say('Stopped')
        process.exit(0)
      }, giveUp)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
    await supervisor.ready
  } catch (error) {
    giveUp(error)
  }
}
