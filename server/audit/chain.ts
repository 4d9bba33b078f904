/**
 * The hash chain over an audit log, and its check. Every row keeps the head after itself, so that the first row that
 * was altered is known by position; a checkpoint, signed by another process and kept in another place, is what a
 * database owner who writes all later heads anew cannot meet.
 */
import { createHash, type KeyObject } from 'node:crypto'
import { chainOrigin, type LogName, openCheckpoint } from './checkpoint.ts'
import { leafHash } from './entries.ts'

const chained = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256').update(new Uint8Array([2]))
  for (const part of parts) hash.update(part)
  return hash.digest()
}

export const headZero = (logId: string): Buffer => chained(Buffer.from(logId, 'utf8'))
/** From an entry's leaf hash, for who has it already. */
export const nextHeadOf = (head: Uint8Array, leaf: Uint8Array): Buffer => chained(head, leaf)
export const nextHead = (head: Uint8Array, entry: string): Buffer => nextHeadOf(head, leafHash(entry))

export interface ChainRow {
  /** From 1, without gaps. */
  position: number
  entry: string
  head: Uint8Array
}

export type ChainFault =
  /** The entry at `position`, or the head beside it, is not what was chained. */
  | 'altered'
  /** The row at `position` is not there (deleted, or moved). */
  | 'missing'
  /** Rows and heads agree with each other and not with the checkpoint: rewritten at or after `position`. */
  | 'rewritten'
  /** The checkpoint is not signed by this key, or is another log's. */
  | 'checkpoint'

export type ChainVerdict = { ok: true; size: number; head: Buffer } | { ok: false; fault: ChainFault; position: number }

export interface ChainOptions {
  /** `vault` or `keyd`. */
  name: LogName
  logId: string
  /** Signed notes; the more there are, the closer `rewritten` points. */
  checkpoints: readonly string[]
  /** keeper's checkpoint key. */
  publicKey: KeyObject
}

/** @param rows from position 1 in order. The first thing that is wrong is named. */
export function verifyChain(rows: Iterable<ChainRow>, options: ChainOptions): ChainVerdict {
  const origin = chainOrigin(options.name, options.logId)
  const signed = new Map<number, Buffer>()
  let signedSize = 0
  for (const note of options.checkpoints) {
    const checkpoint = openCheckpoint(note, origin, options.publicKey)
    if (checkpoint === null) return { ok: false, fault: 'checkpoint', position: 0 }
    const other = signed.get(checkpoint.size)
    // Two signed heads for one size: the log was shown to keeper in two versions.
    if (other !== undefined && !other.equals(checkpoint.hash)) {
      return { ok: false, fault: 'rewritten', position: checkpoint.size }
    }
    signed.set(checkpoint.size, checkpoint.hash)
    signedSize = Math.max(signedSize, checkpoint.size)
  }

  let head = headZero(options.logId)
  let size = 0
  let agreed = 0
  for (const row of rows) {
    if (row.position !== size + 1) return { ok: false, fault: 'missing', position: size + 1 }
    head = nextHead(head, row.entry)
    size += 1
    if (!head.equals(row.head)) return { ok: false, fault: 'altered', position: size }
    const expected = signed.get(size)
    if (expected === undefined) continue
    if (!head.equals(expected)) return { ok: false, fault: 'rewritten', position: agreed + 1 }
    agreed = size
  }
  if (size < signedSize) return { ok: false, fault: 'missing', position: size + 1 }
  return { ok: true, size, head }
}
