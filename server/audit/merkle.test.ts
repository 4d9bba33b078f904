/** The tree against its definition, against others' vectors, and every proof of every size that fits in a moment. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leafHash } from './entries.ts'
import { emptyRoot, Frontier, nodeHash, verifyConsistency, verifyInclusion } from './merkle.ts'
import { levelsOf, rootOf } from './testing/memory-log.ts'
import { decodeBundle, encodeBundle, parseTilePath, Prover, type Tiles, tilePath, tileWidth, widthAt } from './tiles.ts'

interface Vectors {
  leaves: string[]
  roots: { size: number; root: string; why: string }[]
  inclusion: { index: number; size: number; proof: string[]; why: string }[]
  consistency: { old: number; new: number; proof: string[]; why: string }[]
}
const vectors: Vectors = JSON.parse(readFileSync(new URL('rfc6962-vectors.json', import.meta.url), 'utf8'))
const hex = (text: string): Buffer => Buffer.from(text, 'hex')

/** RFC 6962 §2.1 as it is written: the oracle. */
function definedRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves
  if (only === undefined) return emptyRoot()
  if (leaves.length === 1) return only
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return nodeHash(definedRoot(leaves.slice(0, split)), definedRoot(leaves.slice(split)))
}

const tilesOf = (leaves: readonly Buffer[]): Tiles => {
  const levels = levelsOf(leaves)
  return {
    hashes: async (level, index, width) =>
      Buffer.concat((levels[level] ?? []).slice(index * tileWidth, index * tileWidth + width)),
  }
}
const leavesOf = (count: number): Buffer[] => Array.from({ length: count }, (_, index) => leafHash(`leaf ${index}`))

describe('the vectors of RFC 6962', () => {
  const leaves = vectors.leaves.map((leaf) => leafHash(hex(leaf)))
  test.each(vectors.roots.map((one) => [one.size, one] as const))('give the root of %i leaves', (size, { root }) => {
    expect(rootOf(leaves.slice(0, size)).toString('hex')).toBe(root)
    expect(definedRoot(leaves.slice(0, size)).toString('hex')).toBe(root)
  })
  test.each(vectors.inclusion)('are the proof that $index is in $size: $why', async ({ index, size, proof }) => {
    const made = await new Prover(tilesOf(leaves.slice(0, size)), size).inclusion(index)
    expect(made.map((hash) => hash.toString('hex'))).toEqual(proof)
    const root = rootOf(leaves.slice(0, size))
    expect(verifyInclusion(leaves[index] ?? root, index, size, proof.map(hex), root)).toBe(true)
  })
  test.each(vectors.consistency)('are the proof from $old to $new: $why', async ({ old, new: size, proof }) => {
    const made = await new Prover(tilesOf(leaves.slice(0, size)), size).consistency(old)
    expect(made.map((hash) => hash.toString('hex'))).toEqual(proof)
    const [before, after] = [rootOf(leaves.slice(0, old)), rootOf(leaves.slice(0, size))]
    expect(verifyConsistency(old, size, proof.map(hex), before, after)).toBe(true)
  })
})

