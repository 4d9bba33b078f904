/** FIPS 180-4, for text of a few kilobytes that must be hashed synchronously in every engine. Names rules, guards nothing. */

const fraction = (root: number): number => ((root - Math.floor(root)) * 0x100000000) | 0

function primes(count: number): number[] {
  const found: number[] = []
  for (let value = 2; found.length < count; value += 1)
    if (found.every((prime) => value % prime !== 0)) found.push(value)
  return found
}

const constants = primes(64).map((prime) => fraction(Math.cbrt(prime)))
const initial = primes(8).map((prime) => fraction(Math.sqrt(prime)))

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by))
const mixed = (word: number, one: number, other: number, third: number): number =>
  rotate(word, one) ^ rotate(word, other) ^ rotate(word, third)

/** @returns 64 hex digits of the text in UTF-8. */
export function sha256(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  // Kilobytes: the upper half of the length is nought.
  view.setUint32(padded.length - 4, bytes.length * 8)
  let hash: readonly number[] = initial
  for (let block = 0; block < padded.length; block += 64) hash = compressed(hash, view, block)
  return hash.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

function compressed(hash: readonly number[], view: DataView, block: number): number[] {
  const words = new Int32Array(64)
  const at = (index: number): number => words[index] ?? 0
  let state = hash
  for (const [index, constant] of constants.entries()) {
    const [near, far] = [at(index - 2), at(index - 15)]
    const small = rotate(far, 7) ^ rotate(far, 18) ^ (far >>> 3)
    const large = rotate(near, 17) ^ rotate(near, 19) ^ (near >>> 10)
    words[index] = index < 16 ? view.getInt32(block + index * 4) : at(index - 16) + small + at(index - 7) + large
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
    const first = h + mixed(e, 6, 11, 25) + ((e & f) ^ (~e & g)) + constant + at(index)
    const second = mixed(a, 2, 13, 22) + ((a & b) ^ (a & c) ^ (b & c))
    state = [(first + second) | 0, a, b, c, (d + first) | 0, e, f, g]
  }
  return hash.map((word, index) => (word + (state[index] ?? 0)) | 0)
}
