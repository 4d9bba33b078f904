import { describe, expect, test } from 'vitest'
import {
  checkConsistency,
  checkInclusion,
  consistencyText,
  inclusionText,
  parseConsistency,
  parseInclusion,
} from './proof-text.ts'
import { keyOf, makeEntry, makeMemoryLog, makeSigningKey, signedNote, sourceOf } from './testing/memory-log.ts'
import { Prover } from './tiles.ts'

const key = makeSigningKey()
const logKey = keyOf(key)
const log = makeMemoryLog(300, key)
const prover = new Prover(sourceOf(log), 300)
const checkpoint = log.note ?? ''
const oldNote = signedNote(log.entries, 120, key)

const inclusion = async (index: number, entry = log.entries[index] ?? ''): Promise<string> =>
  inclusionText({ index, entry, hashes: await prover.inclusion(index), checkpoint })
const consistency = async (): Promise<string> =>
  consistencyText({ oldSize: 120, hashes: await prover.consistency(120), checkpoint })

describe('a proof that an entry is in a log', () => {
  test('is read back and holds with the public key alone', async () => {
    const text = await inclusion(123)
    expect(parseInclusion(text)).toMatchObject({ index: 123, entry: log.entries[123] })
    expect(checkInclusion(text, logKey)).toEqual({ ok: true, size: 300 })
  })
  test('is in the form of C2SP tlog-proof', async () => {
    const lines = (await inclusion(0)).split('\n')
    expect(lines[0]).toBe('c2sp.org/tlog-proof@v1')
    expect(lines[1]).toMatch(/^extra [A-Za-z0-9+/]+=*$/)
    expect(lines[2]).toBe('index 0')
    expect(lines.slice(3, 12).every((line) => /^[A-Za-z0-9+/]{43}=$/.test(line))).toBe(true)
    expect(lines.slice(12, 15)).toEqual(['', logKey.name, '300'])
  })
  test('does not hold for another entry, another index, another log or another key', async () => {
    const good = await inclusion(5)
    for (const [bad, says] of [
      [await inclusion(5, makeEntry(5, { charge: 'chg_forged' })), 'not the one at index 5'],
      [good.replace('index 5\n', 'index 6\n'), 'not the one at index 6'],
      [good.replace('\n300\n', '\n299\n'), 'not signed'],
      [good.replace('index 5', 'index 05'), 'no proof'],
      [good.replace('extra', 'extar'), 'no proof'],
    ] as const) {
      expect(checkInclusion(bad, logKey)).toEqual({ ok: false, says: expect.stringContaining(says) })
    }
    expect(checkInclusion(good, keyOf(makeSigningKey()))).toMatchObject({ ok: false })
  })
})

describe('a proof that a log has only grown', () => {
  test('holds between two checkpoints, with the public key alone', async () => {
    const text = await consistency()
    expect(parseConsistency(text)).toMatchObject({ oldSize: 120 })
    expect(checkConsistency(text, oldNote, logKey)).toEqual({ ok: true, size: 300 })
  })
  test('does not hold from another history, from a longer log or from what nobody signed', async () => {
    const text = await consistency()
    const forked = signedNote([makeEntry(0, { charge: 'chg_forged' }), ...log.entries.slice(1)], 120, key)
    const longer = signedNote([...log.entries, makeEntry(300)], 301, key)
    for (const [old, says] of [
      [forked, 'does not begin with'],
      [longer, 'rolled back'],
      [signedNote(log.entries, 121, key), 'begins at 120'],
      [signedNote(log.entries, 120, makeSigningKey()), 'earlier checkpoint is not signed'],
    ] as const) {
      expect(checkConsistency(text, old, logKey)).toEqual({ ok: false, says: expect.stringContaining(says) })
    }
    expect(checkConsistency('old 1\n', oldNote, logKey)).toMatchObject({ ok: false })
  })
})