describe('proofs', () => {
  test('of every entry in every tree of up to thirty-three hold, and for no other index, leaf or root', async () => {
    const leaves = leavesOf(34)
    for (let size = 1; size <= 33; size += 1) {
      const root = definedRoot(leaves.slice(0, size))
      const prover = new Prover(tilesOf(leaves.slice(0, size)), size)
      for (let index = 0; index < size; index += 1) {
        const proof = await prover.inclusion(index)
        const leaf = leaves[index] ?? root
        expect(verifyInclusion(leaf, index, size, proof, root)).toBe(true)
        expect(verifyInclusion(leaves[index + 1] ?? root, index, size, proof, root)).toBe(false)
        expect(verifyInclusion(leaf, index, size, [...proof, root], root)).toBe(false)
        expect(verifyInclusion(leaf, index, size, proof, leaf)).toBe(size === 1)
        if (size > 1) expect(verifyInclusion(leaf, index, size, proof.slice(1), root)).toBe(false)
        for (let other = 0; other <= size; other += 1) {
          if (other !== index) expect(verifyInclusion(leaf, other, size, proof, root)).toBe(false)
        }
      }
    }
  })

  test('from every tree of up to thirty-three to every larger one hold, and for no other pair of roots', async () => {
    const leaves = leavesOf(33)
    const roots = Array.from({ length: 34 }, (_, size) => definedRoot(leaves.slice(0, size)))
    const forked = definedRoot([...leaves.slice(0, 32), leafHash('another')])
    for (let size = 0; size <= 33; size += 1) {
      const prover = new Prover(tilesOf(leaves.slice(0, size)), size)
      const after = roots[size] ?? forked
      for (let old = 0; old <= size; old += 1) {
        const proof = await prover.consistency(old)
        const before = roots[old] ?? forked
        expect(verifyConsistency(old, size, proof, before, after)).toBe(true)
        if (old > 0) expect(verifyConsistency(old, size, proof, forked, after)).toBe(false)
        if (old > 0 && old < size) {
          expect(verifyConsistency(old, size, proof, before, forked)).toBe(false)
          expect(verifyConsistency(old, size, proof.slice(1), before, after)).toBe(false)
          expect(verifyConsistency(size, old, proof, after, before)).toBe(false)
        }
        expect(verifyConsistency(old, size, [...proof, after], before, after)).toBe(false)
      }
    }
  })

  test('hold over several levels of tiles, whatever the sizes', async () => {
    const leaves = leavesOf(70_000)
    const levels = levelsOf(leaves)
    const frontier = new Frontier()
    const roots = leaves.map((leaf) => {
      frontier.append(leaf)
      return frontier.size % 97 === 0 || frontier.size === leaves.length ? frontier.root() : null
    })
    const tiles: Tiles = {
      hashes: async (level, index, width) =>
        Buffer.concat((levels[level] ?? []).slice(index * tileWidth, index * tileWidth + width)),
    }
    const marked = fc.nat(720).map((at) => (at + 1) * 97)
    await fc.assert(
      fc.asyncProperty(marked, marked, fc.nat(69_999), async (one, other, index) => {
        const [old, size] = [Math.min(one, other), Math.max(one, other)]
        const [before, after] = [roots[old - 1], roots[size - 1]]
        if (before == null || after == null) throw new Error('a size without a root')
        const prover = new Prover(tiles, size)
        expect((await prover.root()).equals(after)).toBe(true)
        expect(verifyConsistency(old, size, await prover.consistency(old), before, after)).toBe(true)
        const at = index % size
        expect(verifyInclusion(leaves[at] ?? after, at, size, await prover.inclusion(at), after)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  test('a tile that is not there is said, not guessed', async () => {
    await expect(new Prover({ hashes: async () => null }, 300).root()).rejects.toThrow('tile/1/000')
    await expect(new Prover({ hashes: async () => Buffer.alloc(32) }, 300).root()).rejects.toThrow('not whole')
  })
})

describe('tiles', () => {
  test('have the names and widths of C2SP tlog-tiles', () => {
    // The two examples of the specification.
    expect(tilePath(0, 1_234_067, 256)).toBe('tile/0/x001/x234/067')
    expect([0, 1, 2].map((level) => widthAt(70_000, level, [273, 1, 0][level] ?? 0))).toEqual([112, 17, 1])
    expect(widthAt(256, 0, 0)).toBe(256)
    expect(widthAt(256, 1, 0)).toBe(1)
    expect(tilePath('entries', 5, 7)).toBe('tile/entries/005.p/7')
  })
  test('a name is read back, and has one spelling', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 7, 63, 'entries' as const),
        fc.nat(999_999_999),
        fc.integer({ min: 1, max: 256 }),
        (level, index, width) => {
          expect(parseTilePath(tilePath(level, index, width))).toEqual({ level, index, width })
        },
      ),
    )
    for (const path of [
      'tile/00/000',
      'tile/64/000',
      'tile/0/0',
      'tile/0/x000/001',
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/0/../000',
      'tile/0/000/',
    ]) {
      expect(parseTilePath(path), path).toBeNull()
    }
  })
  test('bundles give their entries back, whole ones alone', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), fc.nat(20), (entries, cut) => {
        const bundle = encodeBundle(entries)
        expect(decodeBundle(bundle).map((entry) => entry.toString('hex'))).toEqual(
          entries.map((entry) => Buffer.from(entry).toString('hex')),
        )
        if (cut > 0 && bundle.length > cut) {
          expect(decodeBundle(bundle.subarray(0, -cut)).length).toBeLessThan(entries.length)
        }
      }),
    )
  })
})
