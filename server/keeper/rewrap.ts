/**
 * Rewrapping: what a rotated key holds goes to the active one, in batches, through keyd. This process sees wrapped keys and
 * what they are bound to, never a data key and never a ciphertext; its database role can write no other column. How far it is
 * stands in the vault, written together with each batch: ended at any moment, it goes on where it was.
 */
import type pg from 'pg'
import type { Mode } from '../config.ts'
import type { InnerCall } from '../doors/inner-client.ts'
import type { Log } from '../log.ts'
import { encodeContext, type RecordContext } from '../records/format.ts'
import type { RewrapAnswer, RewrapCall } from '../records/keyd-calls.ts'
import { packWrapped, rewrapBatchMax, unpackAnswer } from '../records/rewrap-batch.ts'

export interface Rewrapping {
  db: pg.Pool
  keyd: InnerCall
  log: Log
  mode: Mode
  batch?: number
  /** Of the time a batch takes, how much it rests after it: half of keyd's time is everybody else's. */
  restRatio?: number
  /** False to come to an end after the batch that is under way: the process ends, or another keeper has the lease. */
  goOn: () => Promise<boolean>
}

interface Due {
  kek_id: Buffer
  to_kek_id: Buffer
  purpose: 'card' | 'credential'
  after: string
}

interface Wrapped {
  /** A token, or the account of a credential. */
  name: string
  wrappedDek: Buffer
  context: RecordContext
}

/** Everything that is due, to its end. Rejects where keyd or the database is away: what was written stays, and the next call goes on. */
export async function rewrap(job: Rewrapping): Promise<void> {
  const { rows } = await job.db.query<Due>('select * from rewrap_due()')
  for (const due of rows) {
    const ended = due.purpose === 'card' ? await walkCards(job, due) : await moveCredentials(job, due)
    if (!ended) return
    await job.db.query('select rewrap_walked($1)', [due.kek_id])
    job.log.info({ event: 'rewrap.walked', key_id: due.kek_id.toString('hex') })
  }
}

interface Page {
  records: Wrapped[]
  /** The last token that was looked at; null at the end. */
  lookedTo: string | null
}

interface Batch extends Page {
  wraps: Promise<(Buffer | null)[]>
}

/**
 * False when it was told to stop. While keyd works on one batch the next is read and sent, and the one before is written; they
 * are written in their order, so that the place in the vault is never ahead of what was moved.
 */
async function walkCards(job: Rewrapping, due: Due): Promise<boolean> {
  let ahead = readCards(job, due, due.after)
  let under: Batch | null = null
  let writing: Promise<unknown> = Promise.resolve()
  let lastMs = performance.now()
  const write = async ({ records, lookedTo, wraps }: Batch): Promise<void> => {
    const moved = await wraps
    await writing
    const nowMs = performance.now()
    const perSecond = records.length / ((nowMs - lastMs) / 1_000)
    lastMs = nowMs
    writing = quiet(writeCards(job, due, { lookedTo: lookedTo ?? '', records, wraps: moved, perSecond }))
  }
  try {
    for (;;) {
      const began = performance.now()
      const page = await ahead
      if (page.lookedTo !== null) ahead = quiet(readCards(job, due, page.lookedTo))
      const next = page.lookedTo === null ? null : { ...page, wraps: quiet(throughKeyd(job, due, page.records)) }
      if (under !== null) await write(under)
      under = next
      if (next === null) return true
      await rest((performance.now() - began) * (job.restRatio ?? 1))
      if (await job.goOn()) continue
      await write(next)
      return false
    }
  } finally {
    await Promise.allSettled([ahead, under?.wraps])
    await writing
  }
}

/** Awaited later: until then nobody else would hear of its failure. */
function quiet<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined)
  return work
}

async function readCards(
  { db, mode, batch = rewrapBatchMax }: Rewrapping,
  { kek_id: kekId }: Due,
  after: string,
): Promise<Page> {
  const { rows } = await db.query({
    name: 'rewrap_read',
    text: 'select * from rewrap_read($1, $2, $3)',
    values: [kekId, after, batch],
  })
  const records: Wrapped[] = []
  for (const row of rows) {
    if (row.wrapped_dek === null) continue
    const { version, suite, tenant, token, created_ms: createdMs } = row
    const { uses, amount_max: amountMax, currency, account, not_after_ms: notAfterMs, max_opens: maxOpens } = row
    const mandate = { uses, amountMax, currency, account, notAfterMs, maxOpens }
    // The mode is the deployment's, as where it is opened: a row that says another does not unwrap.
    const context: RecordContext = { version, suite, mode, tenant, token, class: 'card', createdMs, mandate }
    records.push({ name: token, wrappedDek: row.wrapped_dek, context })
  }
  return { records, lookedTo: rows.at(-1)?.token ?? null }
}

