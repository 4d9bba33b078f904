/** Every way to tamper with a log that the verifier is for, each with what happens where nothing is signed. */
import { describe, expect, test } from 'vitest'
import { headZero, nextHead } from './chain.ts'
import { chainOrigin, signCheckpoint } from './checkpoint.ts'
import { leafHash } from './entries.ts'
import { cosignatureLine, type NoteKey, publicKeyOf } from './note.ts'
import { attackReport } from '../testing/attack-report.ts'
import {
  keyOf,
  logId,
  logName,
  makeEntry,
  makeMemoryLog,
  makeSigningKey,
  type MemoryLog,
  rootOf,
  signedNote,
  sourceOf,
} from './testing/memory-log.ts'
import type { LogSource } from './log-source.ts'
import { parseEntry } from './entries.ts'
import { verifyLog, type VerifyOptions } from './verify-log.ts'

const report = attackReport('The audit logs')
const size = 600
const key = makeSigningKey()
const logKey = keyOf(key)
const fresh = (earlier: readonly number[] = []): MemoryLog => makeMemoryLog(size, key, earlier)
const verify = (log: MemoryLog, more: Partial<VerifyOptions> = {}) => verifyLog(sourceOf(log), { key: logKey, ...more })

/** What a reader of a plain list can check: that each line is an entry. */
const listLooksWhole = ({ entries }: MemoryLog): boolean => entries.every((entry) => parseEntry(entry) !== null)
const forged = makeEntry(3, { charge: 'chg_forged' })

/** Changes entries alone, or entries and hashes alike, as whoever owns the database can. */
const tamperings: readonly [name: string, fault: string, at: number, change: (entries: string[]) => void][] = [
  ['the first entry changed', 'altered', 0, (entries) => entries.splice(0, 1, forged)],
  ['an entry changed', 'altered', 300, (entries) => entries.splice(300, 1, forged)],
  ['the last entry changed', 'altered', 599, (entries) => entries.splice(599, 1, forged)],
  ['an entry deleted', 'missing', 100, (entries) => entries.splice(100, 1)],
  ['the last entry of a tile deleted', 'missing', 255, (entries) => entries.splice(255, 1)],
  ['two swapped', 'moved', 40, (entries) => entries.splice(40, 2, ...entries.slice(40, 42).reverse())],
  [
    'two far apart swapped',
    'moved',
    10,
    (entries) => {
      const [one = '', other = ''] = [entries[10], entries[200]]
      entries[10] = other
      entries[200] = one
    },
  ],
  ['an entry put in', 'inserted', 77, (entries) => entries.splice(77, 0, forged)],
  ['the end cut off', 'missing', 590, (entries) => entries.splice(590)],
  ['a whole tile cut off', 'missing', 512, (entries) => entries.splice(512)],
  ['everything deleted', 'missing', 0, (entries) => entries.splice(0)],
]

