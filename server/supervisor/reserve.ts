/**
 * Room on the database's disk that is held in reserve: a file of zeros. A database without room cannot finish what is under way,
 * and cannot even start again from its log. When the disk is nearly full the file goes, which is room to settle, to write the
 * audit log and to recover; and the operator is told. It comes back when there is room for it.
 */
import { rmSync, statfsSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'

export interface Reserve {
  close(): Promise<void>
}

export interface ReserveOptions {
  /** Where the database is. */
  folder: string
  say(line: string): void
  reserveBytes?: number
  everyMs?: number
  /** What is left on the disk of a folder. */
  freeBytes?: (folder: string) => number
}

const megabyte = 1_048_576
/** Four segments of the write-ahead log: enough to recover, and for minutes of charges. */
export const reserveBytesDefault = 64 * megabyte
/** Below this it is given back: a checkpoint and a few segments of the log take that much at once. */
const lowBytes = 32 * megabyte
/** Nothing can be written any more. */
const fullBytes = megabyte
const sayAgainMs = 60_000

export const freeBytesOf = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

export function keepReserve({
  folder,
  say,
  reserveBytes = reserveBytesDefault,
  everyMs = 1_000,
  freeBytes = freeBytesOf,
}: ReserveOptions): Reserve {
  const file = join(folder, 'reserve')
  // Of a start before this one, which may have ended because the disk was full.
  let held = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) >= reserveBytes
  let given = false
  let closed = false
  let quietUntilMs = 0
  let timer: NodeJS.Timeout | undefined

  const look = async (): Promise<void> => {
    const free = freeBytes(folder)
    const left = `${Math.floor(free / megabyte)} MB`
    if (held && free < lowBytes) {
      rmSync(file, { force: true })
      held = false
      given = true
      say(`the disk of ${folder} has ${left} left; what was held in reserve is given back: make room now`)
    } else if (!held && free > reserveBytes * 2 + lowBytes) {
      held = await lay(file, reserveBytes)
      if (held && given) say(`there is room on the disk of ${folder} again`)
      if (held) given = false
    } else if (free < fullBytes && Date.now() > quietUntilMs) {
      quietUntilMs = Date.now() + sayAgainMs
      say(
        `the disk of ${folder} is full: nothing is stored or charged until there is room, and nothing is lost; make room`,
      )
    }
  }
  const next = (): void => {
    if (closed) return
    timer = setTimeout(() => {
      running = look()
        .catch(() => undefined)
        .then(next)
    }, everyMs)
  }
  let running = look()
    .catch(() => undefined)
    .then(next)
  return {
    close: async () => {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}

/** Zeros in truth: a file with holes holds no room. False where the room went meanwhile. */
async function lay(path: string, bytes: number): Promise<boolean> {
  try {
    const file = await open(path, 'w', 0o600)
    try {
      const zeros = Buffer.alloc(megabyte)
      for (let left = bytes; left > 0; left -= zeros.length) {
        await file.write(zeros, 0, Math.min(left, zeros.length))
      }
    } finally {
      await file.close()
    }
    return true
  } catch {
    rmSync(path, { force: true })
    return false
  }
}
