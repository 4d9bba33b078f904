/**
 * Tiles (C2SP tlog-tiles): the tree as files of at most 256 hashes. A tile of level 0 holds leaf hashes, one of a level
 * above the roots of full tiles below it. Here are their names and widths, the bundles of entries beside them, and the
 * proofs of RFC 6962 §2.1.1 and §2.1.2 made out of them.
 */
import { hashBytes, nodeHash } from './merkle.ts'

export const tileWidth = 256
const empty = Buffer.alloc(0)

/** Where tiles are read: `width` hashes in a row. Rejects, or gives null, where there is no such tile. */
export interface Tiles {
  hashes(level: number, index: number, width: number): Promise<Buffer | null>
}

/** `x001/x234/067`: three digits a folder. */
const indexPath = (index: number): string => {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, '0')
  const parts = digits.match(/\d{3}/g) ?? []
  return parts.map((part, at) => (at < parts.length - 1 ? `x${part}` : part)).join('/')
}

/** @param level a number, or `entries` for the bundle of entries beside the tile of level 0. */
export const tilePath = (level: number | 'entries', index: number, width: number): string =>
  `tile/${level}/${indexPath(index)}${width === tileWidth ? '' : `.p/${width}`}`

export interface TileName {
  level: number | 'entries'
  index: number
  width: number
}

/** Null for what is not the one spelling of a tile's name. */
export function parseTilePath(path: string): TileName | null {
  const match = /^tile\/(entries|\d|[1-5]\d|6[0-3])\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path)
  if (match === null) return null
  const level = match[1] === 'entries' ? 'entries' : Number(match[1])
  const index = Number((match[2] ?? '').replace(/[x/]/g, ''))
  const width = match[3] === undefined ? tileWidth : Number(match[3])
  const name: TileName = { level, index, width }
  return tilePath(level, index, width) === path ? name : null
}

/** How many hashes the tile at `index` of `level` has in a tree of `size` leaves; 0 where there is none. */
export const widthAt = (size: number, level: number, index: number): number =>
  Math.max(0, Math.min(tileWidth, Math.floor(size / tileWidth ** level) - index * tileWidth))

export const hashAt = (tile: Buffer, at: number): Buffer => tile.subarray(at * hashBytes, (at + 1) * hashBytes)

/**
 * The root of the full subtree whose leaves are these hashes. Their number is a power of two. It has memory of its own: who
 * keeps it does not keep the slab of Buffer's pool that a copy of 32 bytes would lie in.
 */
export function subtreeRoot(hashes: Buffer): Buffer {
  let row = Array.from({ length: hashes.length / hashBytes }, (_, at) => hashAt(hashes, at))
  while (row.length > 1) {
    const below = row
    row = Array.from({ length: below.length / 2 }, (_, at) =>
      nodeHash(below[2 * at] ?? empty, below[2 * at + 1] ?? empty),
    )
  }
  return row[0] ?? empty
}

/** Each entry behind its length in two bytes, big-endian. */
export function encodeBundle(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(entry.length)
      return [length, Buffer.from(entry)]
    }),
  )
}

/** What is whole; bytes that are cut off at the end are none. */
export function decodeBundle(bundle: Buffer): Buffer[] {
  const entries: Buffer[] = []
  for (let at = 0; at + 2 <= bundle.length; ) {
    const end = at + 2 + bundle.readUInt16BE(at)
    if (end > bundle.length) break
    entries.push(bundle.subarray(at + 2, end))
    at = end
  }
  return entries
}

/** The largest power of two that is smaller than `count`, which is above 1. */
const splitOf = (count: number): number => {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}

/** Proofs in the tree of one size. A tile that is not there, or is shorter than it must be, rejects. */
export class Prover {
  readonly #tiles: Tiles
  readonly #size: number
  readonly #read = new Map<string, Promise<Buffer>>()

  constructor(tiles: Tiles, size: number) {
    this.#tiles = tiles
    this.#size = size
  }

  root(size = this.#size): Promise<Buffer> {
    return this.#range(0, size)
  }

  async inclusion(index: number, size = this.#size): Promise<Buffer[]> {
    const proof: Buffer[] = []
    for (let [from, to] = [0, size]; to - from > 1; ) {
      const middle = from + splitOf(to - from)
      const left = index < middle
      proof.push(await (left ? this.#range(middle, to) : this.#range(from, middle)))
      ;[from, to] = left ? [from, middle] : [middle, to]
    }
    return proof.reverse()
  }

  async consistency(oldSize: number, newSize = this.#size): Promise<Buffer[]> {
    if (oldSize === 0 || oldSize === newSize) return []
    const proof: Buffer[] = []
    let whole = true
    let [from, to] = [0, newSize]
    while (to !== oldSize) {
      const middle = from + splitOf(to - from)
      const left = oldSize <= middle
      proof.push(await (left ? this.#range(middle, to) : this.#range(from, middle)))
      whole &&= left
      ;[from, to] = left ? [from, middle] : [middle, to]
    }
    // The old tree's own root is known to whoever asks.
    if (!whole) proof.push(await this.#range(from, to))
    return proof.reverse()
  }

  /** MTH(D[from:to]): a full subtree comes from one tile, the right edge from several. */
  async #range(from: number, to: number): Promise<Buffer> {
    const count = to - from
    const level = Math.log2(count)
    if (Number.isInteger(level)) return this.#node(level, from / count)
    const middle = from + splitOf(count)
    return nodeHash(await this.#range(from, middle), await this.#range(middle, to))
  }

  async #node(level: number, index: number): Promise<Buffer> {
    const tileLevel = Math.floor(level / 8)
    const count = 2 ** (level % 8)
    const first = index * count
    const tile = await this.#tile(tileLevel, Math.floor(first / tileWidth))
    const at = (first % tileWidth) * hashBytes
    return subtreeRoot(tile.subarray(at, at + count * hashBytes))
  }

  #tile(level: number, index: number): Promise<Buffer> {
    const width = widthAt(this.#size, level, index)
    const path = tilePath(level, index, width)
    const known = this.#read.get(path)
    if (known !== undefined) return known
    const reading = this.#tiles.hashes(level, index, width).then((tile) => {
      if (tile?.length !== width * hashBytes) throw new Error(`${path} is not there, or not whole`)
      return tile
    })
    this.#read.set(path, reading)
    return reading
  }
}
