/** Writes a log into a folder as C2SP tlog-tiles lays one out: what an auditor takes home and checks without us. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LogSource } from './log-source.ts'
import { signedCheckpoint } from './proof-text.ts'
import type { NoteKey } from './note.ts'
import { tilePath, tileWidth, widthAt } from './tiles.ts'
import { checkpointFile, checkpointName, cosignedFolder, earlierFolder } from './tree-folder.ts'

/** How many entries it has. Rejects where there is no checkpoint of this key. */
export async function exportLog(source: LogSource, key: NoteKey, folder: string): Promise<number> {
  const note = (await source.checkpoint()) ?? ''
  const checkpoint = signedCheckpoint(note, key)
  if (checkpoint === null) throw new Error(`there is no checkpoint that ${key.name} signed`)
  const { size } = checkpoint
  const write = (path: string, body: Buffer | string): void => {
    const full = join(folder, path)
    mkdirSync(dirname(full), { recursive: true, mode: 0o700 })
    writeFileSync(full, body, { mode: 0o600 })
  }
  for (let level = 0; level === 0 || size >= tileWidth ** level; level += 1) {
    for (let index = 0; widthAt(size, level, index) > 0; index += 1) {
      const width = widthAt(size, level, index)
      const hashes = await source.hashes(level, index, width)
      if (hashes !== null) write(tilePath(level, index, width), hashes)
      const entries = level === 0 ? await source.entries(index, width) : null
      if (entries !== null) write(tilePath('entries', index, width), entries)
    }
  }
  for (const [at, one] of (await source.earlier()).entries()) write(join(earlierFolder, checkpointName(at)), one)
  for (const [at, one] of (await source.cosigned()).entries()) write(join(cosignedFolder, checkpointName(at)), one)
  // The last one: a folder with it is whole.
  write(checkpointFile, note)
  return size
}
