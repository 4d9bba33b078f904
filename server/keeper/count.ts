/** How late the keeper's two queues are (events without a number, audit entries that no checkpoint covers), what is wrong with a log, and how far rewrapping is. */
import type pg from 'pg'
import { logNames } from '../audit/checkpoint.ts'
import type { Registry } from '../metrics/registry.ts'
import { progressOf, type RewrapProgress, type RewrapRow, rewrapRows } from '../records/rewrap-progress.ts'
import { unsignedMs } from './checkpoints.ts'
import { eventsLagMs } from './sequencer.ts'

/** @param signedSize how many entries of the vault's log the newest checkpoint covers; null while a twin signs, who says how late. */
export function countLags(db: pg.Pool, registry: Registry, signedSize: () => number | null): void {
  registry.gauge(
    {
      name: 'sallyport_sequencer_lag_seconds',
      help: 'Age of the oldest event that has no place in the feed yet.',
      labels: {},
    },
    async () => [{ labels: {}, value: (await eventsLagMs(db)) / 1_000 }],
  )
  registry.gauge(
    {
      name: 'sallyport_audit_lag_seconds',
      help: 'Age of the oldest audit entry that no signed checkpoint covers.',
      labels: { log: ['vault'] },
    },
    async () => {
      const size = signedSize()
      return size === null ? [] : [{ labels: { log: 'vault' }, value: (await unsignedMs(db, size)) / 1_000 }]
    },
  )
}

export const auditFaults = (registry: Registry) =>
  registry.counter({
    name: 'sallyport_audit_faults_total',
    help: 'How often a log that was looked at is not what it was; it is not signed any further.',
    labels: { log: logNames, fault: ['rolled_back', 'rewritten', 'missing', 'altered'] },
  })

/** Over all keys that are being emptied. Estimates: what keeper itself counts and measures as it goes. */
export function countRewraps(db: pg.Pool, registry: Registry): void {
  const gauge = (spec: { name: string; help: string }, read: (progress: RewrapProgress) => number): void =>
    registry.gauge({ ...spec, labels: {} }, async () => {
      const { rows } = await db.query<RewrapRow>(`${rewrapRows} where finished_at is null or refused > 0`)
      return [{ labels: {}, value: rows.reduce((sum, row) => sum + read(progressOf(row)), 0) }]
    })
  gauge(
    { name: 'sallyport_rewrap_left_records', help: 'Records to be rewrapped, as estimated.' },
    ({ left }) => left ?? 0,
  )
  gauge(
    { name: 'sallyport_rewrap_left_seconds', help: 'How long that takes, as estimated.' },
    ({ seconds_left: seconds }) => seconds ?? 0,
  )
  gauge(
    { name: 'sallyport_rewrap_refused_records', help: 'Records that did not unwrap and stay under an old key.' },
    ({ refused }) => refused,
  )
}

/** Below zero, somebody whose card was erased was promised what is not kept: a key that opens an old backup is still there. */
export function countKeyEnds(db: pg.Pool, registry: Registry): void {
  registry.gauge(
    {
      name: 'sallyport_key_end_seconds',
      help: 'Time until a key has to be destroyed, for an erasure that was promised to be irrevocable by then.',
      labels: {},
    },
    async () => {
      const { rows } = await db.query<{ seconds: number | null }>(
        'select extract(epoch from min(end_by) - clock_timestamp())::float8 as seconds from epoch_promises()',
      )
      const seconds = rows[0]?.seconds ?? null
      return seconds === null ? [] : [{ labels: {}, value: seconds }]
    },
  )
}
