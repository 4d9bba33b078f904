/** A log in memory for tests: entries, their tiles and signed checkpoints, each open to whoever tampers. */
import { generateKeyPairSync } from 'node:crypto'
import type { Jwk } from '../../config.ts'
import { type LogName, signCheckpoint, treeOrigin } from '../checkpoint.ts'
import { entryText, leafHash } from '../entries.ts'
import type { LogSource } from '../log-source.ts'
import { Frontier } from '../merkle.ts'
import { type NoteKey, publicKeyOf } from '../note.ts'
import { encodeBundle, subtreeRoot, tileWidth } from '../tiles.ts'

export const makeSigningKey = (): Jwk => {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return { kty: 'OKP', crv: 'Ed25519', x, d }
}

export const rootOf = (leaves: readonly Uint8Array[]): Buffer => {
  const tree = new Frontier()
  for (const leaf of leaves) tree.append(leaf)
  return tree.root()
}

/** Every level of hashes over these leaves, as tiles cut them. */
export function levelsOf(leaves: readonly Buffer[]): Buffer[][] {
  const levels = [leaves.slice()]
  for (let below = levels[0] ?? []; below.length >= tileWidth; ) {
    const count = Math.floor(below.length / tileWidth)
    const row = below
    below = Array.from({ length: count }, (_, at) =>
      subtreeRoot(Buffer.concat(row.slice(at * tileWidth, (at + 1) * tileWidth))),
    )
    levels.push(below)
  }
  return levels
}

export interface MemoryLog {
  entries: string[]
  leaves: Buffer[]
  note: string | null
  cosigned: string[]
  earlier: string[]
}

export const logId = 'a'.repeat(32)
export const logName: LogName = 'keyd'
export const origin = treeOrigin(logName, logId)

export const makeEntry = (index: number, more: { charge?: string } = {}): string =>
  entryText(logId, 1_800_000_000_000 + index, {
    actor: 'egress',
    action: 'open',
    result: index % 2 === 0 ? 'intent' : 'done',
    grant: `grant-${index}`,
    ...more,
  })

export function signedNote(entries: readonly string[], size: number, key: Jwk): string {
  const hash = rootOf(entries.slice(0, size).map((entry) => leafHash(entry)))
  return signCheckpoint(origin, { size, hash }, key)
}

const made: string[] = []

export function makeMemoryLog(size: number, key: Jwk, earlier: readonly number[] = []): MemoryLog {
  while (made.length < size) made.push(makeEntry(made.length))
  const entries = made.slice(0, size)
  return {
    entries,
    leaves: entries.map((entry) => leafHash(entry)),
    note: signedNote(entries, size, key),
    cosigned: [],
    earlier: earlier.map((at) => signedNote(entries, at, key)),
  }
}

export const keyOf = (key: Jwk): NoteKey => ({ type: 'note', name: origin, publicKey: publicKeyOf(key) })

export function sourceOf(log: MemoryLog): LogSource {
  let cut: { leaves: Buffer[]; levels: Buffer[][] } | null = null
  const levelsNow = (): Buffer[][] => {
    if (cut?.leaves !== log.leaves) cut = { leaves: log.leaves, levels: levelsOf(log.leaves) }
    return cut.levels
  }
  return {
    checkpoint: async () => log.note,
    cosigned: async () => log.cosigned,
    earlier: async () => log.earlier,
    hashes: async (level, index, width) =>
      Buffer.concat((levelsNow()[level] ?? []).slice(index * tileWidth, index * tileWidth + width)),
    entries: async (index, width) =>
      encodeBundle(log.entries.slice(index * tileWidth, index * tileWidth + width).map((entry) => Buffer.from(entry))),
  }
}
