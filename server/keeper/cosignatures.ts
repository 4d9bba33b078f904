/** What witnesses sign of our checkpoints, kept beside them: the newest of each witness that is known here. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readCheckpoint } from '../audit/checkpoint.ts'
import { cosignedAt, isSignedBy, keyLine, type NoteKey, parseNote, publicKeyOf } from '../audit/note.ts'
import { cosignedFolder, readIfThere } from '../audit/tree-folder.ts'
import type { Jwk } from '../config.ts'
import { writeDurably } from '../private-files.ts'
import type { LogPlaces } from './log-tree.ts'

export interface CosignatureOptions {
  places: () => LogPlaces
  key: Jwk
  witnesses: readonly NoteKey[]
}

const sizeIn = (note: string): number => {
  const parsed = parseNote(note)
  return (parsed === null ? null : readCheckpoint(parsed))?.size ?? -1
}

/** Takes a checkpoint of ours with a witness's line at its end. False for anything else. */
export function takeCosignature(noteText: string, { places, key, witnesses }: CosignatureOptions): boolean {
  const note = parseNote(noteText)
  const read = note === null ? null : readCheckpoint(note)
  const place = Object.values(places()).find(({ origin }) => origin === read?.origin)
  if (note === null || read === null || place === undefined) return false
  if (!isSignedBy(note, { type: 'note', name: place.origin, publicKey: publicKeyOf(key) })) return false
  const signers = witnesses.filter((witness) => cosignedAt(note, witness) !== null)
  for (const witness of signers) {
    const folder = join(place.folder, cosignedFolder)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // Its id, of eight hexadecimal digits: a name may hold what is no file's.
    const path = join(folder, `${keyLine(witness).split('+')[1]}.checkpoint`)
    if (read.size >= sizeIn(readIfThere(path)?.toString('utf8') ?? '')) writeDurably(path, noteText)
  }
  return signers.length > 0
}
