/**
 * The symmetric key of an epoch, which records settle under when they are rewrapped (DESIGN §5): AES-256-GCM with the
 * record's context as associated data. It seals data keys and nothing else, so the context needs no label beside it.
 */
import {
  createCipheriv,
  createDecipheriv,
  hkdfSync,
  type KeyObject,
  createSecretKey,
  randomFillSync,
} from 'node:crypto'
import { layout } from '../records/format.ts'
import type { EpochSymmetric } from './store.ts'

const nonceBytes = 12
const tagBytes = layout.tagBytes

/**
 * From an epoch's private key, so that a store has one thing to keep and one to destroy. `secret` is the caller's to wipe.
 * Nonces are random: 2³² of them are far below what 96 bits bear (NIST SP 800-38D §8.3), and an epoch has fewer records.
 */
export function symmetricFrom(secret: Uint8Array): EpochSymmetric {
  const bytes = Buffer.from(hkdfSync('sha256', secret, '', 'sallyport-settle', 32))
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return {
    seal: (context, dek) => seal(key, context, dek),
    open: (context, sealed) => openSealed(key, context, sealed),
  }
}

/** The generator is asked for many at once: a call costs more than its bytes. */
const pool = Buffer.alloc(nonceBytes * 512)
let poolAt = pool.length
function nonce(): Buffer {
  if (poolAt === pool.length) {
    randomFillSync(pool)
    poolAt = 0
  }
  poolAt += nonceBytes
  return pool.subarray(poolAt - nonceBytes, poolAt)
}

function seal(key: KeyObject, context: Uint8Array, dek: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(nonceBytes + dek.length + tagBytes)
  const iv = nonce()
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(context)
  iv.copy(sealed)
  cipher.update(dek).copy(sealed, nonceBytes)
  cipher.final()
  cipher.getAuthTag().copy(sealed, nonceBytes + dek.length)
  return sealed
}

function openSealed(key: KeyObject, context: Uint8Array, sealed: Uint8Array): Buffer | null {
  if (sealed.length < nonceBytes + tagBytes) return null
  const tagAt = sealed.length - tagBytes
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAAD(context).setAuthTag(sealed.subarray(tagAt))
  const dek = decipher.update(sealed.subarray(nonceBytes, tagAt))
  try {
    decipher.final()
    return dek
  } catch {
    dek.fill(0)
    return null
  }
}
