/**
 * intake's words to the vault database: one function a statement, each a prepared one. No digits pass here but
 * sealed ones and `last4`.
 */
import { timingSafeEqual } from 'node:crypto'
import type pg from 'pg'
import { type Capture, type CaptureCommand, type CaptureEvent, fold } from '../../protocol/capture.ts'
import { decide } from '../../protocol/decide.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { makeId } from '../../protocol/ids.ts'

export interface StoredCapture {
  capture: Capture
  metadata: Record<string, string> | null
  ticket: string
  topOrigin: string | null
  clientSecretHash: Buffer
  secretVersion: number
  secretLive: boolean
  sessionHash: Buffer | null
  /** The embedding page's origin, as attach judged it. */
  sessionOrigin: string | null
  submission: Buffer | null
  /** By the database's clock; keeper writes the event a moment later. */
  expired: boolean
}

/** As `capture_apply` takes them; hashes in hex. */
export interface CaptureSecrets {
  session_hash?: string
  session_origin?: string
  submission?: string
}

export interface Change {
  expected: number
  next: Capture
  events: { id: string; type: string; data: unknown }[]
}

export const changedMeanwhile = 'SP409'

export async function readCapture(db: pg.Pool, id: string): Promise<StoredCapture | null> {
  const { rows } = await db.query({ name: 'capture_read', text: 'select * from capture_read($1)', values: [id] })
  const row = rows[0]
  if (row === undefined) return null
  return {
    capture: row.body,
    metadata: row.metadata,
    ticket: row.ticket,
    topOrigin: row.top_origin,
    clientSecretHash: row.client_secret_hash,
    secretVersion: row.secret_version,
    secretLive: row.secret_live,
    sessionHash: row.session_hash,
    sessionOrigin: row.session_origin,
    submission: row.submission,
    expired: row.expired,
  }
}

/** What commands in a row make of a capture; throws the machine's refusal. Null: nothing changes. */
export function plan(capture: Capture, commands: readonly CaptureCommand[]): Change | null {
  let next = capture
  const events: CaptureEvent[] = []
  for (const command of commands) {
    const decision = decide(next, command)
    if (!decision.ok) throw new SallyportError(decision.code)
    for (const event of decision.events) next = fold(next, event)
    events.push(...decision.events)
  }
  if (events.length === 0) return null
  return { expected: capture.sequence, next, events: events.map((event) => ({ id: makeId('evt_'), ...event })) }
}

export const applyText = 'capture_apply($1, $2, $3, $4, $5)'
export const applyValues = (id: string, change: Change, secrets: CaptureSecrets): unknown[] => [
  id,
  change.expected,
  JSON.stringify(change.next),
  JSON.stringify(change.events),
  JSON.stringify(secrets),
]

export const isConflict = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === changedMeanwhile

const triesMax = 5

/** The same bytes again after a lost answer: the same capture, completed. */
export const isRepeat = (stored: StoredCapture, submission: Buffer): boolean =>
  stored.capture.state === 'completed' && stored.submission !== null && timingSafeEqual(stored.submission, submission)

export interface Statement {
  name: string
  text: string
  values: unknown[]
}

/** A statement around a change: a row where it was done, none where it may not be. */
type Around = (id: string, change: Change, secrets: CaptureSecrets) => Statement

const apply: Around = (id, change, secrets) => ({
  name: 'capture_apply',
  text: `select ${applyText}`,
  values: applyValues(id, change, secrets),
})

export interface Completing {
  /** As it was read, or remembered. */
  stored: StoredCapture
  submission: Buffer
  /** Throws where the capture, read again, is not this caller's any more. */
  isStillTheirs: (stored: StoredCapture) => void
}

/**
 * Completes a capture in one statement that `write` makes around its change. Tries again when a progress event came in
 * between; a twin of the same submission that was quicker has our answer.
 */
export async function complete(
  db: pg.Pool,
  { stored: first, submission, isStillTheirs }: Completing,
  commands: readonly CaptureCommand[],
  write: (change: Change, secrets: CaptureSecrets) => Promise<unknown>,
): Promise<Capture> {
  let stored = first
  for (let tries = 0; tries < triesMax; tries += 1) {
    const planned = plan(stored.capture, commands)
    if (planned === null) break
    try {
      await write(planned, { submission: submission.toString('hex') })
      return planned.next
    } catch (error) {
      if (!isConflict(error)) throw error
    }
    const again = await readCapture(db, stored.capture.id)
    if (again === null) break
    if (isRepeat(again, submission)) return again.capture
    isStillTheirs(again)
    if (again.expired) break
    stored = again
  }
  throw new SallyportError('system.conflict')
}

/**
 * Reads, decides and applies; reads again when somebody was quicker. `commands` sees the capture as it is at that try
 * and may refuse by throwing. Returns the capture after it.
 */
export async function change(
  db: pg.Pool,
  id: string,
  commands: (stored: StoredCapture) => readonly CaptureCommand[],
  secrets: CaptureSecrets = {},
  around: Around = apply,
): Promise<Capture> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const stored = await readCapture(db, id)
    // Who comes from the gateway's side has found it before. A frame that asks for one that never was hears what it hears
    // to a wrong secret: whether a capture exists is nobody's to learn.
    if (stored === null) throw new SallyportError('auth.unauthenticated')
    const planned = plan(stored.capture, commands(stored))
    if (planned === null) return stored.capture
    try {
      const { rowCount } = await db.query(around(id, planned, secrets))
      if (rowCount === 1) return planned.next
    } catch (error) {
      if (!isConflict(error)) throw error
    }
  }
  throw new SallyportError('system.conflict')
}
