/**
 * seal: a card's bytes become a record that only keyd's key can lead back to. The plaintext comes from a
 * submission that intake opened (or from `sallyport admin`, for credentials) and is held for this call alone.
 */
import { randomFillSync } from 'node:crypto'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { type Kem, seal } from '../../crypto/hpke-node.ts'
import { deriveKeys, wipeable } from './derive.ts'
import { encodeContext, layout, type RecordContext, wrapInfo, zeroNonce } from './format.ts'

/** An epoch's public half, or a CVC's one-time public key. */
export interface SealingKey {
  kekId: Uint8Array
  suite: Kem
  /** Raw bytes. */
  publicKey: Uint8Array
}

export interface SealedRecord {
  kekId: Buffer
  /** HPKE's enc and ciphertext: 80 bytes under X25519, 113 under P-256. */
  wrappedDek: Buffer
  /** commit ‖ ciphertext ‖ tag */
  body: Buffer
}

/** The caller wipes `plaintext`. Throws when the key is not a point of its curve. */
export function sealRecord(plaintext: Uint8Array, context: RecordContext, kek: SealingKey): SealedRecord {
  const bound = encodeContext(context)
  const dek = randomFillSync(wipeable(layout.dekBytes))
  const { encKey, commit } = deriveKeys(dek, bound)
  const ciphertext = wipeable(plaintext.length + layout.tagBytes)
  chacha20poly1305(encKey, zeroNonce, bound).encrypt(plaintext, ciphertext)
  const wrap = seal({
    kem: kek.suite,
    publicKey: kek.publicKey,
    info: wrapInfo(bound),
    aad: new Uint8Array(0),
    plaintext: dek,
  })
  dek.fill(0)
  encKey.fill(0)
  return {
    kekId: Buffer.from(kek.kekId),
    wrappedDek: Buffer.concat([wrap.enc, wrap.ciphertext]),
    body: Buffer.concat([commit, ciphertext]),
  }
}
