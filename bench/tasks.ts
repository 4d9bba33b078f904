/** Long tasks of pages, read from Chromium's own trace: the time of the thread, so that other work of the machine does not count. */

export interface TraceEvent {
  name: string
  pid: number
  tid: number
  ts: number
  dur?: number
  /** Microseconds of the thread. */
  tdur?: number
  args?: { name?: string; data?: { type?: string } }
}

export const taskCategories = ['devtools.timeline', 'disabled-by-default-devtools.timeline']
const longUs = 50_000

// Sound: the trace's own format, of which these members are read.
export const eventsOf = (trace: Buffer): TraceEvent[] =>
  (JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] }).traceEvents

export const isLong = ({ name, tdur = 0 }: TraceEvent): boolean => name === 'RunTask' && tdur > longUs

/** On the main thread of any page that was open. Throws for a trace that saw none of their tasks: zero would prove nothing. */
export function longTasksIn(trace: Buffer): number {
  const events = eventsOf(trace)
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`
  const mains = new Set(
    events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(threadOf),
  )
  const tasks = events.filter((event) => event.name === 'RunTask' && mains.has(threadOf(event)))
  if (tasks.length === 0) throw new Error('the trace has no task of a page')
  return tasks.filter(isLong).length
}
