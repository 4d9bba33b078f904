import type pg from 'pg'
import type { SallyportEvent } from '../../protocol/events.ts'
import type { LogName } from './cursors.ts'

/**
 * The gateway's copy of the vault's log, in its own database. Positions are the sequencer's. One transaction copies a
 * page and moves the place, under the lock of one row: several gateways may follow at once, and a reader that sees a
 * position sees all before it.
 */
export interface Place {
  log: LogName
  position: number
}

export interface CopiedEvent {
  position: number
  tenant: string
  event: SallyportEvent
}

export interface Page {
  log: LogName
  /** How far the copy reached in the same snapshot. */
  head: number
  events: { position: number; event: SallyportEvent }[]
}

export interface Filter {
  conversation?: string | undefined
  capture?: string | undefined
}

export interface SubjectState {
  id: string
  state: string
  sequence: number
  conversation?: string
}

export interface Snapshot {
  place: Place
  captures: SubjectState[]
  charges: SubjectState[]
}

/** A snapshot is for going on, not for an export: the newest of each kind. */
const snapshotMax = 500

export class EventCopy {
  readonly #db: pg.Pool
  constructor(db: pg.Pool) {
    this.#db = db
  }

  /** Null before the first contact with a log. */
  async place(): Promise<Place | null> {
    const { rows } = await this.#db.query(`select log_id, rewinds, position from followed_log`)
    return rows[0] === undefined ? null : placeOf(rows[0])
  }

  /**
   * Copies events that follow `from`. Does nothing and answers false where another gateway was quicker or the log was
   * changed meanwhile: the caller reads the place again.
   */
  async append(from: Place, to: number, events: readonly CopiedEvent[]): Promise<boolean> {
    return this.#transaction(async (client) => {
      const { rows } = await client.query(`select log_id, rewinds, position from followed_log for update`)
      const place = rows[0] === undefined ? null : placeOf(rows[0])
      if (place === null || !sameLog(place.log, from.log) || place.position !== from.position) return false
      if (events.length > 0) {
        const json = JSON.stringify(events.map(toRow))
        await client.query(`insert into events ${fromRows} on conflict do nothing`, [json])
        await client.query(upsertSubjects, [json])
      }
      await client.query(`update followed_log set position = $1`, [to])
      return true
    })
  }

  /** Another log, or ours came back shorter than it was: what was copied is thrown away and followed anew. */
  async startOver(before: Place | null, logId: string): Promise<void> {
    await this.#transaction(async (client) => {
      const { rows } = await client.query(`select log_id, rewinds, position from followed_log for update`)
      const place = rows[0] === undefined ? null : placeOf(rows[0])
      if (place === null) {
        await client.query(`insert into followed_log (log_id) values ($1) on conflict do nothing`, [logId])
        return
      }
      if (before === null || !sameLog(place.log, before.log)) return // another gateway has done it
      await client.query('delete from events')
      await client.query('delete from subjects')
      const rewinds = place.log.id === logId ? place.log.rewinds + 1 : 0
      await client.query(`update followed_log set log_id = $1, rewinds = $2, position = 0`, [logId, rewinds])
    })
  }

  /** What of a tenant's comes after a position. Null before the first contact with a log. */
  async page(tenant: string, after: number, filter: Filter, limit: number): Promise<Page | null> {
    const { rows } = await this.#db.query({
      name: pageName(filter),
      text: pageText(filter),
      values: [tenant, after, limit, ...filterValues(filter)],
    })
    if (rows[0] === undefined) return null
    return {
      log: placeOf(rows[0]).log,
      head: rows[0].position,
      // Sound: only events that parseEvent let through are stored.
      events: rows.filter((row) => row.at !== null).map((row) => ({ position: row.at, event: row.envelope })),
    }
  }

  async knows(tenant: string, subject: string): Promise<boolean> {
    const text = 'select from subjects where tenant = $1 and subject = $2'
    const { rowCount } = await this.#db.query({ name: 'subject_known', text, values: [tenant, subject] })
    return rowCount === 1
  }

  /** A subject's events after a sequence. */
  async ofSubject(tenant: string, subject: string, after: number, limit: number): Promise<SallyportEvent[]> {
    const { rows } = await this.#db.query<{ envelope: SallyportEvent }>({
      name: 'events_of_subject',
      text: `select e.envelope from events e where e.tenant = $1 and e.subject = $2 and e.sequence > $3
             order by e.sequence limit $4`,
      values: [tenant, subject, after, limit],
    })
    return rows.map((row) => row.envelope)
  }

  /** Where a tenant's captures and charges stand, and from which place on to read what changes. */
  async snapshot(tenant: string, filter: Filter): Promise<Snapshot | null> {
    const { rows } = await this.#db.query(
      `select l.log_id, l.rewinds, l.position, s.subject, s.state, s.sequence, s.conversation
       from followed_log l left join lateral (
         select * from (
           select t.*, row_number() over (partition by left(t.subject, 4) order by t.position desc) as newest
           from subjects t
           where t.tenant = $1 and t.state is not null
             and ($2::text is null or t.conversation = $2) and ($3::text is null or t.capture = $3)
         ) ranked where ranked.newest <= ${snapshotMax}
       ) s on true order by s.position`,
      [tenant, filter.conversation ?? null, filter.capture ?? null],
    )
    if (rows[0] === undefined) return null
    const states = (prefix: string): SubjectState[] =>
      rows
        .filter((row) => row.subject?.startsWith(prefix))
        .map((row) => ({
          id: row.subject,
          state: row.state,
          sequence: row.sequence,
          ...(row.conversation !== null && { conversation: row.conversation }),
        }))
    return { place: placeOf(rows[0]), captures: states('cap_'), charges: states('chg_') }
  }

  async #transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#db.connect()
    try {
      await client.query('begin')
      const result = await work(client)
      await client.query('commit')
      client.release()
      return result
    } catch (error) {
      // The connection may be what broke: it is not given back.
      client.release(true)
      throw error
    }
  }
}

