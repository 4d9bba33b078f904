/** A log that also counts: what is worth a line in the log and a number is said once, where it happens. */
import type { Log, LogFields } from '../log.ts'

export type OnEvent = Readonly<Record<string, (fields: LogFields) => void>>

export function countingLog(log: Log, on: OnEvent): Log {
  const counted =
    (write: (fields: LogFields) => void) =>
    (fields: LogFields): void => {
      if (Object.hasOwn(on, fields.event)) on[fields.event]?.(fields)
      write(fields)
    }
  return {
    debug: counted((fields) => log.debug(fields)),
    info: counted((fields) => log.info(fields)),
    warn: counted((fields) => log.warn(fields)),
    error: counted((fields) => log.error(fields)),
    fatal: counted((fields) => log.fatal(fields)),
  }
}
