/** What the command line names becomes files to read: folders are walked, compressed files opened. */
import { createReadStream } from 'node:fs'
import { opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

export interface Source {
  /** As it was named, or found below a name. */
  name: string
  /** Null where nobody can tell beforehand. */
  bytes: number | null
  open(): AsyncIterable<Uint8Array>
}

/** What could not be read, and why, in the system's own word (`ENOENT`). */
export class Unreadable extends Error {
  readonly source: string
  readonly reason: string
  constructor(source: string, reason: string) {
    super(`${source} could not be read (${reason})`)
    this.source = source
    this.reason = reason
  }
}

export const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unreadable'

/** Files in the order of their names; what lies behind a link is not followed, so that no walk goes in circles. */
export async function* sourcesOf(names: readonly string[]): AsyncGenerator<Source | Unreadable> {
  for (const name of names) {
    if (name === '-') {
      yield { name: '(standard input)', bytes: null, open: () => opened(process.stdin) }
      continue
    }
    try {
      const entry = await stat(name)
      if (entry.isDirectory()) yield* below(name)
      else yield file(name, entry.isFile() ? entry.size : null)
    } catch (error) {
      yield new Unreadable(name, reasonOf(error))
    }
  }
}

async function* below(folder: string): AsyncGenerator<Source | Unreadable> {
  const entries = []
  try {
    for await (const entry of await opendir(folder)) entries.push(entry)
  } catch (error) {
    yield new Unreadable(folder, reasonOf(error))
    return
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* below(path)
    else if (entry.isFile()) yield* sourcesOf([path])
  }
}

const file = (name: string, bytes: number | null): Source => ({
  name,
  bytes,
  open: () => opened(createReadStream(name, { highWaterMark: 1 << 18 })),
})

/** Old logs are compressed: two bytes tell (RFC 1952 §2.3.1), whatever the file is called. */
async function* opened(stream: Readable): AsyncGenerator<Uint8Array> {
  const chunks = stream[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  while (head.length < 2) {
    const { value, done } = await chunks.next()
    if (done) break
    head = Buffer.concat([head, Buffer.from(value)])
  }
  async function* whole(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head
    for (;;) {
      const { value, done } = await chunks.next()
      if (done) return
      yield value
    }
  }
  if (head[0] !== 0x1f || head[1] !== 0x8b) return yield* whole()
  const plain = createGunzip()
  const source = Readable.from(whole())
  source.once('error', (error) => plain.destroy(error))
  yield* source.pipe(plain)
}
