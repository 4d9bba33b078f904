import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openCheckpoint, signCheckpoint } from './checkpoint.ts'
import {
  cosignatureLine,
  cosignedAt,
  isSignedBy,
  keyLine,
  type NoteKey,
  parseKeyLine,
  parseNote,
  publicKeyOf,
  signNote,
} from './note.ts'
import { makeSigningKey } from './testing/memory-log.ts'

interface Vectors {
  notes: { why: string; key: string; note: string }[]
  refused: { why: string; note: string }[]
  keys_refused: { why: string; key: string }[]
}
const vectors: Vectors = JSON.parse(readFileSync(new URL('note-vectors.json', import.meta.url), 'utf8'))

const [log, witness, stranger] = [makeSigningKey(), makeSigningKey(), makeSigningKey()]
const logKey: NoteKey = { type: 'note', name: 'log.example/a', publicKey: publicKeyOf(log) }
const witnessKey: NoteKey = { type: 'cosignature', name: 'witness.example/w', publicKey: publicKeyOf(witness) }
const text = 'log.example/a\n3\nqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\n'
const note = signNote(text, logKey.name, log)

const parsed = (from: string) => {
  const one = parseNote(from)
  if (one === null) throw new Error('no note')
  return one
}

describe('a signed note', () => {
  test.each(vectors.notes)('of another implementation is read and believed: $why', ({ key, note: other }) => {
    const read = parseKeyLine(key)
    if (read === null) throw new Error('no key')
    expect(keyLine(read)).toBe(key)
    expect(isSignedBy(parsed(other), read)).toBe(true)
    expect(isSignedBy(parsed(other.replace('problem is', 'problem was')), read)).toBe(false)
  })
  test.each(vectors.refused)('is not this: $why', ({ note: other }) => {
    expect(parseNote(other)).toBeNull()
  })
  test.each(vectors.keys_refused)('has no key like this: $why', ({ key }) => {
    expect(parseKeyLine(key)).toBeNull()
  })

  test('signatures of strangers are passed over, also sixteen of them', () => {
    const more = Array.from(
      { length: 16 },
      () => signNote(text, 'other.example', stranger).split('\n\n')[1] ?? '',
    ).join('')
    expect(isSignedBy(parsed(note + more), logKey)).toBe(true)
    const [, line = ''] = note.split('\n\n')
    expect(isSignedBy(parsed(`${text}\n${more}`), logKey)).toBe(false)
    expect(isSignedBy(parsed(`${text}\n${more}${line}`), logKey)).toBe(true)
  })
  test('a false signature of the key itself spoils the note', () => {
    const [, line = ''] = signNote(`${text}x\n`, logKey.name, log).split('\n\n')
    expect(isSignedBy(parsed(note + line), logKey)).toBe(false)
  })
  test('the same key under another name signs for that name alone', () => {
    expect(isSignedBy(parsed(note), { ...logKey, name: 'log.example/b' })).toBe(false)
    expect(isSignedBy(parsed(note), { ...logKey, type: 'cosignature' })).toBe(false)
  })
  test('with any character of its text changed is believed by nobody', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('A', 'b', '7', '\n', ' '), (at, character) => {
        fc.pre(note[at] !== character)
        expect(
          openCheckpoint(note.slice(0, at) + character + note.slice(at + 1), logKey.name, logKey.publicKey),
        ).toBeNull()
      }),
    )
  })
})

describe('a cosignature', () => {
  const line = cosignatureLine(text, witnessKey.name, witness, 1_700_000_000)
  test('says when the witness saw the checkpoint', () => {
    expect(cosignedAt(parsed(note + line), witnessKey)).toBe(1_700_000_000)
    expect(isSignedBy(parsed(note + line), logKey)).toBe(true)
    expect(cosignedAt(parsed(note), witnessKey)).toBeNull()
  })
  test('covers the time and the whole text, and is of its own key alone', () => {
    const bytes = Buffer.from(line.trim().split(' ')[2] ?? '', 'base64')
    bytes[11] = (bytes[11] ?? 0) ^ 1
    const later = `\u2014 ${witnessKey.name} ${bytes.toString('base64')}\n`
    expect(cosignedAt(parsed(note + later), witnessKey)).toBeNull()
    const other = signNote(text.replace('\n3\n', '\n4\n'), logKey.name, log)
    expect(cosignedAt(parsed(other + line), witnessKey)).toBeNull()
    expect(cosignedAt(parsed(note + line), { ...witnessKey, publicKey: publicKeyOf(stranger) })).toBeNull()
  })
  test('cannot be passed off as a signature of the log', () => {
    const same = { type: 'note', name: witnessKey.name, publicKey: witnessKey.publicKey } as const
    expect(isSignedBy(parsed(note + line), same)).toBe(false)
  })
  test('has the message of C2SP tlog-cosignature: two lines, then the text', async () => {
    const { verify } = await import('node:crypto')
    const bytes = Buffer.from(line.trim().split(' ')[2] ?? '', 'base64')
    const message = Buffer.from(`cosignature/v1\ntime 1700000000\n${text}`)
    expect(bytes.subarray(4, 12).readBigUInt64BE()).toBe(1_700_000_000n)
    expect(verify(null, message, witnessKey.publicKey, bytes.subarray(12))).toBe(true)
  })
})

test('a checkpoint may have lines after the third, which are signed and passed over', () => {
  const { size, hash } = { size: 3, hash: Buffer.alloc(32, 1) }
  const plain = signCheckpoint(logKey.name, { size, hash }, log)
  const extended = signNote(`${parsed(plain).text}an extension\n`, logKey.name, log)
  expect(openCheckpoint(extended, logKey.name, logKey.publicKey)).toEqual({ size, hash })
  const empty = signNote(`${parsed(plain).text}\nx\n`, logKey.name, log)
  expect(openCheckpoint(empty, logKey.name, logKey.publicKey)).toBeNull()
})
