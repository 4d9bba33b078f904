import { expect, test } from 'vitest'
import { longTasksIn, type TraceEvent } from './tasks.ts'

const main = { pid: 1, tid: 2 }
const task = (tdur: number, where = main): TraceEvent => ({ name: 'RunTask', ts: 0, tdur, ...where })
const trace = (...events: TraceEvent[]): Buffer => {
  const names = [
    { name: 'thread_name', ts: 0, ...main, args: { name: 'CrRendererMain' } },
    { name: 'thread_name', ts: 0, pid: 1, tid: 3, args: { name: 'ThreadPoolForegroundWorker' } },
  ]
  return Buffer.from(JSON.stringify({ traceEvents: [...events, ...names] }))
}

test('a task over fifty milliseconds is found on the main thread of a page, and on no other', () => {
  expect(longTasksIn(trace(task(50_000), task(50_001), task(90_000)))).toBe(2)
  expect(longTasksIn(trace(task(1), task(90_000, { pid: 1, tid: 3 })))).toBe(0)
})

test('a trace that saw no page proves nothing', () => {
  expect(() => longTasksIn(trace())).toThrow('no task of a page')
})
