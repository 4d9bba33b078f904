/**
 * Proofs as text that one person can send another: that an entry is in a log (C2SP tlog-proof), and that a log has only
 * grown since an earlier checkpoint (the body of C2SP tlog-witness' add-checkpoint). Each ends with a checkpoint, so that
 * it is checked with the log's public key and nothing else.
 */
import { leafHash } from './entries.ts'
import { readCheckpoint } from './checkpoint.ts'
import { hashBytes, verifyConsistency, verifyInclusion } from './merkle.ts'
import { isSignedBy, type NoteKey, parseNote } from './note.ts'

const inclusionHead = 'c2sp.org/tlog-proof@v1'
/** A tree of 2^63 leaves is no higher. */
const hashesMax = 63

export interface InclusionProof {
  index: number
  /** The entry itself; in the text it is the extra data, so that the proof needs no other file. */
  entry: string
  hashes: readonly Uint8Array[]
  /** A signed note. */
  checkpoint: string
}

export interface ConsistencyProof {
  oldSize: number
  hashes: readonly Uint8Array[]
  /** A signed note: the newer one. */
  checkpoint: string
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const lines = (hashes: readonly Uint8Array[]): string => hashes.map((hash) => `${base64(hash)}\n`).join('')

export const inclusionText = ({ index, entry, hashes, checkpoint }: InclusionProof): string =>
  `${inclusionHead}\nextra ${base64(Buffer.from(entry))}\nindex ${index}\n${lines(hashes)}\n${checkpoint}`

export const consistencyText = ({ oldSize, hashes, checkpoint }: ConsistencyProof): string =>
  `old ${oldSize}\n${lines(hashes)}\n${checkpoint}`

const number = '(0|[1-9]\\d{0,14})'
const hashLines = '((?:[A-Za-z0-9+/]{43}=\\n)*)'
const inclusionForm = new RegExp(
  `^${inclusionHead.replaceAll('.', '\\.')}\\nextra ([A-Za-z0-9+/=]+)\\nindex ${number}\\n${hashLines}\\n`,
)
const consistencyForm = new RegExp(`^old ${number}\\n${hashLines}\\n`)

function readHashes(text: string): Buffer[] | null {
  const hashes = text
    .split('\n')
    .slice(0, -1)
    .map((one) => Buffer.from(one, 'base64'))
  return hashes.length <= hashesMax && hashes.every(({ length }) => length === hashBytes) ? hashes : null
}

export function parseInclusion(text: string): InclusionProof | null {
  const match = inclusionForm.exec(text)
  const hashes = readHashes(match?.[3] ?? '')
  if (match === null || hashes === null) return null
  const entry = Buffer.from(match[1] ?? '', 'base64').toString('utf8')
  return { index: Number(match[2]), entry, hashes, checkpoint: text.slice(match[0].length) }
}

export function parseConsistency(text: string): ConsistencyProof | null {
  const match = consistencyForm.exec(text)
  const hashes = readHashes(match?.[2] ?? '')
  if (match === null || hashes === null) return null
  return { oldSize: Number(match[1]), hashes, checkpoint: text.slice(match[0].length) }
}

export type ProofVerdict = { ok: true; size: number } | { ok: false; says: string }

const no = (says: string): ProofVerdict => ({ ok: false, says })

/** The checkpoint in a note, once the log's key is seen to have signed it; the origin is the key's name. */
export function signedCheckpoint(noteText: string, key: NoteKey) {
  const note = parseNote(noteText)
  const read = note === null ? null : readCheckpoint(note)
  return note !== null && read?.origin === key.name && isSignedBy(note, key) ? read : null
}

export function checkInclusion(text: string, key: NoteKey): ProofVerdict {
  const proof = parseInclusion(text)
  if (proof === null) return no('this is no proof of inclusion (c2sp.org/tlog-proof@v1, with the entry as extra data)')
  const checkpoint = signedCheckpoint(proof.checkpoint, key)
  if (checkpoint === null) return no(`its checkpoint is not signed by ${key.name}`)
  const { size, hash } = checkpoint
  if (!verifyInclusion(leafHash(proof.entry), proof.index, size, proof.hashes, hash)) {
    return no(`the entry is not the one at index ${proof.index} of the log of ${size} entries`)
  }
  return { ok: true, size }
}

/** @param oldNote the earlier checkpoint, as it was kept. */
export function checkConsistency(text: string, oldNote: string, key: NoteKey): ProofVerdict {
  const proof = parseConsistency(text)
  if (proof === null) return no('this is no proof of consistency (`old <size>`, hashes, a checkpoint)')
  const [before, after] = [signedCheckpoint(oldNote, key), signedCheckpoint(proof.checkpoint, key)]
  if (before === null) return no(`the earlier checkpoint is not signed by ${key.name}`)
  if (after === null) return no(`the later checkpoint is not signed by ${key.name}`)
  if (after.size < before.size) return no(`the log was rolled back: from ${before.size} entries to ${after.size}`)
  if (before.size !== proof.oldSize) return no(`the proof begins at ${proof.oldSize} entries, not at ${before.size}`)
  if (!verifyConsistency(before.size, after.size, proof.hashes, before.hash, after.hash)) {
    return no(`the log of ${after.size} entries does not begin with the ${before.size} that were signed before`)
  }
  return { ok: true, size: after.size }
}
