/**
 * A card number, the only form in which digits travel between functions. Holds 12 to 19 ASCII digits in bytes
 * of its own. The files that may import it are on a list that an architecture test holds.
 */
const inspect = Symbol.for('nodejs.util.inspect.custom')

export class Pan {
  #bytes: Uint8Array | null

  /**
   * Takes the bytes over (no copy): ASCII digits, ISO/IEC 7812 lengths.
   * Throws a RangeError that names no value; the bytes are zeroed then.
   */
  constructor(digits: Uint8Array) {
    if (digits.length < 12 || digits.length > 19 || digits.some((byte) => byte < 48 || byte > 57)) {
      digits.fill(0)
      throw new RangeError('a card number has 12 to 19 digits')
    }
    this.#bytes = digits
  }

  get length(): number {
    return this.#bytes?.length ?? 0
  }

  /** Lends the digits for one call. Throws once they are wiped. What `fn` copies is its own to wipe. */
  use<T>(fn: (digits: Uint8Array) => T): T {
    if (this.#bytes === null) throw new Error('the card number has been wiped')
    return fn(this.#bytes)
  }

  wipe(): void {
    this.#bytes?.fill(0)
    this.#bytes = null
  }

  toString(): string {
    return '[pan]'
  }
  toJSON(): string {
    return '[pan]'
  }
  [inspect](): string {
    return '[pan]'
  }
}
