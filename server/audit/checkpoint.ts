/**
 * A checkpoint says how long an audit log is and what its hash is: a signed note of three lines (C2SP tlog-checkpoint),
 * so that the tools and witnesses of transparency logs read it. The hash is the root of the log's Merkle tree; in
 * checkpoints from before the tree, which have an origin of their own, it is the head of the hash chain.
 */
import type { KeyObject } from 'node:crypto'
import type { Jwk } from '../config.ts'
import { isSignedBy, type Note, parseNote, publicKeyOf, signNote } from './note.ts'

export interface Checkpoint {
  size: number
  hash: Buffer
}

export const logNames = ['vault', 'keyd'] as const
export type LogName = (typeof logNames)[number]

/** Also the name of the key that signs: one line, no spaces. One key signs both logs; the origin tells them apart. */
export const treeOrigin = (name: LogName, logId: string): string => `sallyport/tree/${name}/${logId}`
/** Of the hash chain, as it was signed before there was a tree. */
export const chainOrigin = (name: LogName, logId: string): string => `sallyport/${name}/${logId}`

export const checkpointPublicKey = publicKeyOf

export const checkpointText = (origin: string, { size, hash }: Checkpoint): string =>
  `${origin}\n${size}\n${hash.toString('base64')}\n`

export const signCheckpoint = (origin: string, checkpoint: Checkpoint, key: Jwk): string =>
  signNote(checkpointText(origin, checkpoint), origin, key)

/** What a note's text says, signed by whom it may. Null when it is not in this form; extension lines are passed over. */
export function readCheckpoint({ text }: Note): (Checkpoint & { origin: string }) | null {
  const match = /^([^\n]+)\n(0|[1-9]\d{0,14})\n([A-Za-z0-9+/]{43}=)\n(?:[^\n]+\n)*$/.exec(text)
  if (match === null) return null
  const hash = Buffer.from(match[3] ?? '', 'base64')
  return { origin: match[1] ?? '', size: Number(match[2]), hash }
}

/** Null when the note is not of this log, not in this form or not signed by this key. */
export function openCheckpoint(noteText: string, origin: string, publicKey: KeyObject): Checkpoint | null {
  const note = parseNote(noteText)
  if (note === null) return null
  const read = readCheckpoint(note)
  if (read?.origin !== origin || !isSignedBy(note, { type: 'note', name: origin, publicKey })) return null
  return { size: read.size, hash: read.hash }
}
