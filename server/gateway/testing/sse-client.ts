/** A small reader of server-sent events for tests: every event with its id, and an end that the test chooses. */
export interface SseEvent {
  id: string
  type: string
  data: { subject: string; sequence: number; type: string }
}

export interface SseReader {
  status: number
  text: string
  /** Resolves once this many events have come, or rejects after a while. */
  take(count: number): Promise<SseEvent[]>
  /** Resolves when the stream has ended. */
  ended: Promise<void>
  comments(): number
  leave(): Promise<void>
}

export async function openStream(url: string, key: string, headers: Record<string, string> = {}): Promise<SseReader> {
  const stop = new AbortController()
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream', ...headers },
    signal: stop.signal,
  })
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
  const events: SseEvent[] = []
  let comments = 0
  let news = (): void => undefined
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    let text = ''
    for await (const part of response.body ?? []) {
      text += decoder.decode(part, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        if (block.startsWith(':')) comments += 1
        const lines = new Map(
          block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
        )
        const data = lines.get('data')
        if (data !== undefined)
          events.push({ id: lines.get('id') ?? '', type: lines.get('event') ?? '', data: JSON.parse(data) })
      }
      news()
    }
  }
  const text = isStream ? '' : await response.text()
  const ended = isStream
    ? read()
        .catch(() => undefined)
        .finally(() => news())
    : Promise.resolve()
  return {
    status: response.status,
    text,
    comments: () => comments,
    ended,
    take: (count) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${events.length} of ${count} events came`)), 10_000)
        const look = (): void => {
          if (events.length < count) return
          clearTimeout(timer)
          resolve(events.slice(0, count))
        }
        news = look
        look()
      }),
    leave: async () => {
      stop.abort()
      await ended
    },
  }
}
