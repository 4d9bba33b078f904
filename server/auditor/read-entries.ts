/** The entries of a log in their order, as facts; for those who ask what happened, after the log itself was verified. */
import { type AuditEntry, parseEntry } from '../audit/entries.ts'
import type { LogSource } from '../audit/log-source.ts'
import { decodeBundle, tileWidth, widthAt } from '../audit/tiles.ts'

export interface PlacedEntry {
  /** From 0. */
  index: number
  entry: AuditEntry
}

export async function readEntries(source: LogSource, size: number): Promise<PlacedEntry[]> {
  const placed: PlacedEntry[] = []
  for (let index = 0; index * tileWidth < size; index += 1) {
    const bundle = await source.entries(index, widthAt(size, 0, index))
    for (const [at, bytes] of decodeBundle(bundle ?? Buffer.alloc(0)).entries()) {
      const entry = parseEntry(bytes.toString('utf8'))
      if (entry !== null) placed.push({ index: index * tileWidth + at, entry })
    }
  }
  return placed
}
