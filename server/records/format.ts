/**
 * What a record is bound to and how it lies in bytes (DESIGN §5). The context goes three times into a record:
 * into both HKDF infos, the AEAD's AAD and the wrap of its key, so that it opens in no other row, tenant, class,
 * mode or mandate. This file holds no key and no digits.
 */
import { createHash } from 'node:crypto'
import { lp } from '../../crypto/lp-node.ts'

export const recordVersion = 1
/** Suite 1: HKDF-SHA-512 for key and commitment, ChaCha20-Poly1305 for the data. */
export const recordSuite = 1

export const recordClasses = ['card', 'cvc', 'credential'] as const
export type RecordClass = (typeof recordClasses)[number]

/** What a token may ever be used for. A token that cannot be charged has uses, amountMax and maxOpens 0. */
export interface Mandate {
  uses: number
  /** Minor units. */
  amountMax: number
  /** ISO 4217, upper case; '' where nothing may be charged. */
  currency: string
  /** The merchant account's id; '' where nothing may be charged. */
  account: string
  notAfterMs: number
  maxOpens: number
}

export interface RecordContext {
  version: number
  suite: number
  mode: 'sandbox' | 'live'
  tenant: string
  token: string
  class: RecordClass
  /** An integer: a database's timestamp has microseconds and would not survive the round trip. */
  createdMs: number
  mandate: Mandate | null
}

export const layout = {
  versionBytes: 1,
  suiteBytes: 1,
  kekIdBytes: 8,
  dekBytes: 32,
  commitBytes: 32,
  tagBytes: 16,
  /** A data key under an epoch's symmetric key: nonce 12, ciphertext 32, tag 16. No public-key wrap is as short. */
  settledWrapBytes: 60,
} as const

export const encodeMandate = (mandate: Mandate | null): Uint8Array<ArrayBuffer> =>
  mandate === null
    ? new Uint8Array(0)
    : lp(mandate.uses, mandate.amountMax, mandate.currency, mandate.account, mandate.notAfterMs, mandate.maxOpens)

export const encodeContext = (context: RecordContext): Uint8Array<ArrayBuffer> =>
  lp(
    context.version,
    context.suite,
    context.mode,
    context.tenant,
    context.token,
    context.class,
    context.createdMs,
    encodeMandate(context.mandate),
  )

/** Names an epoch by its public key, so that a relabelled record meets a private key that is not its own. */
export const kekId = (publicKey: Uint8Array): Buffer =>
  createHash('sha256').update(publicKey).digest().subarray(0, layout.kekIdBytes)

export const wrapInfo = (context: Uint8Array): Uint8Array<ArrayBuffer> => lp('wrap', context)
export const encInfo = (context: Uint8Array): Uint8Array<ArrayBuffer> => lp('enc', context)
export const commitInfo = (context: Uint8Array): Uint8Array<ArrayBuffer> => lp('commit', context)
/** `encKey` seals once, so that its nonce may be constant. */
export const zeroNonce = new Uint8Array(12)

/** Bytes of the whole record, columns and all, for a plaintext of this length. */
export const recordBytes = (wrappedDekBytes: number, plaintextBytes: number): number =>
  layout.versionBytes +
  layout.suiteBytes +
  layout.kekIdBytes +
  wrappedDekBytes +
  layout.commitBytes +
  plaintextBytes +
  layout.tagBytes
