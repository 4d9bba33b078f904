import pino from 'pino'
import { allowedValue, describeError } from './log-values.ts'
import { currentRequestId } from './request-id.ts'

/**
 * The members a log line may have. What is not on the list is dropped, so that a secret can only reach a log by
 * someone adding its name here. There is no free-text message; what an error gives is in `log-values.ts`.
 */
const allowed = [
  'event',
  'request_id',
  'tenant',
  'capture',
  'token',
  'charge',
  'attempt',
  'subject',
  'type',
  'sequence',
  'code',
  'reason',
  'status',
  'ms',
  'method',
  'route',
  'caller',
  'peer',
  'client',
  'count',
  'bytes',
  'mode',
  'state',
  'epoch',
  'key_id',
  'host',
  'port',
  'signal',
  'exit_code',
] as const

export type LogFields = { event: string; error?: unknown } & {
  [name in (typeof allowed)[number]]?: string | number | boolean | null | undefined
}

export interface Log {
  debug(fields: LogFields): void
  info(fields: LogFields): void
  warn(fields: LogFields): void
  error(fields: LogFields): void
  fatal(fields: LogFields): void
}

/** What is written for these fields; exported, with the list, for the tests that hold it. */
export function listed(fields: LogFields, names: readonly string[] = allowed): Record<string, unknown> {
  const given: Record<string, unknown> = fields
  const line: Record<string, unknown> = {}
  for (const name of names) {
    const value = allowedValue(name === 'request_id' ? (given[name] ?? currentRequestId()) : given[name])
    if (value !== undefined) line[name] = value
  }
  if (fields.error !== undefined) line['error'] = describeError(fields.error)
  return line
}

/** What waits while the disk is full; beyond it lines are dropped. */
const waitingBytesMax = 1_048_576

/**
 * Written at once: the last line before a crash is the one that is needed. A line that cannot be written, because the disk is
 * full, ends no process: it waits, and is written with the first one that can be.
 */
function toOutput(): pino.DestinationStream {
  const out = pino.destination({ dest: 1, sync: true, maxLength: waitingBytesMax })
  out.on('error', () => undefined)
  return out
}

export function makeLog(role: string, destination?: pino.DestinationStream): Log {
  const options = { base: { role, pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }
  const out = pino(options, destination ?? toOutput())
  return {
    debug: (fields) => out.debug(listed(fields)),
    info: (fields) => out.info(listed(fields)),
    warn: (fields) => out.warn(listed(fields)),
    error: (fields) => out.error(listed(fields)),
    fatal: (fields) => out.fatal(listed(fields)),
  }
}
