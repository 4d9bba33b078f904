/**
 * open: a record and the data key that keyd released become the card's bytes. Only egress imports this file;
 * what it returns is used for one request to the processor and zeroed.
 */
import { timingSafeEqual } from 'node:crypto'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { deriveKeys, wipeable } from './derive.ts'
import { encodeContext, layout, type RecordContext, zeroNonce } from './format.ts'

/**
 * Throws one and the same error whatever does not fit. The commitment is compared before the AEAD opens: a
 * ciphertext made to open under two keys meets two commitments and can match one.
 * The caller wipes `dek` and the answer.
 */
export function openRecord(body: Uint8Array, context: RecordContext, dek: Uint8Array): Buffer {
  if (body.length < layout.commitBytes + layout.tagBytes || dek.length !== layout.dekBytes) throw doesNotOpen()
  const bound = encodeContext(context)
  const { encKey, commit } = deriveKeys(dek, bound)
  try {
    if (!timingSafeEqual(commit, body.subarray(0, layout.commitBytes))) throw doesNotOpen()
    const sealed = body.subarray(layout.commitBytes)
    const plaintext = wipeable(sealed.length - layout.tagBytes)
    chacha20poly1305(encKey, zeroNonce, bound).decrypt(sealed, plaintext)
    return Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.length)
  } catch {
    throw doesNotOpen()
  } finally {
    encKey.fill(0)
  }
}

const doesNotOpen = (): Error => new Error('the record does not open')
