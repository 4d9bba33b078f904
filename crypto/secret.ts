/**
 * Bytes that must not be printed: a security code or a key. They are lent for one call and never returned;
 * strings, JSON and Node's inspector show the label alone.
 */
const inspect = Symbol.for('nodejs.util.inspect.custom')

export class Secret {
  #bytes: Uint8Array | null

  /** Takes the bytes over (no copy): the caller must not keep them. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get length(): number {
    return this.#bytes?.length ?? 0
  }

  /** Lends the bytes for one call. Throws once they are wiped. What `fn` copies is its own to wipe. */
  use<T>(fn: (bytes: Uint8Array) => T): T {
    if (this.#bytes === null) throw new Error('the secret has been wiped')
    return fn(this.#bytes)
  }

  /** Zeroes the bytes. Copies that the runtime made (strings, garbage collection) are beyond its reach. */
  wipe(): void {
    this.#bytes?.fill(0)
    this.#bytes = null
  }

  toString(): string {
    return '[secret]'
  }
  toJSON(): string {
    return '[secret]'
  }
  [inspect](): string {
    return '[secret]'
  }
}
