/**
 * One reading of a log, tile by tile: entries and hashes side by side. What is kept in memory is one hash a tile, so that
 * a log of millions is read like one of ten.
 */
import { headZero, nextHead } from './chain.ts'
import { type LogName, logNames } from './checkpoint.ts'
import { leafHash, parseEntry } from './entries.ts'
import type { LogSource } from './log-source.ts'
import { emptyRoot, Frontier, hashBytes } from './merkle.ts'
import { decodeBundle, hashAt, subtreeRoot, tilePath, tileWidth, widthAt } from './tiles.ts'

/** Which log an origin names; null for one of another form. */
export const logOf = (origin: string): { name: LogName; id: string } | null => {
  const [, log, id = ''] = /^sallyport\/tree\/([a-z]+)\/([0-9a-f]+)$/.exec(origin) ?? []
  const name = logNames.find((one) => one === log)
  return name === undefined ? null : { name, id }
}

/** At which sizes roots and chain heads are wanted. */
export interface Asked {
  log: { name: LogName; id: string } | null
  roots: ReadonlySet<number>
  chain: ReadonlySet<number>
}

/** What the pass over the log found. `first` is the first place where entries and hashes differ. */
export interface Pass {
  entriesRoot: Buffer
  hashesRoot: Buffer | null
  first: { fault: 'altered' | 'missing' | 'inserted' | 'moved'; index: number } | null
  entryCount: number
  /** The path of the first tile that is not the hashes of what it stands over. */
  tile: string | null
  malformed: number | null
  /** Roots of the entries, and heads of the old hash chain, by size. */
  roots: ReadonlyMap<number, Buffer>
  chainHeads: ReadonlyMap<number, Buffer>
}

export async function passOver(source: LogSource, size: number, asked: Asked): Promise<Pass> {
  const [entriesTree, hashesTree] = [new Frontier(), new Frontier()]
  const roots = new Map<number, Buffer>(asked.roots.has(0) ? [[0, emptyRoot()]] : [])
  let chainHead = headZero(asked.log?.id ?? '')
  const chainHeads = new Map<number, Buffer>([[0, chainHead]])
  const chainEnd = Math.max(0, ...asked.chain)
  let [first, malformed, tile]: [Pass['first'], number | null, string | null] = [null, null, null]
  let hashesWhole = true
  let ended = false
  const tileRoots: Buffer[] = []

  /** An entry that is there, at its place in the log. */
  const take = (bytes: Buffer, leaf: Buffer, place: number): void => {
    const text = bytes.toString('utf8')
    entriesTree.append(leaf)
    if (asked.roots.has(place + 1)) roots.set(place + 1, entriesTree.root())
    if (!isEntryOf(text, asked.log)) malformed ??= place
    if (place >= chainEnd) return
    chainHead = nextHead(chainHead, text)
    if (asked.chain.has(place + 1)) chainHeads.set(place + 1, chainHead)
  }

  for (let index = 0; index * tileWidth < size; index += 1) {
    const start = index * tileWidth
    const width = widthAt(size, 0, index)
    const found = await source.hashes(0, index, width)
    const hashes = found?.length === width * hashBytes ? found : null
    if (hashes === null) tile ??= tilePath(0, index, width)
    hashesWhole &&= hashes !== null
    for (let at = 0; hashes !== null && at < width; at += 1) hashesTree.append(hashAt(hashes, at))
    if (hashes !== null && width === tileWidth) tileRoots.push(subtreeRoot(hashes))

    // From the first one that is not there on, nothing stands at its place.
    const bundle = ended ? null : await source.entries(index, width)
    const texts = decodeBundle(bundle ?? Buffer.alloc(0)).slice(0, width)
    const leaves = texts.map((bytes) => leafHash(bytes))
    const differs = leaves.findIndex((leaf, at) => hashes !== null && !leaf.equals(hashAt(hashes, at)))
    if (first === null && hashes !== null && differs >= 0) {
      const nextWidth = widthAt(size, 0, index + 1)
      const next = nextWidth === 0 ? null : await source.hashes(0, index + 1, nextWidth)
      first = { fault: why(Buffer.concat([hashes, next ?? Buffer.alloc(0)]), leaves, differs), index: start + differs }
    }
    for (const [at, leaf] of leaves.entries()) take(texts[at] ?? Buffer.alloc(0), leaf, start + at)
    if (leaves.length < width) {
      ended = true
      first ??= { fault: 'missing', index: start + leaves.length }
    }
  }
  if (hashesWhole) tile ??= await wrongTileAbove(source, size, tileRoots)
  const hashesRoot = hashesWhole ? hashesTree.root() : null
  if (first !== null) tile ??= tilePath(0, Math.floor(first.index / tileWidth), tileWidth)
  const [entriesRoot, entryCount] = [entriesTree.root(), entriesTree.size]
  return { entriesRoot, entryCount, hashesRoot, first, tile, malformed, roots, chainHeads }
}

/** What happened at a place where entry and hash differ, as far as the hashes of this tile and the next tell. */
function why(hashes: Buffer, leaves: readonly Buffer[], at: number): NonNullable<Pass['first']>['fault'] {
  const logged = Array.from({ length: hashes.length / hashBytes }, (_, place) => hashAt(hashes, place))
  const [leaf, next, wanted] = [leaves[at], leaves[at + 1], logged[at]]
  const same = (one: Buffer | undefined, other: Buffer | undefined): boolean =>
    one !== undefined && other !== undefined && one.equals(other)
  const elsewhere = leaves.slice(at + 1).some((one) => same(one, wanted))
  if (same(leaf, logged[at + 1]) && !elsewhere) return 'missing'
  if (same(next, wanted) && !logged.some((one) => same(one, leaf))) return 'inserted'
  return logged.some((one) => same(one, leaf)) ? 'moved' : 'altered'
}

/** Entries of egress had the log's name in the place of its id until the tree came. */
function isEntryOf(text: string, log: Asked['log']): boolean {
  const entry = parseEntry(text)
  return entry !== null && (log === null || entry.log === log.id || entry.log === log.name)
}

/** The path of the first tile above level 0 that is not the roots of the tiles below it. */
async function wrongTileAbove(source: LogSource, size: number, tileRoots: readonly Buffer[]): Promise<string | null> {
  for (let [level, below] = [1, tileRoots]; below.length > 0; level += 1) {
    const above: Buffer[] = []
    for (let index = 0; index * tileWidth < below.length; index += 1) {
      const width = widthAt(size, level, index)
      const wanted = Buffer.concat(below.slice(index * tileWidth, index * tileWidth + width))
      const found = await source.hashes(level, index, width)
      if (found?.equals(wanted) !== true) return tilePath(level, index, width)
      if (width === tileWidth) above.push(subtreeRoot(wanted))
    }
    below = above
  }
  return null
}
