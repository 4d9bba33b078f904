import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { lp } from '../../crypto/lp.ts'
import type { Derive } from './derive.ts'

/**
 * Cursors over a tenant's events: a position in one log, sealed so that it says nothing (positions count all tenants'
 * events) and authenticated with the tenant and the log. A cursor of another log, another tenant or nobody's making
 * does not open, and the caller answers 410 with a snapshot.
 *
 * SIV: iv = HMAC(tenant, log, position)[0..16], ciphertext = AES-256-CTR(iv, position). The same place always gives
 * the same cursor. Spelled in the letters a to p, so that no cursor ever looks like a card.
 */
export interface LogName {
  id: string
  /** How often the log came back shorter than it was. */
  rewinds: number
}

export interface Cursors {
  seal(tenant: string, log: LogName, position: number): string
  /** Null: not ours, of another log, or of another tenant. */
  open(tenant: string, log: LogName, cursor: string): number | null
}

export const cursorPattern = /^cur_[a-p]{48}$/
const ivLength = 16

export function makeCursors(derive: Derive): Cursors {
  const authentic = derive.subkey('cursor 1 authentication')
  const secret = derive.subkey('cursor 1 encryption')
  const ivOf = (tenant: string, log: LogName, position: Buffer): Buffer =>
    createHmac('sha256', authentic)
      .update(lp(tenant, log.id, log.rewinds, position))
      .digest()
      .subarray(0, ivLength)
  return {
    seal(tenant, log, position) {
      const plain = Buffer.alloc(8)
      plain.writeBigUInt64BE(BigInt(position))
      const iv = ivOf(tenant, log, plain)
      const cipher = createCipheriv('aes-256-ctr', secret, iv)
      return `cur_${toLetters(Buffer.concat([iv, cipher.update(plain), cipher.final()]))}`
    },
    open(tenant, log, cursor) {
      if (!cursorPattern.test(cursor)) return null
      const bytes = fromLetters(cursor.slice(4))
      const iv = bytes.subarray(0, ivLength)
      const decipher = createDecipheriv('aes-256-ctr', secret, iv)
      const plain = Buffer.concat([decipher.update(bytes.subarray(ivLength)), decipher.final()])
      if (!timingSafeEqual(iv, ivOf(tenant, log, plain))) return null
      return Number(plain.readBigUInt64BE())
    },
  }
}

const first = 'a'.charCodeAt(0)

function toLetters(bytes: Buffer): string {
  let letters = ''
  for (const byte of bytes) letters += String.fromCharCode(first + (byte >> 4), first + (byte & 15))
  return letters
}

function fromLetters(letters: string): Buffer {
  const bytes = Buffer.alloc(letters.length / 2)
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = ((letters.charCodeAt(2 * index) - first) << 4) | (letters.charCodeAt(2 * index + 1) - first)
  }
  return bytes
}
