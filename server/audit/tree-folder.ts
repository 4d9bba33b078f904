/**
 * A log's tree in a folder, in the layout of C2SP tlog-tiles, so that any file server can show it: tiles of hashes, the
 * newest checkpoint, some of before. It is written by adding alone: a hash that stands is never written again. What is
 * read back at the start counts only where it gives the root of the checkpoint beside it.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeDurably } from '../private-files.ts'
import { emptyRoot, Frontier, hashBytes } from './merkle.ts'
import { hashAt, Prover, subtreeRoot, type Tiles, tilePath, tileWidth, widthAt } from './tiles.ts'

export const checkpointFile = 'checkpoint'
/** A file for each witness: the newest checkpoint that it cosigned. */
export const cosignedFolder = 'cosigned'
export const earlierFolder = 'checkpoints'
export const checkpointName = (size: number): string => `${String(size).padStart(12, '0')}.checkpoint`

/** Null where there is no such file. */
export function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null
    throw error
  }
}

/** A tile out of any file that has it: a partial one goes when its tile is full. */
export function readTile(folder: string, level: number, index: number, width: number): Buffer | null {
  const bytes = width * hashBytes
  const exact =
    readIfThere(join(folder, tilePath(level, index, width))) ??
    readIfThere(join(folder, tilePath(level, index, tileWidth)))
  if (exact !== null) return exact.length >= bytes ? exact.subarray(0, bytes) : null
  const partial = join(folder, `${tilePath(level, index, tileWidth)}.p`)
  for (const wider of partialWidths(partial)) {
    if (wider >= width) return readIfThere(join(partial, String(wider)))?.subarray(0, bytes) ?? null
  }
  return null
}

function partialWidths(folder: string): number[] {
  try {
    return readdirSync(folder)
      .map(Number)
      .filter(Number.isInteger)
      .sort((a, b) => b - a)
  } catch {
    return []
  }
}

export const tilesIn = (folder: string): Tiles => ({
  hashes: async (level, index, width) => readTile(folder, level, index, width),
})

/** How often one of the checkpoints is kept for good: enough to close in on a place, few enough to keep for years. */
const keepEveryMs = 600_000

export class TreeFolder {
  readonly #folder: string
  /** Of each level, the hashes that fill no tile yet. */
  #edge: Buffer[][] = [[]]
  #size = 0
  #keptAtMs = 0

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(join(folder, earlierFolder), { recursive: true, mode: 0o700 })
  }

  get size(): number {
    return this.#size
  }

  /** Goes on after `size` entries. False where the tiles do not give `root`: then the tree is empty. */
  async resume(size: number, root: Buffer): Promise<boolean> {
    const found = await new Prover(tilesIn(this.#folder), size).root().catch(() => null)
    if (found?.equals(root) !== true) return false
    this.#size = size
    this.#edge = []
    for (let level = 0; level === 0 || size >= tileWidth ** level; level += 1) {
      const index = Math.floor(size / tileWidth ** (level + 1))
      const width = widthAt(size, level, index)
      const tile = width === 0 ? Buffer.alloc(0) : (readTile(this.#folder, level, index, width) ?? Buffer.alloc(0))
      this.#edge.push(Array.from({ length: width }, (_, at) => Buffer.from(hashAt(tile, at))))
    }
    return true
  }

  append(leaf: Buffer): void {
    this.#put(0, leaf)
    this.#size += 1
  }

  #put(level: number, hash: Buffer): void {
    const edge = this.#edge[level] ?? []
    this.#edge[level] = edge
    edge.push(hash)
    if (edge.length < tileWidth) return
    const tile = Buffer.concat(edge)
    const index = Math.floor(this.#size / tileWidth ** (level + 1))
    const path = tilePath(level, index, tileWidth)
    this.#write(path, tile)
    rmSync(join(this.#folder, `${path}.p`), { recursive: true, force: true })
    this.#edge[level] = []
    this.#put(level + 1, subtreeRoot(tile))
  }

  root(): Buffer {
    let right: Buffer | undefined
    for (const edge of this.#edge) {
      if (edge.length === 0) continue
      const row = new Frontier()
      for (const hash of edge) row.append(hash)
      right = row.root(right)
    }
    return right ?? emptyRoot()
  }

  /** Makes the tree as it is now visible: its partial tiles first, then the checkpoint that needs them. */
  publish(note: string, nowMs: number): void {
    for (const [level, edge] of this.#edge.entries()) {
      const index = Math.floor(this.#size / tileWidth ** (level + 1))
      if (edge.length > 0) this.#write(tilePath(level, index, edge.length), Buffer.concat(edge))
    }
    writeDurably(join(this.#folder, checkpointFile), note)
    if (nowMs - this.#keptAtMs >= keepEveryMs) {
      this.#keptAtMs = nowMs
      writeDurably(join(this.#folder, earlierFolder, checkpointName(this.#size)), note)
    }
  }

  checkpoint(): string | null {
    return readIfThere(join(this.#folder, checkpointFile))?.toString('utf8') ?? null
  }

  #write(path: string, bytes: Buffer): void {
    const full = join(this.#folder, path)
    mkdirSync(dirname(full), { recursive: true, mode: 0o700 })
    // Not durable by itself: at the start the tiles are held against the signed root, and made anew from the entries.
    writeFileSync(`${full}.new`, bytes, { mode: 0o600 })
    renameSync(`${full}.new`, full)
  }
}
