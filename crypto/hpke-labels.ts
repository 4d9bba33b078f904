/**
 * The parts of HPKE (RFC 9180, base mode) that need no cryptography: identifiers and labelled inputs, shared by
 * the browser's and the server's half. Our suites: X25519 or P-256, HKDF-SHA-256, ChaCha20-Poly1305.
 */
import { concat } from './lp.ts'

export type Kem = 'x25519' | 'p256'

/** RFC 9180 §7.1, §7.2, §7.3. AES-128-GCM is named for the RFC's own P-256 vectors; we never seal with it. */
export const kemIds: Record<Kem, number> = { x25519: 0x0020, p256: 0x0010 }
const hkdfSha256 = 0x0001
export type Aead = 'chacha20-poly1305' | 'aes-128-gcm'
const aeads: Record<Aead, { id: number; keyBytes: number }> = {
  'chacha20-poly1305': { id: 0x0003, keyBytes: 32 },
  'aes-128-gcm': { id: 0x0001, keyBytes: 16 },
}
export const aeadKeyBytes = (aead: Aead): number => aeads[aead].keyBytes
export const nonceBytes = 12
/** Nenc: a raw X25519 key; an uncompressed point of P-256. */
export const encBytes: Record<Kem, number> = { x25519: 32, p256: 65 }

const encoder = new TextEncoder()
const ascii = (text: string): Uint8Array => encoder.encode(text)
export const u16 = (value: number): Uint8Array => new Uint8Array([value >> 8, value & 255])

/** §4.1: the suite of the KEM's own extract-and-expand. */
export const kemSuiteId = (kem: Kem): Uint8Array => concat(ascii('KEM'), u16(kemIds[kem]))

/** §5.1: the suite of the key schedule. */
export const hpkeSuiteId = (kem: Kem, aead: Aead): Uint8Array =>
  concat(ascii('HPKE'), u16(kemIds[kem]), u16(hkdfSha256), u16(aeads[aead].id))

/** 'HPKE-v1' ‖ suite ‖ label: a dozen of them, made once, for they are half the cost of a short HMAC. */
const heads = new WeakMap<Uint8Array, Map<string, Uint8Array>>()
export function head(suiteId: Uint8Array, label: string): Uint8Array {
  const known = heads.get(suiteId)?.get(label)
  if (known) return known
  const bytes = concat(ascii('HPKE-v1'), suiteId, ascii(label))
  const ofSuite = heads.get(suiteId) ?? new Map<string, Uint8Array>()
  heads.set(suiteId, ofSuite.set(label, bytes))
  return bytes
}

/**
 * §4: LabeledExtract(salt, label, ikm) is HMAC(salt, head ‖ ikm). LabeledExpand(prk, label, info, L) is HMAC(prk, L ‖ head ‖ info ‖
 * this) cut to L: every L here is at most one SHA-256 block, so that the counter octet of RFC 5869 §2.3 stands at the end.
 */
export const lastBlock = new Uint8Array([1])

export const modeBase = new Uint8Array([0])
export const empty = new Uint8Array(0)

/** X25519 with a point of small order gives zeros; RFC 9180 §7.1.4 asks to refuse it. */
export const isAllZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)
