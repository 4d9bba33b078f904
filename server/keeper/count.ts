/** How late the keeper's two queues are: events without a number, audit entries outside of the chain. */
import type pg from 'pg'
import type { Registry } from '../metrics/registry.ts'
import { eventsLagMs } from './sequencer.ts'

export function countLags(db: pg.Pool, registry: Registry): void {
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
      help: 'Age of the oldest audit entry that is not chained yet.',
      labels: { log: ['vault'] },
    },
    async () => {
      const { rows } = await db.query<{ ms: number | null }>(
        `select extract(epoch from clock_timestamp() - a.at)::float8 * 1000 as ms
         from audit a where a.position is null order by a.id limit 1`,
      )
      return [{ labels: { log: 'vault' }, value: (rows[0]?.ms ?? 0) / 1_000 }]
    },
  )
}