describe('a log', () => {
  test('that nobody touched is whole, whatever its size', async () => {
    for (const count of [0, 1, 2, 255, 256, 257, 511, 512, 600]) {
      expect(await verify(makeMemoryLog(count, key)), `${count}`).toMatchObject({ ok: true, size: count })
    }
  })

  test.each(tamperings)('with %s is found out: %s at the very entry', async (_name, fault, index, change) => {
    const log = fresh()
    change(log.entries)
    expect(await verify(log)).toMatchObject({ ok: false, fault, index })
    // Control: a list without hashes shows nothing of it.
    expect(listLooksWhole(log)).toBe(true)
    report.row({
      attack: 'An entry changed, taken out, put in, moved or cut off, in the tables',
      had: 'The database, as its owner with every trigger off',
      defended: 'The check, with the public key alone, says what was done and to which entry',
      undefended: 'A list of entries without hashes looks whole',
    })
  })

  test.each(tamperings)(
    'with %s is found out also where its hashes were changed alike',
    async (_name, _fault, index, change) => {
      const marks = [index, Math.min(index + 1, size)]
      const log = fresh(marks)
      change(log.entries)
      log.leaves = log.entries.map((entry) => leafHash(entry))
      const verdict = await verify(log)
      expect(verdict).toMatchObject({ ok: false, index })
      // Control: signed anew over what is there now, the same log passes: the key is what holds.
      log.note = signedNote(log.entries, log.entries.length, key)
      log.earlier = []
      expect(await verify(log)).toMatchObject({ ok: true })
      report.row({
        attack: 'The same, with all hashes changed alike',
        had: 'The database and keeper’s folder, but for signed checkpoints',
        defended: 'The check says at which entry the log leaves what was signed, as closely as checkpoints stand',
        undefended: 'Signed anew, it verifies',
      })
    },
  )

  test('that was rewritten with all its hashes is named as closely as its checkpoints stand', async () => {
    const log = fresh([256, 400])
    log.entries.splice(300, 1, forged)
    log.leaves = log.entries.map((entry) => leafHash(entry))
    expect(await verify(log)).toMatchObject({ fault: 'rewritten', index: 256 })
    expect(await verify({ ...log, earlier: [] })).toMatchObject({ fault: 'rewritten', index: 0 })
  })

  test('whose hashes alone were changed is told from one whose entries were', async () => {
    const log = fresh()
    log.leaves[300] = leafHash('something else')
    const verdict = await verify(log)
    expect(verdict).toMatchObject({ ok: false, fault: 'tile', index: null })
    expect(verdict.ok ? '' : verdict.says).toContain('tile/0/001')
    const source: LogSource = {
      ...sourceOf(fresh()),
      hashes: async (level, index, width) =>
        level === 1 ? Buffer.alloc(width * 32) : sourceOf(fresh()).hashes(level, index, width),
    }
    expect(await verifyLog(source, { key: logKey })).toMatchObject({
      fault: 'tile',
      says: expect.stringContaining('tile/1/000.p/2'),
    })
  })

  test('without its hashes is checked by its entries', async () => {
    const bare = (log: MemoryLog): LogSource => ({ ...sourceOf(log), hashes: async () => null })
    expect(await verifyLog(bare(fresh()), { key: logKey })).toMatchObject({ fault: 'tile' })
    const log = fresh([256])
    log.entries.splice(300, 1, forged)
    expect(await verifyLog(bare(log), { key: logKey })).toMatchObject({ fault: 'rewritten', index: 256 })
  })

  test('that another key signed, or nobody, is refused', async () => {
    expect(await verify({ ...fresh(), note: null })).toMatchObject({ fault: 'checkpoint' })
    expect(await verify({ ...fresh(), note: signedNote(fresh().entries, size, makeSigningKey()) })).toMatchObject({
      fault: 'checkpoint',
    })
    const other: NoteKey = { ...logKey, name: logKey.name.replace('keyd', 'vault') }
    expect(await verify(fresh(), { key: other })).toMatchObject({ fault: 'checkpoint' })
  })

  test('that holds what is no entry says which', async () => {
    const log = fresh()
    log.entries[9] = '{"v":1}'
    log.leaves = log.entries.map((entry) => leafHash(entry))
    log.note = signedNote(log.entries, size, key)
    expect(await verify(log)).toMatchObject({ fault: 'malformed', index: 9 })
  })
})

describe('beside a checkpoint that the reader kept', () => {
  const kept = signedNote(fresh().entries, 500, key)

  test('the same log, longer, passes', async () => {
    expect(await verify(fresh(), { seen: [kept] })).toMatchObject({ ok: true })
  })
  test('a log that was rolled back is named, with what it had', async () => {
    const log = makeMemoryLog(450, key)
    expect(await verify(log, { seen: [kept] })).toMatchObject({ fault: 'rolled_back', index: 450 })
    expect(await verify(log), 'control: nobody notices without it').toMatchObject({ ok: true })
  })
  test('a log with another history is named, though the same key signed both', async () => {
    const log = fresh([300])
    log.entries.splice(420, 1, forged)
    log.leaves = log.entries.map((entry) => leafHash(entry))
    log.note = signedNote(log.entries, size, key)
    expect(await verify(log, { seen: [kept] })).toMatchObject({ fault: 'forked', index: 300 })
    expect(await verify(log), 'control: nobody notices without it').toMatchObject({ ok: true })
    report.row({
      attack: 'The log rolled back, or written anew and signed',
      had: 'The database, keeper’s folder and keeper’s key',
      defended:
        'Whoever kept a checkpoint of before, or asks for a witness’s signature, is told how long the log was, or where it leaves what was signed',
      undefended: 'It verifies: a log without memory has one history',
    })
  })
  test('a checkpoint that lies with the log itself is evidence too', async () => {
    expect(await verify({ ...makeMemoryLog(450, key), earlier: [kept] })).toMatchObject({
      fault: 'rolled_back',
      index: 450,
    })
    const log = fresh([300, 500])
    log.entries.splice(420, 1, forged)
    log.leaves = log.entries.map((entry) => leafHash(entry))
    log.note = signedNote(log.entries, size, key)
    expect(await verify(log)).toMatchObject({ fault: 'forked', index: 300 })
  })
  test('one that was not signed is refused', async () => {
    expect(await verify(fresh(), { seen: [kept.replace('500', '499')] })).toMatchObject({ fault: 'checkpoint' })
  })
})

