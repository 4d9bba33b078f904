/** What every process tells of itself: memory, the loop's delay, its database connections. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type pg from 'pg'
import type { Registry } from './registry.ts'

/** @param pool none, where the process has no database. */
export function processMetrics(registry: Registry, pool?: pg.Pool): void {
  const loop = monitorEventLoopDelay({ resolution: 20 })
  loop.enable()
  registry.gauge(
    { name: 'sallyport_started_seconds', help: 'When the process began, in Unix time.', labels: {} },
    () => [{ labels: {}, value: Math.round((performance.timeOrigin / 1_000) * 1_000) / 1_000 }],
  )
  registry.gauge({ name: 'sallyport_resident_bytes', help: 'Memory that the process holds.', labels: {} }, () => [
    { labels: {}, value: process.memoryUsage.rss() },
  ])
  registry.gauge(
    {
      name: 'sallyport_event_loop_delay_seconds',
      help: 'How late timers were since the last scrape, 99th percentile.',
      labels: {},
    },
    () => {
      const value = loop.percentile(99) / 1e9
      loop.reset()
      return [{ labels: {}, value }]
    },
  )
  if (pool === undefined) return
  registry.gauge(
    {
      name: 'sallyport_pool_connections',
      help: 'Database connections of the pool; waiting are those who want one.',
      labels: { state: ['busy', 'idle', 'waiting'] },
    },
    () => [
      { labels: { state: 'busy' }, value: pool.totalCount - pool.idleCount },
      { labels: { state: 'idle' }, value: pool.idleCount },
      { labels: { state: 'waiting' }, value: pool.waitingCount },
    ],
  )
}
