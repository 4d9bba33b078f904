/**
 * HPKE (RFC 9180, base mode, single shot) on node:crypto, for X25519 and P-256. Opening takes the Diffie–Hellman
 * step from outside, so that a private key may stay in a key store or an HSM.
 * HMACs are two one-shot hashes, which leave no key in OpenSSL's objects, and public keys go in and out raw: together they make
 * an opening more than twice as fast.
 */
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  type KeyObject,
} from 'node:crypto'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import {
  type Aead,
  aeadKeyBytes,
  empty,
  encBytes,
  head,
  hpkeSuiteId,
  isAllZero,
  type Kem,
  kemSuiteId,
  lastBlock,
  modeBase,
  nonceBytes,
  u16,
} from './hpke-labels.ts'
import { concat } from './lp.ts'

export { encBytes, type Kem } from './hpke-labels.ts'

export interface HpkeKeyPair {
  /** Raw: 32 bytes of X25519, an uncompressed point (65) of P-256. */
  publicKey: Buffer
  privateKey: KeyObject
}

/** One message for every failure: which step refused is nobody's business outside. */
const refused = (): Error => new Error('the sealed bytes do not open')

const blockBytes = 64
const digestBytes = 32
/** Larger than what a record or a submission is bound to; longer data gets memory of its own. */
const scratchBytes = 1_024
const scratch = Buffer.alloc(blockBytes + scratchBytes)
const outer = Buffer.alloc(blockBytes + digestBytes)

/**
 * RFC 2104 over SHA-256 of these parts in a row, for keys of one block at most. They are put together here and not before: a
 * buffer a message is what a short HMAC would spend most on, and no copy of key or secret stays behind.
 */
function hmac(key: Uint8Array, parts: readonly Uint8Array[]): Buffer {
  let length = 0
  for (const part of parts) length += part.length
  const inner = length <= scratchBytes ? scratch : Buffer.alloc(blockBytes + length)
  for (let index = 0; index < blockBytes; index += 1) {
    const byte = key[index] ?? 0
    inner[index] = byte ^ 0x36
    outer[index] = byte ^ 0x5c
  }
  let at = blockBytes
  for (const part of parts) {
    inner.set(part, at)
    at += part.length
  }
  const digest = hash('sha256', inner.subarray(0, at), 'buffer')
  outer.set(digest, blockBytes)
  const mac = hash('sha256', outer, 'buffer')
  inner.fill(0, 0, at)
  outer.fill(0)
  digest.fill(0)
  return mac
}
const noSalt = new Uint8Array(digestBytes)

const labeledIkm = (suite: Uint8Array, label: string, ikm: Uint8Array): Uint8Array[] => [head(suite, label), ikm]
const lengths = new Map([16, 12, 32].map((length) => [length, u16(length)]))
const labeledInfo = (suite: Uint8Array, label: string, info: readonly Uint8Array[], length: number): Uint8Array[] => [
  lengths.get(length) ?? u16(length),
  head(suite, label),
  ...info,
  lastBlock,
]

const importPublic = (kem: Kem, raw: Uint8Array): KeyObject => {
  if (raw.length !== encBytes[kem]) throw refused()
  const key = Buffer.from(raw.buffer, raw.byteOffset, raw.length)
  return kem === 'x25519'
    ? createPublicKey({ key, format: 'raw-public', asymmetricKeyType: 'x25519' })
    : createPublicKey({ key, format: 'raw-public', asymmetricKeyType: 'ec', namedCurve: 'P-256' })
}

export function generateKeyPair(kem: Kem): HpkeKeyPair {
  const pair = kem === 'x25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { publicKey: pair.publicKey.export({ format: 'raw-public' }), privateKey: pair.privateKey }
}

/** 32 raw bytes, as `exportPrivateKey` gives them. */
export function importPrivateKey(kem: Kem, raw: Uint8Array): HpkeKeyPair {
  const key = Buffer.from(raw)
  const privateKey =
    kem === 'x25519'
      ? createPrivateKey({ key, format: 'raw-private', asymmetricKeyType: 'x25519' })
      : createPrivateKey({ key, format: 'raw-private', asymmetricKeyType: 'ec', namedCurve: 'P-256' })
  return { publicKey: createPublicKey(privateKey).export({ format: 'raw-public' }), privateKey }
}

export const exportPrivateKey = (privateKey: KeyObject): Buffer => privateKey.export({ format: 'raw-private' })

/** The Diffie–Hellman step of a private key held here: the callback that `open` asks for. Throws on a bad point. */
export function privateDh(kem: Kem, privateKey: KeyObject): (enc: Uint8Array) => Buffer {
  return (enc) => {
    let dh: Buffer
    try {
      dh = diffieHellman({ privateKey, publicKey: importPublic(kem, enc) })
    } catch {
      throw refused()
    }
    if (isAllZero(dh)) throw refused()
    return dh
  }
}

/** RFC 9180 §4.1, ExtractAndExpand. */
export function sharedSecret(kem: Kem, dh: Uint8Array, enc: Uint8Array, recipient: Uint8Array): Buffer {
  const suite = kemSuites[kem]
  const prk = hmac(noSalt, labeledIkm(suite, 'eae_prk', dh))
  const shared = hmac(prk, labeledInfo(suite, 'shared_secret', [enc, recipient], 32))
  prk.fill(0)
  return shared
}
const kemSuites: Record<Kem, Uint8Array> = { x25519: kemSuiteId('x25519'), p256: kemSuiteId('p256') }

