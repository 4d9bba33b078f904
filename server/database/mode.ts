/** A database belongs to a deployment of one mode, and a process of the other does not work on it. */
import type pg from 'pg'
import type { Mode } from '../config.ts'

export class WrongMode extends Error {
  /** What the log shows: it never has messages. */
  readonly code = 'SALLYPORT_WRONG_MODE'
  constructor(mode: Mode) {
    const other = mode === 'live' ? 'sandbox' : 'live'
    super(`the database belongs to a deployment of the mode ${other}, and this process was started for ${mode}`)
    this.name = 'WrongMode'
  }
}

/**
 * Rejects with WrongMode and with nothing else: a database that is away is waited for by whoever uses it, and one without
 * a mode has not been set up yet, which `/readyz` tells. Where it rejects, the pool is closed.
 */
export async function assertMode(db: pg.Pool, mode: Mode): Promise<void> {
  const found = await db.query<{ mode: string }>('select mode from deployment').catch(() => null)
  const known = found?.rows[0]?.mode
  if (known === undefined || known === mode) return
  await db.end()
  throw new WrongMode(mode)
}

/** keyd's database has no other writer: keyd itself says in which mode it is used first. */
export async function claimMode(db: pg.Pool, mode: Mode): Promise<void> {
  const { rows } = await db.query<{ mode: string }>('select deployment_mode($1) as mode', [mode])
  if (rows[0]?.mode === mode) return
  await db.end()
  throw new WrongMode(mode)
}
