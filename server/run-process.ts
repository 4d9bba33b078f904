import { type Log, makeLog } from './log.ts'

/** DESIGN §10: all ends within five seconds; the supervisor allows this much of it before it kills. */
const drainMsMax = 2_500

/**
 * The life of a process, the same for every role: start, tell the supervisor, drain on SIGTERM or when the supervisor
 * is gone (its IPC channel closes even when it was killed), and end with 1 and one fatal line on what nobody caught.
 */
export async function runProcess(
  role: string,
  start: (log: Log) => Promise<{ close(): Promise<void> }>,
): Promise<void> {
  const log = makeLog(role)
  const fail = (event: string) => (error: unknown) => {
    log.fatal({ event, error })
    process.exit(1)
  }
  process.on('uncaughtException', fail('process.uncaught'))
  process.on('unhandledRejection', fail('process.unhandled'))

  let running: { close(): Promise<void> } | null = null
  let ending = false
  const end = (reason: string): void => {
    if (ending) return
    ending = true
    log.info({ event: 'process.ending', reason })
    // An open connection that nobody closes must not hold the exit up.
    setTimeout(() => process.exit(0), drainMsMax).unref()
    void (running?.close() ?? Promise.resolve()).then(() => process.exit(0), fail('process.close_failed'))
  }
  process.on('SIGTERM', () => end('SIGTERM'))
  process.on('SIGINT', () => end('SIGINT'))
  process.on('disconnect', () => end('supervisor gone'))

  try {
    running = await start(log)
  } catch (error) {
    fail('process.start_failed')(error)
  }
  log.info({ event: 'process.ready' })
  process.send?.({ ready: true })
}
