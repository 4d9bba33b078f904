import pg from 'pg'
import type { Log } from '../log.ts'

const int8 = 20

/**
 * int8 as a number: every one of ours (counts, minor units, milliseconds) is far below 2^53, and one that is not
 * is an error rather than a rounded amount.
 */
function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError('an int8 from the database is not a safe integer')
  return value
}

const types: pg.CustomTypesConfig = {
  // pg's own signature is overloaded by format; only the text form of int8 is ours.
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 && format !== 'binary'
      ? parseInt8
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
}

/**
 * A pool for one role. No statement and no forgotten transaction holds a row longer than ten seconds; a server that
 * does not answer within five is an error, not a hang. Idle connections that break (the server restarted) are logged
 * by code and replaced at the next query: who queries, retries.
 */
export function makePool(url: string, options: { max?: number; log?: Log } = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 10_000,
    idle_in_transaction_session_timeout: 10_000,
    types,
  })
  // A client that is lent out, and between two statements, has no listener of the pool's: a connection that breaks at that moment
  // would end the process. Its next statement rejects all the same.
  pool.on('connect', (client) => client.on('error', () => undefined))
  pool.on('error', (error) => {
    options.log?.warn({ event: 'database.connection_lost', error })
  })
  return pool
}
