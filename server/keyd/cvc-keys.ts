/**
 * One-time keys for security codes: made with a fingerprint, held in this process's memory alone, gone at the first
 * definite outcome or after five minutes. What cannot be opened any more is what PCI DSS 3.3.1 asks for; the row in
 * the vault's database is only ciphertext without it.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { importPrivateKey, privateDh } from '../../crypto/hpke-node.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import type { CvcKeyRef, CvcState } from '../records/keyd-calls.ts'
import { encodeContext, kekId, type RecordContext } from '../records/format.ts'
import { unwrapWith } from './unwrap.ts'

interface Held {
  /** Raw, so that it can be zeroed; imported for each use. Null once it is destroyed. */
  privateKey: Buffer | null
  createdMs: number
  /** `charge attempt`, from the first opening on. */
  boundTo: string | null
  ended: 'spent' | 'expired' | null
}

/** How long is remembered that a key was spent; a CVC's row in the vault lives five minutes. One that is not known has expired. */
const memoryMs = 900_000
/** Five minutes of a hundred submissions a second, threefold. */
const heldMax = 100_000

export class CvcKeys {
  /** Names this start: keys of another one are lost. */
  readonly instance = randomUUID()
  readonly #held = new Map<string, Held>()
  readonly #now: () => number
  readonly #timer: NodeJS.Timeout

  constructor(now: () => number) {
    this.#now = now
    this.#timer = setInterval(() => this.sweep(), 1_000)
    this.#timer.unref()
  }

  create(): CvcKeyRef & { public_key: string } {
    if (this.#held.size >= heldMax) throw new SallyportError('system.unavailable')
    // Any 32 bytes are an X25519 private key (RFC 7748 §5).
    const privateKey = randomBytes(32)
    const { publicKey } = importPrivateKey('x25519', privateKey)
    const id = kekId(publicKey).toString('base64url')
    this.#held.set(id, { privateKey, createdMs: this.#now(), boundTo: null, ended: null })
    return { id, instance: this.instance, public_key: publicKey.toString('base64url') }
  }

  /** What a CVC's state is for this attempt of this charge, without changing it. */
  state(ref: CvcKeyRef, charge: string, attempt: number): Exclude<CvcState, 'none'> {
    if (ref.instance !== this.instance) return 'lost'
    const held = this.#held.get(ref.id)
    if (held === undefined) return 'expired'
    this.#expire(held)
    if (held.ended !== null) return held.ended
    return held.boundTo === null || held.boundTo === bound(charge, attempt) ? 'open' : 'spent'
  }

  /**
   * The data key of the CVC's record, which the caller wipes; from now on the key is for this attempt of this charge
   * alone. Call only when `state` says 'open'. Throws `does_not_unwrap`, and then binds nothing.
   */
  unwrap(ref: CvcKeyRef, charge: string, attempt: number, context: RecordContext, wrappedDek: Buffer): Buffer {
    const held = this.#held.get(ref.id)
    if (held?.privateKey == null) throw new Error('the one-time key is gone')
    const { publicKey, privateKey } = importPrivateKey('x25519', held.privateKey)
    const dek = unwrapWith(
      { suite: 'x25519', publicKey, dh: privateDh('x25519', privateKey) },
      encodeContext(context),
      wrappedDek,
    )
    held.boundTo = bound(charge, attempt)
    return dek
  }

  /** Destroys the key. False when it is bound to another charge, or not held here any more. */
  settle(ref: CvcKeyRef, charge: string): boolean {
    const held = ref.instance === this.instance ? this.#held.get(ref.id) : undefined
    if (held === undefined || held.ended !== null) return false
    if (held.boundTo !== null && !held.boundTo.startsWith(`${charge} `)) return false
    end(held, 'spent')
    return true
  }

  /** Ends and forgets what is five minutes old, and in the end what was spent. */
  sweep(): void {
    for (const [id, held] of this.#held) {
      this.#expire(held)
      if (held.ended === 'expired' || this.#now() - held.createdMs >= memoryMs) this.#held.delete(id)
    }
  }

  close(): void {
    clearInterval(this.#timer)
    for (const held of this.#held.values()) end(held, 'expired')
    this.#held.clear()
  }

  #expire(held: Held): void {
    if (held.ended === null && this.#now() - held.createdMs >= limits.cvcTtlMs) end(held, 'expired')
  }
}

const bound = (charge: string, attempt: number): string => `${charge} ${attempt}`

function end(held: Held, how: 'spent' | 'expired'): void {
  held.privateKey?.fill(0)
  held.privateKey = null
  held.ended = how
}
