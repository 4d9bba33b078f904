/**
 * unwrap: a wrapped data key and the context it was sealed under become the data key, for the moment between the
 * durable intent and the sealed answer. The context holds the mandate, so that a changed one does not unwrap.
 */
import { encBytes, type Kem, open } from '../../crypto/hpke-node.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { type Epoch, type EpochSymmetric, type KeyStore, KeyStoreError } from '../keys/store.ts'
import { encodeContext, layout, type RecordContext, wrapInfo } from '../records/format.ts'
import { Refusal } from './refusal.ts'

const none = new Uint8Array(0)

/** The caller wipes the answer. `bound` is the encoded context. Throws `does_not_unwrap` whatever does not fit. */
export function unwrapWith(
  key: { suite: Kem; publicKey: Uint8Array; dh: (enc: Uint8Array) => Uint8Array },
  bound: Uint8Array,
  wrappedDek: Buffer,
): Buffer {
  const enc = wrappedDek.subarray(0, encBytes[key.suite])
  const ciphertext = wrappedDek.subarray(encBytes[key.suite])
  try {
    const dek = open({
      kem: key.suite,
      enc,
      publicKey: key.publicKey,
      info: wrapInfo(bound),
      aad: none,
      ciphertext,
      dh: key.dh,
    })
    if (dek.length === layout.dekBytes) return dek
    dek.fill(0)
  } catch {
    // Said below: every failure is the same one.
  }
  throw new Refusal('does_not_unwrap')
}

/** By an epoch of the key store, which does the step that needs its key. */
export async function unwrap(
  store: KeyStore,
  kekId: Buffer,
  context: RecordContext,
  wrappedDek: Buffer,
): Promise<Buffer> {
  const epoch = await store.epoch(kekId)
  if (epoch === null) throw new Refusal('unknown_key')
  return unwrapBound(store, epoch, encodeContext(context), wrappedDek)
}

/** The same with the context's bytes, for who has no need of what stands in them. */
export async function unwrapBound(
  store: KeyStore,
  epoch: Epoch,
  bound: Uint8Array,
  wrappedDek: Buffer,
): Promise<Buffer> {
  const { kekId, suite, publicKey } = epoch
  if (isSettled(wrappedDek)) return unsettle(await store.symmetric(kekId), bound, wrappedDek)
  let shared: Buffer
  try {
    shared = await store.dh(kekId, wrappedDek.subarray(0, encBytes[suite]))
  } catch (error) {
    const failure = error instanceof KeyStoreError ? error.failure : null
    if (failure === 'bad_point') throw new Refusal('does_not_unwrap')
    if (failure === 'unknown_epoch') throw new Refusal('unknown_key')
    // An HSM that is away says nothing about the record: whoever asks may come again.
    throw new SallyportError('system.unavailable', { cause: error })
  }
  return unwrapWith({ suite, publicKey, dh: () => shared }, bound, wrappedDek)
}

/** Told by the length alone: no public-key wrap is as short. */
export const isSettled = (wrappedDek: Uint8Array): boolean => wrappedDek.length === layout.settledWrapBytes

/** Of a record that has settled. Throws `does_not_unwrap`. */
export function unsettle(symmetric: EpochSymmetric | null, bound: Uint8Array, wrappedDek: Uint8Array): Buffer {
  const dek = symmetric?.open(bound, wrappedDek)
  if (dek?.length === layout.dekBytes) return dek
  throw new Refusal('does_not_unwrap')
}