export const sameLog = (a: LogName, b: LogName): boolean => a.id === b.id && a.rewinds === b.rewinds

const placeOf = (row: { log_id: string; rewinds: number; position: number }): Place => ({
  log: { id: row.log_id, rewinds: row.rewinds },
  position: row.position,
})

function toRow({ position, tenant, event }: CopiedEvent): object {
  const { subject, sequence, type, conversation, data } = event
  const of = 'capture_id' in data ? data.capture_id : undefined
  return {
    position,
    tenant,
    subject,
    sequence,
    type,
    conversation,
    capture: subject.startsWith('cap_') ? subject : of,
    state: 'state' in data ? data.state : undefined,
    envelope: event,
  }
}

const rowType = `r(position bigint, tenant text, subject text, sequence integer, type text, conversation text,
  capture text, state text, envelope jsonb)`

const fromRows = `(position, tenant, subject, sequence, type, conversation, capture, envelope)
  select r.position, r.tenant, r.subject, r.sequence, r.type, r.conversation, r.capture, r.envelope
  from jsonb_to_recordset($1::jsonb) as ${rowType}`

const upsertSubjects = `
  insert into subjects (tenant, subject, conversation, capture, sequence, type, state, position)
  select distinct on (r.tenant, r.subject)
    r.tenant, r.subject, r.conversation, r.capture, r.sequence, r.type, r.state, r.position
  from jsonb_to_recordset($1::jsonb) as ${rowType}
  order by r.tenant, r.subject, r.sequence desc
  on conflict (tenant, subject) do update set
    sequence = excluded.sequence, type = excluded.type, position = excluded.position,
    state = coalesce(excluded.state, subjects.state), conversation = coalesce(excluded.conversation, subjects.conversation),
    capture = coalesce(excluded.capture, subjects.capture)
  where subjects.sequence < excluded.sequence`

// Each combination of filters is a statement of its own, so that each finds its index.
const pageName = ({ conversation, capture }: Filter): string =>
  `events_page${conversation === undefined ? '' : '_conversation'}${capture === undefined ? '' : '_capture'}`

const filterValues = ({ conversation, capture }: Filter): string[] =>
  [conversation, capture].filter((value) => value !== undefined)

function pageText({ conversation, capture }: Filter): string {
  const conditions = ['e.tenant = $1', 'e.position > $2']
  if (conversation !== undefined) conditions.push('e.conversation = $4')
  if (capture !== undefined) conditions.push(`e.capture = $${conversation === undefined ? 4 : 5}`)
  return `select l.log_id, l.rewinds, l.position, p.position as at, p.envelope
    from followed_log l left join lateral (
      select e.position, e.envelope from events e where ${conditions.join(' and ')} order by e.position limit $3
    ) p on true order by p.position`
}
