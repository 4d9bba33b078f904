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

/** @returns 64 hex digits of the text in UTF-8. */
export function sha256(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 0x20000000))
  view.setUint32(padded.length - 4, (bytes.length * 8) >>> 0)
  const hash = [...initial]
  const words = new Int32Array(64)
  for (let block = 0; block < padded.length; block += 64) {
    for (let index = 0; index < 16; index += 1) words[index] = view.getInt32(block + index * 4)
    compress(hash, words)
  }
  return hash.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

function compress(hash: number[], words: Int32Array): void {
  const at = (index: number): number => words[index] ?? 0
  for (let index = 16; index < 64; index += 1) {
    const [near, far] = [at(index - 2), at(index - 15)]
    const small = rotate(far, 7) ^ rotate(far, 18) ^ (far >>> 3)
    const large = rotate(near, 17) ^ rotate(near, 19) ^ (near >>> 10)
    words[index] = (at(index - 16) + small + at(index - 7) + large) | 0
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash
  for (let index = 0; index < 64; index += 1) {
    const choice = (e & f) ^ (~e & g)
    const large = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const first = (h + large + choice + (constants[index] ?? 0) + at(index)) | 0
    const small = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const second = (small + ((a & b) ^ (a & c) ^ (b & c))) | 0
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0]
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) hash[index] = ((hash[index] ?? 0) + word) | 0
}
