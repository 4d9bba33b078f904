/**
 * A witness stands outside: it remembers the newest checkpoint of a log that it has seen, makes sure that the next one
 * continues it, and only then signs (C2SP tlog-cosignature). Two histories of one log cannot both get its signature.
 */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { LogSource } from '../audit/log-source.ts'
import { verifyConsistency } from '../audit/merkle.ts'
import { cosignatureLine, type NoteKey, parseNote } from '../audit/note.ts'
import { signedCheckpoint } from '../audit/proof-text.ts'
import { Prover } from '../audit/tiles.ts'
import { readIfThere } from '../audit/tree-folder.ts'
import type { Jwk } from '../config.ts'
import { writeDurably } from '../private-files.ts'

export interface Witness {
  /** A URL without a scheme; one key has one name. */
  name: string
  key: Jwk
  /** Where it remembers. */
  folder: string
}

export interface Cosigned {
  size: number
  /** The checkpoint with the witness's line at its end. */
  note: string
}

/** Rejects, signs nothing and keeps the evidence where the log does not continue what was seen before. */
export async function cosign(source: LogSource, log: NoteKey, witness: Witness, nowMs: number): Promise<Cosigned> {
  const note = (await source.checkpoint()) ?? ''
  const parsed = parseNote(note)
  const now = signedCheckpoint(note, log)
  if (parsed === null || now === null) throw new Error(`there is no checkpoint that ${log.name} signed`)
  mkdirSync(witness.folder, { recursive: true, mode: 0o700 })
  const memory = join(witness.folder, createHash('sha256').update(log.name).digest('hex').slice(0, 32))
  const kept = readIfThere(`${memory}.checkpoint`)?.toString('utf8')
  if (kept !== undefined) {
    const before = signedCheckpoint(kept, log)
    if (before === null)
      throw new Error(`${memory}.checkpoint is not what this witness wrote; it signs nothing until a person looks`)
    const proof =
      now.size < before.size ? null : await new Prover(source, now.size).consistency(before.size).catch(() => null)
    if (proof === null || !verifyConsistency(before.size, now.size, proof, before.hash, now.hash)) {
      writeDurably(`${memory}.conflict`, `${kept}\n${note}`)
      throw new Error(
        `${log.name} had ${before.size} entries and does not continue them with its ${now.size}; both checkpoints are in ${memory}.conflict`,
      )
    }
  }
  // Remembered before it is signed: a crash between the two leaves nothing signed that is forgotten.
  writeDurably(`${memory}.checkpoint`, note)
  const line = cosignatureLine(parsed.text, witness.name, witness.key, Math.floor(nowMs / 1_000))
  return { size: now.size, note: note + line }
}
