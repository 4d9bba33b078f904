/**
 * Sealing the key store belongs into the audit log, and while a deployment rests its database does too. So a note is left in the
 * home, and the next start writes the entry: who sealed, and when. A note goes when its entry is there.
 */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readPrivateJson, writePrivate } from '../private-files.ts'
import { type AdminOptions, openAdmin } from './deployment.ts'

interface SealNote {
  v: 1
  operator: string
  /** RFC 3339. */
  at: string
  /** An intent alone says that it may have happened. */
  result: 'intent' | 'done'
}

const folderOf = (home: string): string => join(home, 'config')

export interface SealNotes {
  done(): void
  /** Nothing was to be sealed. */
  drop(): void
}

/** Before the first file is written, so that a sealing that is cut short is told of too. */
export function leaveSealNote(home: string, operator: string, nowMs: number): SealNotes {
  const path = join(folderOf(home), `sealed-${nowMs}.json`)
  const note: SealNote = { v: 1, operator, at: new Date(nowMs).toISOString(), result: 'intent' }
  writePrivate(path, note)
  return {
    done: () => writePrivate(path, { ...note, result: 'done' } satisfies SealNote),
    drop: () => rmSync(path),
  }
}

/** Gives how many there were. The time of the sealing is the entry's object, since its own time is now. */
export async function auditSealNotes(home: string, options: Omit<AdminOptions, 'operator'>): Promise<number> {
  const names = readdirSync(folderOf(home)).filter((name) => /^sealed-\d+\.json$/.test(name))
  for (const name of names.sort()) {
    const path = join(folderOf(home), name)
    // Sound: this file alone writes them, into a folder that is ours alone.
    const { operator, at, result } = readPrivateJson(path) as SealNote
    const admin = await openAdmin({ ...options, operator })
    try {
      await admin.audit({ action: 'keys.seal', object: at }, result)
    } finally {
      await admin.close()
    }
    rmSync(path)
  }
  return names.length
}
