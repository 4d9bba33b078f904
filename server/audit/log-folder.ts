/** A log in a folder: keeper's own, or one that `sallyport audit export` made, with the entries beside the hashes. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { LogSource } from './log-source.ts'
import { tilePath } from './tiles.ts'
import { checkpointFile, cosignedFolder, earlierFolder, readIfThere, readTile } from './tree-folder.ts'

/** More close in on nothing that fewer do not, and a deployment of before has one for every five seconds. */
const earlierMax = 2_000

/** The checkpoints that lie in a folder, by their names; of many an even choice, with the first and the last. */
export function earlierNotes(folder: string, max = earlierMax): string[] {
  let names: string[]
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.checkpoint'))
  } catch {
    return []
  }
  const step = Math.max(1, Math.ceil(names.length / max))
  const chosen = names.sort().filter((_, at) => at % step === 0 || at === names.length - 1)
  return chosen.flatMap((name) => readIfThere(join(folder, name))?.toString('utf8') ?? [])
}

const textIn = (folder: string, name: string): string | null =>
  readIfThere(join(folder, name))?.toString('utf8') ?? null

export const folderSource = (folder: string): LogSource => ({
  checkpoint: async () => textIn(folder, checkpointFile),
  cosigned: async () => earlierNotes(join(folder, cosignedFolder)),
  earlier: async () => earlierNotes(join(folder, earlierFolder)),
  hashes: async (level, index, width) => readTile(folder, level, index, width),
  entries: async (index, width) => readIfThere(join(folder, tilePath('entries', index, width))),
})