describe('a log that was a hash chain before', () => {
  const chainNote = (entries: readonly string[]): string => {
    const hash = entries.reduce((head, entry) => nextHead(head, entry), headZero(logId))
    return signCheckpoint(chainOrigin(logName, logId), { size: entries.length, hash }, key)
  }

  test('is held against the checkpoints of the chain', async () => {
    const log = fresh()
    log.earlier = [chainNote([]), chainNote(log.entries.slice(0, 120))]
    expect(await verify(log)).toMatchObject({ ok: true })
  })
  test('that was rewritten before the tree was made is found out', async () => {
    const log = fresh()
    const note = chainNote(log.entries.slice(0, 120))
    log.entries.splice(7, 1, forged)
    log.leaves = log.entries.map((entry) => leafHash(entry))
    log.note = signedNote(log.entries, size, key)
    expect(await verify({ ...log, earlier: [note] })).toMatchObject({ fault: 'rewritten', index: 0 })
    expect(await verify(log), 'control: the new tree alone shows nothing').toMatchObject({ ok: true })
  })
})

describe('with witnesses', () => {
  const witness = makeSigningKey()
  const witnessKey: NoteKey = { type: 'cosignature', name: 'witness.example/w', publicKey: publicKeyOf(witness) }
  const cosigned = (note: string, by = witness): string => {
    const text = note.slice(0, note.lastIndexOf('\n\n') + 1)
    return note + cosignatureLine(text, witnessKey.name, by, 1_700_000_000)
  }
  const asked = { witnesses: [witnessKey] }

  test('a log that each has cosigned passes, and says when', async () => {
    const log = fresh()
    log.cosigned = [cosigned(signedNote(log.entries, 550, key))]
    expect(await verify(log, asked)).toMatchObject({
      ok: true,
      cosigned: [{ witness: witnessKey.name, size: 550, timeS: 1_700_000_000 }],
    })
  })
  test('one that the witness did not see, or another signed for, does not', async () => {
    const log = fresh()
    expect(await verify(log, asked)).toMatchObject({ fault: 'witness' })
    log.cosigned = [cosigned(signedNote(log.entries, 550, key), makeSigningKey())]
    expect(await verify(log, asked)).toMatchObject({ fault: 'witness' })
    expect(await verify(log), 'control: who asks no witness is content').toMatchObject({ ok: true })
  })
  test('a history that the witness did not see is named, though the log signed it', async () => {
    const log = fresh()
    log.cosigned = [cosigned(signedNote(log.entries, 550, key))]
    log.entries.splice(20, 1, forged)
    log.leaves = log.entries.map((entry) => leafHash(entry))
    log.note = signedNote(log.entries, size, key)
    expect(await verify(log, asked)).toMatchObject({
      fault: 'witness',
      says: expect.stringContaining('another history'),
    })
  })
})

test('the control of the controls: the tampered entries differ from the fresh ones', () => {
  expect(rootOf(fresh().leaves).equals(rootOf(fresh().leaves))).toBe(true)
  for (const [name, , , change] of tamperings) {
    const { entries } = fresh()
    change(entries)
    expect(entries, name).not.toEqual(fresh().entries)
  }
})
