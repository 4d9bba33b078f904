/**
 * The two keys of a record from its data key: HKDF-SHA-512 (RFC 5869) without salt. Spelled with one-shot hashes over
 * memory of its own, because what `hkdfSync` is given stays behind in the process: a copy in OpenSSL's key object, and,
 * of arrays up to 64 bytes, a copy that V8 leaves on its heap. Nothing of the data key outlives this call.
 */
import { hash } from 'node:crypto'
import { commitInfo, encInfo, layout } from './format.ts'

const blockBytes = 128
const digestBytes = 64

/** Memory outside V8's heap, which is not moved and so can be wiped. */
export const wipeable = (bytes: number): Uint8Array<ArrayBuffer> => new Uint8Array(new ArrayBuffer(bytes))

/** RFC 2104 over SHA-512, for keys of one block at most. The caller wipes what it gets. */
function hmac(key: Uint8Array, message: Uint8Array, suffix: number | null): Uint8Array {
  const inner = wipeable(blockBytes + message.length + (suffix === null ? 0 : 1))
  const outer = wipeable(blockBytes + digestBytes)
  inner.set(key)
  outer.set(key)
  for (let index = 0; index < blockBytes; index += 1) {
    inner[index] = (inner[index] ?? 0) ^ 0x36
    outer[index] = (outer[index] ?? 0) ^ 0x5c
  }
  inner.set(message, blockBytes)
  if (suffix !== null) inner[inner.length - 1] = suffix
  const innerDigest = hash('sha512', inner, 'buffer')
  outer.set(innerDigest, blockBytes)
  const digest = hash('sha512', outer, 'buffer')
  inner.fill(0)
  outer.fill(0)
  innerDigest.fill(0)
  return digest
}

const noSalt = new Uint8Array(digestBytes)

/** The caller wipes both. `bound` is the record's encoded context. */
export function deriveKeys(dek: Uint8Array, bound: Uint8Array): { encKey: Uint8Array; commit: Uint8Array } {
  const prk = hmac(noSalt, dek, null)
  const enc = hmac(prk, encInfo(bound), 1)
  const commit = hmac(prk, commitInfo(bound), 1)
  prk.fill(0)
  return { encKey: enc.subarray(0, 32), commit: commit.subarray(0, layout.commitBytes) }
}