const suitesOf = (kem: Kem): Record<Aead, Uint8Array> => ({
  'chacha20-poly1305': hpkeSuiteId(kem, 'chacha20-poly1305'),
  'aes-128-gcm': hpkeSuiteId(kem, 'aes-128-gcm'),
})
const hpkeSuites: Record<Kem, Record<Aead, Uint8Array>> = { x25519: suitesOf('x25519'), p256: suitesOf('p256') }

const pskIdHashesOf = (suites: Record<Aead, Uint8Array>): Record<Aead, Buffer> => {
  const of = (aead: Aead): Buffer => hmac(noSalt, labeledIkm(suites[aead], 'psk_id_hash', empty))
  return { 'chacha20-poly1305': of('chacha20-poly1305'), 'aes-128-gcm': of('aes-128-gcm') }
}
const pskIdHashes: Record<Kem, Record<Aead, Buffer>> = {
  x25519: pskIdHashesOf(hpkeSuites.x25519),
  p256: pskIdHashesOf(hpkeSuites.p256),
}

/** What the key schedule knows before the shared secret: worth keeping where many messages share one `info`. */
export interface Schedule {
  suite: Uint8Array
  context: Uint8Array
  aead: Aead
}

export function prepareSchedule(kem: Kem, info: Uint8Array, aead: Aead = 'chacha20-poly1305'): Schedule {
  const suite = hpkeSuites[kem][aead]
  const pskIdHash = pskIdHashes[kem][aead]
  const infoHash = hmac(noSalt, labeledIkm(suite, 'info_hash', info))
  return { suite, context: concat(modeBase, pskIdHash, infoHash), aead }
}

/** RFC 9180 §5.1, KeySchedule in base mode. */
export function keySchedule(schedule: Schedule, shared: Uint8Array): { key: Buffer; nonce: Buffer } {
  const { suite, context, aead } = schedule
  const secret = hmac(shared, labeledIkm(suite, 'secret', empty))
  const keyBytes = aeadKeyBytes(aead)
  const key = hmac(secret, labeledInfo(suite, 'key', [context], keyBytes)).subarray(0, keyBytes)
  const nonce = hmac(secret, labeledInfo(suite, 'base_nonce', [context], nonceBytes)).subarray(0, nonceBytes)
  secret.fill(0)
  return { key, nonce }
}

const tagBytes = 16

export interface SealInput {
  kem: Kem
  /** The recipient's raw public key. */
  publicKey: Uint8Array
  info: Uint8Array | Schedule
  aad: Uint8Array
  plaintext: Uint8Array
  /** For known-answer tests alone: a key pair used twice under one `info` reuses a nonce. */
  ephemeral?: HpkeKeyPair
}

/** Throws when the public key is not a point that gives a secret. */
export function seal(input: SealInput): { enc: Buffer; ciphertext: Buffer } {
  const { kem, publicKey, aad, plaintext } = input
  const pair = input.ephemeral ?? generateKeyPair(kem)
  const dh = privateDh(kem, pair.privateKey)(publicKey)
  const shared = sharedSecret(kem, dh, pair.publicKey, publicKey)
  const { key, nonce } = keySchedule(asSchedule(kem, input.info), shared)
  // Given to it, so that no array of 64 bytes or less begins on V8's heap, where a copy of the plaintext would stay.
  const ciphertext = new Uint8Array(new ArrayBuffer(plaintext.length + tagBytes))
  chacha20poly1305(key, nonce, aad).encrypt(plaintext, ciphertext)
  wipe(dh, shared, key)
  return { enc: pair.publicKey, ciphertext: asBuffer(ciphertext) }
}

export interface OpenInput {
  kem: Kem
  enc: Uint8Array
  /** The recipient's own raw public key: it is part of what the secret is bound to. */
  publicKey: Uint8Array
  info: Uint8Array | Schedule
  aad: Uint8Array
  ciphertext: Uint8Array
  /** The one step that needs the private key. */
  dh: (enc: Uint8Array) => Uint8Array
}

/** Throws one and the same error for a wrong key, point, info, AAD or byte. The caller wipes what it gets. */
export function open(input: OpenInput): Buffer {
  const { kem, enc, publicKey, aad, ciphertext } = input
  if (enc.length !== encBytes[kem]) throw refused()
  const dh = input.dh(enc)
  if (isAllZero(dh)) throw refused()
  const shared = sharedSecret(kem, dh, enc, publicKey)
  const { key, nonce } = keySchedule(asSchedule(kem, input.info), shared)
  try {
    if (ciphertext.length < tagBytes) throw refused()
    const plaintext = new Uint8Array(new ArrayBuffer(ciphertext.length - tagBytes))
    return asBuffer(chacha20poly1305(key, nonce, aad).decrypt(ciphertext, plaintext))
  } catch {
    throw refused()
  } finally {
    wipe(dh, shared, key)
  }
}

const asSchedule = (kem: Kem, info: Uint8Array | Schedule): Schedule =>
  info instanceof Uint8Array ? prepareSchedule(kem, info) : info
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
const wipe = (...secrets: Uint8Array[]): void => {
  for (const bytes of secrets) bytes.fill(0)
}
