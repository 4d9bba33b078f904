import { createHash, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Jwk } from '../config.ts'
import { type ChainRow, headZero, nextHead, verifyChain } from './chain.ts'
import { chainOrigin, checkpointPublicKey, openCheckpoint, signCheckpoint } from './checkpoint.ts'
import { type AuditFact, entryText, leafHash, parseEntry } from './entries.ts'

const makeKey = (): Jwk => {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return { kty: 'OKP', crv: 'Ed25519', x, d }
}
const key = makeKey()
const publicKey = checkpointPublicKey(key)
const logId = 'a'.repeat(32)
const name = 'keyd' as const
const origin = chainOrigin(name, logId)
const fact: AuditFact = { actor: 'egress', action: 'open', result: 'intent', charge: 'chg_a' }

const entries = Array.from({ length: 9 }, (_, index) => entryText(logId, 1_800_000_000_000 + index, fact))
const chainOf = (texts: readonly string[]): ChainRow[] => {
  let head = headZero(logId)
  return texts.map((entry, index) => {
    head = nextHead(head, entry)
    return { position: index + 1, entry, head }
  })
}
const rows = chainOf(entries)
const noteFor = (size: number, from = rows, by = key): string =>
  signCheckpoint(origin, { size, hash: size === 0 ? headZero(logId) : Buffer.from(from[size - 1]?.head ?? []) }, by)
const verify = (some: readonly ChainRow[], checkpoints = [noteFor(9)]) =>
  verifyChain(some, { name, logId, checkpoints, publicKey })
const forged = entryText(logId, 1_800_000_000_000, { ...fact, charge: 'chg_b' })
const withForged = (at: number): string[] => entries.map((entry, index) => (index === at - 1 ? forged : entry))

describe('an entry', () => {
  test('has one spelling, drops what is not on the list and is read back', () => {
    const text = entryText('l', 0, { ...fact, ...{ number: '4242424242424242' }, request_id: 'req_a', count: 2 })
    expect(text).toBe(
      '{"action":"open","actor":"egress","charge":"chg_a","count":2,"log":"l","request_id":"req_a",' +
        '"result":"intent","time":"1970-01-01T00:00:00.000Z","v":1}',
    )
    expect(parseEntry(text)).toMatchObject({ action: 'open', count: 2 })
    for (const other of [` ${text}`, text.replace('"v":1', '"v":2'), text.replace('open', 'op\\u0065n'), '[]', 'x']) {
      expect(parseEntry(other)).toBeNull()
    }
  })

  test('is hashed as a leaf of RFC 6962', () => {
    expect(leafHash('x').equals(createHash('sha256').update(Buffer.from('\0x')).digest())).toBe(true)
    // The hash of an empty leaf, as transparency logs publish it.
    expect(leafHash('').toString('hex')).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d')
  })
})

describe('the chain', () => {
  test('of an untouched log is whole', () => {
    expect(verify(rows)).toEqual({ ok: true, size: 9, head: rows[8]?.head })
    expect(verify([], [noteFor(0)])).toMatchObject({ ok: true, size: 0 })
  })

  test('names an entry that was altered, whichever it is', () => {
    for (let at = 1; at <= 9; at += 1) {
      const some = rows.map((row) => (row.position === at ? { ...row, entry: forged } : row))
      expect(verify(some)).toEqual({ ok: false, fault: 'altered', position: at })
    }
  })

  test('names an entry that was deleted, moved or cut off', () => {
    for (let at = 1; at <= 9; at += 1) {
      expect(verify(rows.filter((row) => row.position !== at))).toEqual({ ok: false, fault: 'missing', position: at })
    }
    const swapped = rows.map((row) => ({
      ...row,
      entry: entries[row.position === 4 ? 4 : row.position === 5 ? 3 : row.position - 1] ?? '',
    }))
    expect(verify(swapped)).toEqual({ ok: false, fault: 'altered', position: 4 })
    expect(verify(rows.slice(0, 6))).toEqual({ ok: false, fault: 'missing', position: 7 })
  })

  test('names where a log was rewritten with all its heads, as close as its checkpoints stand', () => {
    const rewritten = chainOf(withForged(6))
    expect(verify(rewritten, [noteFor(9)])).toEqual({ ok: false, fault: 'rewritten', position: 1 })
    const checkpoints = [noteFor(3), noteFor(5), noteFor(6), noteFor(9)]
    expect(verify(rewritten, checkpoints)).toEqual({ ok: false, fault: 'rewritten', position: 6 })
    // Control: without a checkpoint the same rewriting passes.
    expect(verify(rewritten, [])).toMatchObject({ ok: true })
  })

  test('refuses a checkpoint of another key, another log or another size', () => {
    expect(verify(rows, [noteFor(9, rows, makeKey())])).toMatchObject({ fault: 'checkpoint' })
    const other = signCheckpoint(chainOrigin('vault', logId), { size: 9, hash: headZero(logId) }, key)
    expect(verify(rows, [other])).toMatchObject({ fault: 'checkpoint' })
    expect(verify(rows, [noteFor(9).replace('\n9\n', '\n8\n')])).toMatchObject({ fault: 'checkpoint' })
  })

  test('shows two signed heads of one size', () => {
    const fork = chainOf(withForged(2))
    expect(verify(rows, [noteFor(9), noteFor(9, fork)])).toEqual({ ok: false, fault: 'rewritten', position: 9 })
  })
})

describe('a checkpoint', () => {
  test('is a signed note of three lines', () => {
    const note = noteFor(9)
    expect(note).toMatch(
      /^sallyport\/keyd\/a{32}\n9\n[A-Za-z0-9+/]{43}=\n\n\u2014 sallyport\/keyd\/a{32} [A-Za-z0-9+/]+=*\n$/,
    )
    expect(openCheckpoint(note, origin, publicKey)).toEqual({ size: 9, hash: rows[8]?.head })
  })

  test('with any character changed is none', () => {
    const note = noteFor(9)
    fc.assert(
      fc.property(fc.nat(note.length - 1), fc.constantFrom('A', 'b', '7', '\n', ' '), (at, character) => {
        fc.pre(note[at] !== character)
        const changed = note.slice(0, at) + character + note.slice(at + 1)
        const opened = openCheckpoint(changed, origin, publicKey)
        // The last character of base64 may carry bits that are not part of the signature.
        expect(opened === null || opened.size === 9).toBe(true)
        if (at < note.indexOf('\u2014')) expect(opened).toBeNull()
      }),
    )
  })
})
