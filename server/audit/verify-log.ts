/**
 * Whether a log is what its checkpoints say, and if not, which entry is the first that is wrong. What is signed is the
 * root alone; the tiles of hashes, once they give that root, are as good as signed, and say of each entry by itself
 * whether it is the one that was logged. Where they were changed too, earlier checkpoints close in on the place.
 */
import { chainOrigin, openCheckpoint } from './checkpoint.ts'
import { logOf, type Pass, passOver } from './log-pass.ts'
import type { LogSource } from './log-source.ts'
import { emptyRoot } from './merkle.ts'
import { cosignedAt, type NoteKey, parseNote } from './note.ts'
import { signedCheckpoint } from './proof-text.ts'

export type LogFault =
  /** No checkpoint, or none that this key signed. */
  | 'checkpoint'
  /** The entry at `index` is not the one that was logged. */
  | 'altered'
  /** The entry at `index` was taken out, or cut off. */
  | 'missing'
  /** The entry at `index` was put in. */
  | 'inserted'
  /** The entry at `index` belongs elsewhere. */
  | 'moved'
  /** Entries and hashes agree with each other and not with what was signed: changed at `index` or after it. */
  | 'rewritten'
  /** A log that was longer when it was seen before. */
  | 'rolled_back'
  /** Another history than the one that was seen before, at `index` or after it. */
  | 'forked'
  /** The entries are right; the tile of hashes beside them is not. */
  | 'tile'
  /** It was logged as it stands, and is no entry in its one spelling. */
  | 'malformed'
  /** The witness has not cosigned this history. */
  | 'witness'

export type LogVerdict =
  | { ok: true; size: number; root: Buffer; cosigned: readonly { witness: string; size: number; timeS: number }[] }
  /** `index` counts from 0, as the tree does; null where it is about no entry. */
  | { ok: false; fault: LogFault; index: number | null; says: string }

export interface VerifyOptions {
  /** The log's key; its name is the log's origin. */
  key: NoteKey
  /** Each must have cosigned. */
  witnesses?: readonly NoteKey[]
  /** Checkpoints that the reader kept from before. */
  seen?: readonly string[]
}

const bad = (fault: LogFault, index: number | null, says: string): LogVerdict => ({ ok: false, fault, index, says })

export async function verifyLog(source: LogSource, options: VerifyOptions): Promise<LogVerdict> {
  const { key, witnesses = [], seen = [] } = options
  // Before the newest: a log that grows meanwhile must not look as if it had been longer.
  const [earlierNotes, cosignedNotes] = [await source.earlier(), await source.cosigned()]
  const newest = signedCheckpoint((await source.checkpoint()) ?? '', key)
  if (newest === null) return bad('checkpoint', null, `there is no checkpoint that ${key.name} signed`)
  const { size, hash: root } = newest

  const kept = seen.map((note) => signedCheckpoint(note, key))
  if (kept.includes(null)) return bad('checkpoint', null, `a checkpoint of before is not signed by ${key.name}`)
  const before = [...kept, ...earlierNotes.map((note) => signedCheckpoint(note, key))].filter((one) => one !== null)
  const chain = chainCheckpoints(earlierNotes, key)
  const cosigned = cosignedNotes.flatMap((note) => cosignedBy(note, key, witnesses))
  const marks = [...before, ...cosigned.map(({ checkpoint }) => checkpoint)]
  const longer = [...marks, ...chain].find((one) => one.size > size)
  if (longer !== undefined) {
    return bad('rolled_back', size, `the log has ${size} entries, and had ${longer.size} when it was signed before`)
  }
  const pass = await passOver(source, size, {
    log: logOf(key.name),
    roots: new Set(marks.map((one) => one.size)),
    chain: new Set(chain.map((one) => one.size)),
  })

  const wrong = judge(pass, newest, before)
  if (wrong !== null) return wrong
  const fork = before.find((one) => !one.hash.equals(pass.roots.get(one.size) ?? emptyRoot()))
  if (fork !== undefined) {
    const from = lastAgreed(before, pass.roots, fork.size)
    return bad('forked', from, `the first ${fork.size} entries are not those that were signed before`)
  }
  for (const { size: at, hash } of chain) {
    if (pass.chainHeads.get(at)?.equals(hash) !== true) {
      return bad('rewritten', 0, `the first ${at} entries are not those that the hash chain had before the tree`)
    }
  }
  if (pass.tile !== null) return bad('tile', null, `the entries are as signed, and ${pass.tile} is not their hashes`)
  if (pass.malformed !== null) {
    return bad('malformed', pass.malformed, 'it was logged as it stands, and is no entry of this log')
  }
  for (const witness of witnesses) {
    const [found] = cosigned.filter((one) => one.witness === witness.name)
    if (found === undefined) return bad('witness', null, `${witness.name} has cosigned no checkpoint of this log`)
    const { checkpoint } = found
    if (pass.roots.get(checkpoint.size)?.equals(checkpoint.hash) !== true) {
      return bad('witness', null, `${witness.name} cosigned another history of ${checkpoint.size} entries`)
    }
  }
  const said = cosigned.map(({ witness, timeS, checkpoint }) => ({ witness, timeS, size: checkpoint.size }))
  return { ok: true, size, root, cosigned: said }
}

interface Marked {
  size: number
  hash: Buffer
}

function judge(pass: Pass, { size, hash }: Marked, older: readonly Marked[]): LogVerdict | null {
  const { first, entryCount, roots } = pass
  if (entryCount === size && pass.entriesRoot.equals(hash)) return null
  const hashesGood = pass.hashesRoot?.equals(hash) === true
  if (hashesGood && first !== null) return bad(first.fault, first.index, sentences[first.fault])
  const from = lastAgreed(older, roots, size)
  const wrong = older.filter((one) => one.size <= entryCount && roots.get(one.size)?.equals(one.hash) === false)
  const until = Math.min(...wrong.map((one) => one.size), Math.max(entryCount + 1, size))
  // Not changed alike, or cut off: nearer than any checkpoint, unless one says that it was wrong before.
  if (first !== null && first.index >= from && first.index < until) {
    return bad(first.fault, first.index, sentences[first.fault])
  }
  return bad('rewritten', from, 'entries and hashes agree with each other, and not with the signed root')
}

const sentences = {
  altered: 'it is not the entry that was logged',
  missing: 'the entry that was logged there is gone',
  inserted: 'it was put in; what was logged there stands after it',
  moved: 'it stands where another was logged',
} as const

/** The largest signed size up to which the entries are right. */
const lastAgreed = (marks: readonly Marked[], roots: ReadonlyMap<number, Buffer>, below: number): number =>
  Math.max(
    0,
    ...marks.filter(({ size, hash }) => size < below && roots.get(size)?.equals(hash) === true).map(({ size }) => size),
  )

/** Of before the tree: signed by the same key under the chain's origin. */
function chainCheckpoints(notes: readonly string[], key: NoteKey): Marked[] {
  const log = logOf(key.name)
  if (log === null) return []
  return notes.flatMap((note) => openCheckpoint(note, chainOrigin(log.name, log.id), key.publicKey) ?? [])
}

function cosignedBy(noteText: string, key: NoteKey, witnesses: readonly NoteKey[]) {
  const checkpoint = signedCheckpoint(noteText, key)
  const note = parseNote(noteText)
  if (checkpoint === null || note === null) return []
  return witnesses.flatMap((witness) => {
    const timeS = cosignedAt(note, witness)
    return timeS === null ? [] : [{ witness: witness.name, timeS, checkpoint }]
  })
}
