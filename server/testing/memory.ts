/**
 * The writable memory of a process of ours, as Linux shows it in /proc, for tests that look for what must not be there.
 * It takes root, or the same user where nothing forbids it (kernel.yama.ptrace_scope, a container's seccomp profile).
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

const pageBytes = 4_096
const partBytes = 8 << 20
/** Longer than whatever is looked for, so that what lies on the edge of two parts is whole in one of them. */
const overlapBytes = pageBytes

/** Whether this process may read that one's memory. */
export function canReadMemory(pid: number): boolean {
  try {
    for (const _part of memoryParts(pid)) return true
    return false
  } catch {
    return false
  }
}

/**
 * All pages that may be written and are there, in parts of at most 8 MB that overlap. A part is lent: the next one
 * overwrites it. Throws where the memory may not be read.
 */
export function* memoryParts(pid: number): Generator<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(partBytes + overlapBytes)
  const fd = openSync(`/proc/${pid}/mem`, 'r')
  const pagemap = openSync(`/proc/${pid}/pagemap`, 'r')
  try {
    for (const mapping of writableMappings(pid)) {
      for (const { start, end } of presentRuns(pagemap, mapping)) {
        for (let at = start; at < end; at += partBytes) {
          const length = readInto(fd, buffer, at, Math.min(partBytes + overlapBytes, end - at))
          if (length > 0) yield buffer.subarray(0, length)
        }
      }
    }
  } finally {
    buffer.fill(0)
    closeSync(pagemap)
    closeSync(fd)
  }
}

interface Range {
  start: number
  end: number
}

function* writableMappings(pid: number): Generator<Range> {
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? []
    if (start !== undefined && end !== undefined) {
      yield { start: Number.parseInt(start, 16), end: Number.parseInt(end, 16) }
    }
  }
}

/** V8 reserves far more than it uses: runs of pages that are in memory or swapped out, by the kernel's own table. */
function* presentRuns(pagemap: number, { start, end }: Range): Generator<Range> {
  const pages = (end - start) / pageBytes
  const table = Buffer.alloc(pages * 8)
  const known = readSync(pagemap, table, 0, table.length, (start / pageBytes) * 8) / 8
  let from: number | null = null
  for (let page = 0; page <= pages; page += 1) {
    // Bits 63 and 62; what the table does not tell is read.
    const there = page < pages && (page >= known || ((table[page * 8 + 7] ?? 0) & 0xc0) !== 0)
    if (there) from ??= page
    else if (from !== null) {
      yield { start: start + from * pageBytes, end: start + page * pageBytes }
      from = null
    }
  }
}

function readInto(fd: number, buffer: Buffer, from: number, length: number): number {
  let done = 0
  while (done < length) {
    try {
      const got = readSync(fd, buffer, done, length - done, from + done)
      if (got === 0) break
      done += got
    } catch (error) {
      // Given back meanwhile. Anything else is a reader without the right to read.
      if (error instanceof Error && 'code' in error && error.code === 'EIO') break
      throw error
    }
  }
  return done
}
