import { chacha20 } from '@noble/ciphers/chacha.js'
import { concat } from '../../../crypto/lp.ts'
import { zeroNonce } from '../format.ts'

/**
 * The known attack on AEADs that commit to no key: Poly1305 is linear in the message, so that two free blocks solve
 * its equation for two keys at once. RFC 8439 §2.5 and §2.8 give the polynomial and the order of its blocks.
 */
export function twoKeyCiphertext(one: Uint8Array, two: Uint8Array, aad: Uint8Array): Uint8Array {
  const p = 2n ** 130n - 5n
  const full = 2n ** 128n
  const mod = (value: bigint): bigint => ((value % p) + p) % p
  const power = (base: bigint, exponent: bigint): bigint => {
    let result = 1n
    for (let b = base, e = exponent; e > 0n; e >>= 1n, b = mod(b * b)) if (e & 1n) result = mod(result * b)
    return result
  }
  const little = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  const blocksOf = (bytes: Uint8Array): bigint[] =>
    Array.from({ length: Math.ceil(bytes.length / 16) }, (_, index) => {
      const block = new Uint8Array(16)
      block.set(bytes.subarray(index * 16, index * 16 + 16))
      return full + little(block)
    })
  const polyKeys = [one, two].map((key) => {
    const stream = chacha20(key, zeroNonce, new Uint8Array(32), undefined, 0)
    return { r: little(stream.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn, s: little(stream.subarray(16)) }
  })
  const lengths = new Uint8Array(16)
  new DataView(lengths.buffer).setBigUint64(0, BigInt(aad.length), true)
  new DataView(lengths.buffer).setBigUint64(8, 48n, true)
  const first = new Uint8Array(16).fill(9)
  const before = [...blocksOf(aad), ...blocksOf(first)]
  const after = blocksOf(lengths)
  for (let tag = 1n; ; tag += 1n) {
    // For each key: constant + x·r³ + y·r² = tag − s, where x and y are the second and third block.
    const [a, b] = polyKeys.map(({ r, s }) => {
      const blocks = [...before, 0n, 0n, ...after]
      const constant = blocks.reduce((sum, block) => mod((sum + block) * r), 0n)
      const wanted = (((tag - s) % full) + full) % full
      return { x: power(r, 3n), y: power(r, 2n), value: mod(wanted - constant) }
    })
    if (a === undefined || b === undefined) throw new Error('two keys')
    const inverse = power(mod(a.x * b.y - b.x * a.y), p - 2n)
    const x = mod((a.value * b.y - b.value * a.y) * inverse) - full
    const y = mod((a.x * b.value - b.x * a.value) * inverse) - full
    if (x < 0n || y < 0n || x >= full || y >= full) continue
    const bytes = (value: bigint): Uint8Array =>
      Uint8Array.from({ length: 16 }, (_, index) => Number((value >> BigInt(8 * index)) & 255n))
    return concat(first, bytes(x), bytes(y), bytes(tag))
  }
}
