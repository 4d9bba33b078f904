import type { DrainOptions } from './drain.ts'
import { httpLimits } from './http-limits.ts'
import { type Log, makeLog } from './log.ts'

/** What is under way is answered first. A supervisor that ends everything kills sooner: it has five seconds for all. */
const drainMsMax = httpLimits.lingerMs + httpLimits.drainMs + 2_000
/** Without a supervisor nobody takes our place, and the next start wants the ports. */
const orphanMsMax = 2_500

/**
 * The life of a process, the same for every role: start, tell the supervisor, drain on SIGTERM or when the supervisor
 * is gone (its IPC channel closes even when it was killed), and end with 1 and one fatal line on what nobody caught.
 */
export async function runProcess(
  role: string,
  start: (log: Log) => Promise<{ close(options?: DrainOptions): Promise<void> }>,
): Promise<void> {
  const log = makeLog(role)
  const fail = (event: string) => (error: unknown) => {
    log.fatal({ event, error })
    process.exit(1)
  }
  process.on('uncaughtException', fail('process.uncaught'))
  process.on('unhandledRejection', fail('process.unhandled'))
  // Node would print a warning's message as it is, beside our lines.
  process.removeAllListeners('warning')
  process.on('warning', (warning) => log.warn({ event: 'process.warning', error: warning }))

  let running: { close(options?: DrainOptions): Promise<void> } | null = null
  let ending = false
  const end = (reason: string, msMax: number, options: DrainOptions): void => {
    // An open connection that nobody closes must not hold the exit up.
    setTimeout(() => process.exit(0), msMax).unref()
    if (ending) return
    ending = true
    log.info({ event: 'process.ending', reason })
    void (running?.close(options) ?? Promise.resolve()).then(() => process.exit(0), fail('process.close_failed'))
  }
  const gently = { lingerMs: httpLimits.lingerMs }
  process.on('SIGTERM', () => end('SIGTERM', drainMsMax, gently))
  process.on('SIGINT', () => end('SIGINT', drainMsMax, gently))
  process.on('disconnect', () => end('supervisor gone', orphanMsMax, {}))
  // Without a listener it would end the process unasked; what it means here is in `tls.ts`.
  process.on('SIGHUP', () => log.info({ event: 'process.hangup' }))

  try {
    running = await start(log)
  } catch (error) {
    fail('process.start_failed')(error)
  }
  log.info({ event: 'process.ready' })
  process.send?.({ ready: true })
}
