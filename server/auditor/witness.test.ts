/** A witness signs one history of a log, forwards alone, and says where a second one began. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { leafHash } from '../audit/entries.ts'
import type { LogSource } from '../audit/log-source.ts'
import { cosignedAt, type NoteKey, parseNote, publicKeyOf } from '../audit/note.ts'
import {
  keyOf,
  logName,
  makeEntry,
  makeMemoryLog,
  makeSigningKey,
  origin,
  signedNote,
  sourceOf,
} from '../audit/testing/memory-log.ts'
import { takeCosignature } from '../keeper/cosignatures.ts'
import { folderSource } from '../audit/log-folder.ts'
import { cosign } from './witness.ts'
import { makeWitnessKey, readWitnessKey } from './witness-key.ts'

const key = makeSigningKey()
const logKey = keyOf(key)
const name = 'witness.example/one'
const own = makeSigningKey()
const witnessKey: NoteKey = { type: 'cosignature', name, publicKey: publicKeyOf(own) }
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sp-witness-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const nowMs = 1_800_000_000_000
const sign = (source: LogSource) => cosign(source, logKey, { name, key: own, folder }, nowMs)
const at = (size: number): LogSource => sourceOf(makeMemoryLog(size, key))
/** As long as `size`, with another entry at 5, signed by the log itself. */
const fork = (size: number): LogSource => {
  const log = makeMemoryLog(size, key)
  log.entries[5] = makeEntry(5, { charge: 'chg_forged' })
  log.leaves = log.entries.map((entry) => leafHash(entry))
  log.note = signedNote(log.entries, size, key)
  return sourceOf(log)
}

describe('a witness', () => {
  test('signs a log that grows, with the time, and the same again', async () => {
    for (const size of [0, 3, 300, 300, 700]) {
      const { note } = await sign(at(size))
      const parsed = parseNote(note)
      expect(parsed === null ? null : cosignedAt(parsed, witnessKey)).toBe(nowMs / 1_000)
    }
  })
  test('signs neither a shorter log nor another history, and keeps both checkpoints of it', async () => {
    await sign(at(300))
    await expect(sign(at(299))).rejects.toThrow('had 300 entries and does not continue them with its 299')
    await expect(sign(fork(300))).rejects.toThrow('does not continue')
    await expect(sign(fork(700))).rejects.toThrow('does not continue')
    expect(readdirSync(folder).filter((file) => file.endsWith('.conflict'))).toHaveLength(1)
    // What it saw before is what it goes on from.
    expect((await sign(at(400))).size).toBe(400)
    // Control: a witness that remembers nothing signs the fork.
    rmSync(folder, { recursive: true })
    expect((await sign(fork(700))).size).toBe(700)
  })
  test('signs nothing of another key, and nothing with a memory that somebody changed', async () => {
    await expect(cosign(at(3), keyOf(makeSigningKey()), { name, key: own, folder }, nowMs)).rejects.toThrow(
      'no checkpoint',
    )
    await sign(at(3))
    const [memory = ''] = readdirSync(folder)
    writeFileSync(join(folder, memory), 'nothing')
    await expect(sign(at(4))).rejects.toThrow('until a person looks')
  })
  test('has a key file that is made once', () => {
    const path = join(folder, 'key.json')
    const made = makeWitnessKey(name, path)
    expect(readWitnessKey(path)).toEqual(made)
    expect(() => makeWitnessKey(name, path)).toThrow('already')
    expect(() => makeWitnessKey('two words', join(folder, 'other.json'))).toThrow('named like a URL')
  })
})

describe('keeper', () => {
  const take = (note: string, witnesses = [witnessKey]) =>
    takeCosignature(note, { places: () => ({ [logName]: { folder, origin } }), key, witnesses })
  test('keeps the newest cosigned checkpoint of each witness that it knows', async () => {
    const [older, newer] = [(await sign(at(5))).note, (await sign(at(9))).note]
    expect(take(newer)).toBe(true)
    expect(take(older)).toBe(true)
    expect(await folderSource(folder).cosigned()).toEqual([newer])
  })
  test('takes no checkpoint that is not its own, and no witness that it does not know', async () => {
    const { note } = await sign(at(5))
    expect(take(note, [])).toBe(false)
    expect(take(signedNote([], 0, key))).toBe(false)
    expect(take(note.replace('\n5\n', '\n6\n'))).toBe(false)
    expect(take('nonsense')).toBe(false)
    const strange = sourceOf(makeMemoryLog(5, own))
    const other = await cosign(strange, keyOf(own), { name, key: own, folder: join(folder, 'other') }, nowMs)
    expect(take(other.note)).toBe(false)
    expect(await folderSource(folder).cosigned()).toEqual([])
  })
})