/** A thousand steps of a slow HSM. */
const keydMsMax = 60_000

async function throughKeyd({ keyd }: Rewrapping, due: Due, records: readonly Wrapped[]): Promise<(Buffer | null)[]> {
  if (records.length === 0) return []
  const call: RewrapCall = {
    from: due.kek_id.toString('base64url'),
    to: due.to_kek_id.toString('base64url'),
    records: packWrapped(records.map(({ context, wrappedDek }) => ({ context: encodeContext(context), wrappedDek }))),
  }
  // Sound: keyd's own shape, from the signed door; what is in it is measured here.
  const answer = (await keyd('POST', '/rewrap', call, { deadlineMs: keydMsMax })) as RewrapAnswer
  const wraps = unpackAnswer(answer.wraps, records.length)
  if (wraps === null) throw new Error('keyd answered another batch')
  return wraps
}

interface Written extends Pick<Page, 'records'> {
  lookedTo: string
  wraps: readonly (Buffer | null)[]
  perSecond: number
}

/**
 * `coalesce`: what the planner knows of a new key is that hardly a record has it, and it would look for those first, in all of
 * the table, once a record.
 * One statement: the wrapped keys, and that they were written. A record that has lost its wrapped key meanwhile, or has another,
 * is left alone: an erased card must not come back.
 */
async function writeCards(
  { db, log }: Rewrapping,
  due: Due,
  { lookedTo, records, wraps, perSecond }: Written,
): Promise<void> {
  const { tokens, moved, refused } = sorted(records, wraps)
  for (const token of refused) log.warn({ event: 'rewrap.refused', token, key_id: due.kek_id.toString('hex') })
  await db.query({
    name: 'rewrap_write',
    text: `with moved as (
        update records r set kek_id = $2, wrapped_dek = substr($4::bytea, (b.n::integer - 1) * $8::integer + 1, $8::integer)
        from unnest(string_to_array($3, ' ')) with ordinality as b (token, n)
        where r.token = b.token and coalesce(r.kek_id = $1, false) returning r.token)
      select rewrap_moved($1, $5, (select count(*) from moved), $6, $7)`,
    values: [
      ...[due.kek_id, due.to_kek_id],
      // Two values instead of two arrays: names have no spaces, and all that is wrapped to one key is of one length.
      ...[tokens.join(' '), Buffer.concat(moved)],
      ...[lookedTo, refused.length, perSecond, moved[0]?.length ?? 0],
    ],
  })
}

function sorted(records: readonly Wrapped[], wraps: readonly (Buffer | null)[]) {
  const [tokens, moved, refused]: [string[], Buffer[], string[]] = [[], [], []]
  records.forEach(({ name }, index) => {
    const wrap = wraps[index] ?? null
    if (wrap === null) refused.push(name)
    else {
      tokens.push(name)
      moved.push(wrap)
    }
  })
  return { tokens, moved, refused }
}

/** All at once: a deployment has a credential an account. True unless there are more than a batch of them. */
async function moveCredentials(job: Rewrapping, due: Due): Promise<boolean> {
  const { db, mode, log } = job
  const { rows } = await db.query('select * from rewrap_credentials($1, $2)', [due.kek_id, rewrapBatchMax])
  const records = rows.map((row): Wrapped => {
    const { version, suite, tenant, account, created_ms: createdMs, wrapped_dek: wrappedDek } = row
    const context = {
      version,
      suite,
      mode,
      tenant,
      token: account,
      class: 'credential',
      createdMs,
      mandate: null,
    } as const
    return { name: account, wrappedDek, context }
  })
  const wraps = await throughKeyd(job, due, records)
  const { refused } = sorted(records, wraps)
  for (const account of refused)
    log.warn({ event: 'rewrap.refused', subject: account, key_id: due.kek_id.toString('hex') })
  // Where a credential was set anew meanwhile, the new one stays.
  await db.query(
    `with moved as (
       update credentials c set kek_id = $2, wrapped_dek = b.after
       from unnest($3::text[], $4::bytea[], $5::bytea[]) as b (account, before, after)
       where c.account = b.account and c.kek_id = $1 and c.wrapped_dek = b.before and b.after is not null returning c.account)
     select rewrap_moved($1, '', (select count(*) from moved), $6, null)`,
    [
      due.kek_id,
      due.to_kek_id,
      records.map(({ name }) => name),
      records.map(({ wrappedDek }) => wrappedDek),
      wraps,
      refused.length,
    ],
  )
  return records.length < rewrapBatchMax
}

/** Longer than this is no rest but an outage of somebody else's. */
const restMsMax = 2_000
const rest = (ms: number): Promise<void> =>
  ms < 1 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, Math.min(ms, restMsMax)))
