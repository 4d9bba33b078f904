/**
 * The Merkle tree of RFC 6962 §2.1, as hashes alone: a root that grows leaf by leaf, and the two checks that need
 * nothing but hashes. The checks are the iterative ones of RFC 9162 §2.1.3.2 and §2.1.4.2, which give the same answers.
 * Sizes and indexes are integers below 2^53.
 */
import { createHash } from 'node:crypto'

export const hashBytes = 32

/** RFC 6962 §2.1: the one byte in front keeps a node from passing for a leaf. */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer =>
  createHash('sha256')
    .update(new Uint8Array([1]))
    .update(left)
    .update(right)
    .digest()

/** The root of a tree without leaves: the hash of nothing. */
export const emptyRoot = (): Buffer => createHash('sha256').digest()

const isOdd = (value: number): boolean => value % 2 === 1
const half = (value: number): number => Math.floor(value / 2)
const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(value)) && 2 ** Math.log2(value) === value

/** The right edge of a growing tree: the roots of its full subtrees, one a bit of the size. */
export class Frontier {
  #size = 0
  readonly #roots: Uint8Array[] = []

  get size(): number {
    return this.#size
  }

  append(leaf: Uint8Array): void {
    let node = leaf
    for (let rest = this.#size; isOdd(rest); rest = half(rest)) node = nodeHash(this.#roots.pop() ?? node, node)
    this.#roots.push(node)
    this.#size += 1
  }

  /** @param right the root of what follows these leaves and is less than a full subtree of the next level. */
  root(right?: Uint8Array): Buffer {
    const [last, ...others] = right === undefined ? this.#roots.toReversed() : [right, ...this.#roots.toReversed()]
    if (last === undefined) return emptyRoot()
    return Buffer.from(others.reduce((after, before) => nodeHash(before, after), last))
  }
}

/** Whether `leaf` is the one at `index` of the tree of `size` leaves with this root. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!(index >= 0 && index < size)) return false
  let [at, last] = [index, size - 1]
  let hash: Uint8Array = leaf
  for (const sibling of proof) {
    if (last === 0) return false
    if (isOdd(at) || at === last) {
      hash = nodeHash(sibling, hash)
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)]
    } else {
      hash = nodeHash(hash, sibling)
    }
    ;[at, last] = [half(at), half(last)]
  }
  return last === 0 && Buffer.from(hash).equals(root)
}

/**
 * Whether the tree of `newSize` begins with the tree of `oldSize`. Everything begins with the empty tree, for which the
 * proof is empty (RFC 6962 leaves that case open; C2SP tlog-witness fixes it).
 */
export function verifyConsistency(
  oldSize: number,
  newSize: number,
  proof: readonly Uint8Array[],
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
): boolean {
  if (!(oldSize >= 0 && oldSize <= newSize)) return false
  if (oldSize === newSize) return proof.length === 0 && Buffer.from(oldRoot).equals(newRoot)
  if (oldSize === 0) return proof.length === 0 && emptyRoot().equals(oldRoot)
  const [first, ...rest] = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof
  if (first === undefined) return false
  let [at, last] = [oldSize - 1, newSize - 1]
  while (isOdd(at)) [at, last] = [half(at), half(last)]
  let [before, after]: [Uint8Array, Uint8Array] = [first, first]
  for (const sibling of rest) {
    if (last === 0) return false
    if (isOdd(at) || at === last) {
      before = nodeHash(sibling, before)
      after = nodeHash(sibling, after)
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)]
    } else {
      after = nodeHash(after, sibling)
    }
    ;[at, last] = [half(at), half(last)]
  }
  return last === 0 && Buffer.from(before).equals(oldRoot) && Buffer.from(after).equals(newRoot)
}
