/**
 * Reads a server-sent event stream (WHATWG HTML §9.2.6) as far as the gateway uses it: `id`, `data`, comments.
 * Each block is yielded, also one without data: an `id` alone moves the cursor.
 * Ends where the stream ends; throws what the stream throws, and `StreamQuiet` after `idleMs` without a byte.
 */
export interface SseBlock {
  id?: string
  data?: string
}
export class StreamQuiet extends Error {
  constructor() {
    super('the stream went quiet')
  }
}

export async function* readSse(body: ReadableStream<Uint8Array>, idleMs: number): AsyncGenerator<SseBlock> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await withDeadline(reader.read(), idleMs)
      if (done) return // an unfinished block is dropped: its event comes again after the cursor before it
      rest += decoder.decode(value, { stream: true })
      const blocks = rest.replaceAll('\r\n', '\n').split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) yield parseBlock(block)
    }
  } finally {
    reader.cancel().catch(() => {}) // the connection may be gone already
  }
}

function parseBlock(block: string): SseBlock {
  const out: SseBlock = {}
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'data') out.data = out.data === undefined ? value : `${out.data}\n${value}`
    if (name === 'id') out.id = value
  }
  return out
}

export async function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const quiet = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StreamQuiet()), ms)
  })
  try {
    return await Promise.race([promise, quiet])
  } finally {
    clearTimeout(timer)
  }
}
