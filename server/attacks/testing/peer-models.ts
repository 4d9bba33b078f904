/**
 * Small models of how others keep a card, with the parts that an attack goes at and no more: read in their sources (the field's
 * notes name them). They are what the same attacks succeed against.
 */
import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto'

/** A row of a table of cards: whose it is, and what lies in it. */
export interface StoredRow {
  tenant: string
  token: string
  /** What the row says the card may be used for; nothing binds it. */
  amountMax: number
  /** Where there is one: the wrapped data key, and which key it is wrapped to. */
  wrappedKey?: Buffer
  keyId?: string
  body: Buffer
}

export interface PeerModel {
  /** What is done, not who does it. */
  name: string
  seal(row: { tenant: string; token: string; amountMax: number }, card: string): StoredRow
  /** Throws where it does not open. */
  open(row: StoredRow): string
}

const gcmSeal = (key: Buffer, nonce: Buffer, text: Uint8Array): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()])
}
const gcmOpen = (key: Buffer, sealed: Buffer): Buffer => {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
  decipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
}

/** One AES-256-GCM key a merchant, random nonces, nothing authenticated beside the card. */
export function staticMerchantKey(): PeerModel {
  const key = randomBytes(32)
  return {
    name: 'one key a merchant, no associated data',
    seal: (row, card) => ({ ...row, body: gcmSeal(key, randomBytes(12), Buffer.from(card)) }),
    open: ({ body }) => gcmOpen(key, body).toString(),
  }
}

/** A data key a record, wrapped to a key that its row names, and bound to nothing. */
export function unboundWrap(): PeerModel {
  const keys = new Map(['k1', 'k2'].map((id) => [id, randomBytes(32)]))
  const keyOf = (id = ''): Buffer => {
    const key = keys.get(id)
    if (key === undefined) throw new Error('no such key')
    return key
  }
  return {
    name: 'a data key a record, wrapped without a context',
    seal: (row, card) => {
      const dek = randomBytes(32)
      const wrappedKey = gcmSeal(keyOf('k1'), randomBytes(12), dek)
      return { ...row, keyId: 'k1', wrappedKey, body: gcmSeal(dek, randomBytes(12), Buffer.from(card)) }
    },
    open: ({ keyId, wrappedKey, body }) => {
      // A version that does not fit is tried with the others, as two of them did for years.
      for (const id of [keyId, ...keys.keys()])
        try {
          return gcmOpen(gcmOpen(keyOf(id), wrappedKey ?? Buffer.alloc(0)), body).toString()
        } catch {
          // The next one.
        }
      throw new Error('it does not open')
    },
  }
}

/** AES-256-GCM under one key and one nonce: what is XORed to every card is the same. The tag is left unread, as there. */
export function constantNonce(): PeerModel {
  const [key, nonce] = [randomBytes(32), Buffer.alloc(12, 1)]
  return {
    name: 'one key and one nonce',
    seal: (row, card) => ({ ...row, body: gcmSeal(key, nonce, Buffer.from(card)) }),
    open: ({ body }) => {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce)
      return decipher.update(body.subarray(12, -16)).toString()
    },
  }
}

/** AES-256-CBC under one key and one IV: the same card is the same bytes, whoever's it is. */
export function constantIv(): PeerModel {
  const [key, iv] = [randomBytes(32), Buffer.alloc(16, 2)]
  return {
    name: 'one key and one IV',
    seal: (row, card) => {
      const cipher = createCipheriv('aes-256-cbc', key, iv)
      return { ...row, body: Buffer.concat([cipher.update(card), cipher.final()]) }
    },
    open: ({ body }) => {
      const decipher = createDecipheriv('aes-256-cbc', key, iv)
      decipher.setAutoPadding(false)
      const text = Buffer.concat([decipher.update(body), decipher.final()]).toString('latin1')
      return text.replace(/[^0-9].*$/s, '')
    },
  }
}

/** The whole number hashed without a key, to find it again. */
export const unkeyedHash = (card: string): Buffer => hash('sha512', card, 'buffer')
