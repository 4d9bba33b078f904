/** What every process tells of itself: memory, the loop's delay, its database connections. */
import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import type pg from 'pg'
import type { Registry } from './registry.ts'

/**
 * What the last full collection of garbage left, in bytes; 0 before the first. Memory that is held for a while comes and goes in
 * what a process has from the system, but not here: what grows here grows for good.
 */
function watchHeap(): () => number {
  let kept = 0
  const observer = new PerformanceObserver((list) => {
    const full = list.getEntries().some((entry) => kindOf(entry) === constants.NODE_PERFORMANCE_GC_MAJOR)
    if (!full) return
    kept = heapBytes()
  })
  observer.observe({ entryTypes: ['gc'] })
  return () => kept
}

/** What a collection here and now leaves; undefined in a process that was not started for it (`SALLYPORT_COLLECT_AT_SCRAPE`). */
function collected(): number | undefined {
  if (globalThis.gc === undefined) return undefined
  globalThis.gc()
  return heapBytes()
}

function heapBytes(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Of a collection; the types know the browser's entries alone. */
function kindOf(entry: object): unknown {
  const detail = 'detail' in entry ? entry.detail : undefined
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined
}

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
  const heap = watchHeap()
  registry.gauge(
    { name: 'sallyport_heap_kept_bytes', help: 'Heap that the last full collection of garbage left.', labels: {} },
    () => [{ labels: {}, value: collected() ?? heap() }],
  )
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
