/**
 * What time does to captures, codes, hourly keys and erased tokens. The database's clock decides what is due; every
 * step may be done again after a crash.
 */
import type pg from 'pg'
import { type Capture, fold } from '../../protocol/capture.ts'
import { decide } from '../../protocol/decide.ts'
import { makeId } from '../../protocol/ids.ts'
import type { InnerCall } from '../doors/inner-client.ts'
import type { Log } from '../log.ts'
import type { BuriedToken } from '../restore/buried.ts'

export interface Upkeep {
  db: pg.Pool
  keyd: InnerCall
  log: Log
  /** Notes a token that keyd buried in a second place, apart from the databases. */
  remember: (buried: BuriedToken) => void
  /** `end-tokens.ts`: one step of it. */
  endTokens: () => Promise<number>
}

const batch = 100

export async function upkeep(job: Upkeep): Promise<void> {
  await expireCaptures(job)
  await job.db.query('delete from cvc where expires_at <= clock_timestamp()')
  await job.db.query('delete from hour_keys where destroy_at <= clock_timestamp()')
  await job.endTokens()
  await leaveTombstones(job)
  await destroyErased(job)
}

async function expireCaptures({ db, log }: Upkeep): Promise<void> {
  const { rows } = await db.query<{ body: Capture }>('select body from captures_due($1)', [batch])
  for (const { body } of rows) {
    const decision = decide(body, { kind: 'expire', reason: 'time' })
    if (!decision.ok) continue
    const next = decision.events.reduce<Capture>((capture, event) => fold(capture, event), body)
    const events = decision.events.map((event) => ({ id: makeId('evt_'), ...event }))
    try {
      await db.query('select capture_expire($1, $2, $3, $4)', [
        body.id,
        body.sequence,
        JSON.stringify(next),
        JSON.stringify(events),
      ])
    } catch (error) {
      // Somebody was quicker; what is still due comes again with the next round.
      log.info({ event: 'expire.skipped', capture: body.id, error })
    }
  }
}

/** keyd refuses an erased token from here on, whatever becomes of the vault's own rows. */
async function leaveTombstones({ db, keyd, remember }: Upkeep): Promise<void> {
  const { rows } = await db.query<{ id: string; tenant: string }>(
    "select id, tenant from tokens where state = 'erased' and not tombstoned limit $1",
    [batch],
  )
  for (const { id, tenant } of rows) {
    await keyd('POST', '/tombstone', { token: id, tenant })
    remember({ token: id, tenant })
    await db.query('update tokens set tombstoned = true where id = $1', [id])
  }
}

/** After the grace the wrapped key goes; the ciphertext stays, and nothing opens it. */
async function destroyErased({ db }: Upkeep): Promise<void> {
  const { rows } = await db.query<{ id: string }>(
    "select id from tokens where state = 'erased' and destroy_after <= clock_timestamp() limit $1",
    [batch],
  )
  for (const { id } of rows) {
    await db.query('update records set kek_id = null, wrapped_dek = null where token = $1', [id])
    await db.query('delete from fingerprints where token = $1', [id])
    await db.query('update tokens set destroy_after = null where id = $1', [id])
  }
}
