/**
 * Sealing in the browser: the frame's card bytes become a ciphertext for intake's key of the hour.
 * WebCrypto does X25519 and HMAC, noble the AEAD (WebCrypto has no ChaCha20-Poly1305). Seals only.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import {
  empty,
  encBytes,
  head,
  hpkeSuiteId,
  isAllZero,
  kemSuiteId,
  lastBlock,
  modeBase,
  nonceBytes,
  u16,
} from './hpke-labels.ts'
import { concat } from './lp.ts'

const kemSuite = kemSuiteId('x25519')
const suite = hpkeSuiteId('x25519', 'chacha20-poly1305')

const hmac = async (key: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> => {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, data))
}

/** HMAC pads its key with zeros, and WebCrypto refuses an empty one: 32 zeros are the empty salt. */
const noSalt = new Uint8Array(32)

const extract = (salt: Uint8Array<ArrayBuffer>, suiteId: Uint8Array, label: string, ikm: Uint8Array) =>
  hmac(salt, concat(head(suiteId, label), ikm))

const expand = async (
  prk: Uint8Array<ArrayBuffer>,
  suiteId: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
) => (await hmac(prk, concat(u16(length), head(suiteId, label), info, lastBlock))).subarray(0, length)

/** Whether this browser can seal at all: asked before the form is offered. */
export async function canSeal(): Promise<boolean> {
  try {
    await crypto.subtle.generateKey({ name: 'X25519' }, false, ['deriveBits'])
    return true
  } catch {
    return false
  }
}

/**
 * HPKE base mode, single shot (RFC 9180 §6.1).
 * @param publicKey 32 raw bytes. Rejects when it is not a point that gives a secret.
 * @param ephemeral for known-answer tests alone: a key pair used twice under one `info` reuses a nonce.
 */
export async function sealTo(
  publicKey: Uint8Array<ArrayBuffer>,
  info: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  ephemeral?: CryptoKeyPair,
): Promise<{ enc: Uint8Array<ArrayBuffer>; ciphertext: Uint8Array }> {
  if (publicKey.length !== encBytes.x25519) throw new RangeError('an X25519 key has 32 bytes')
  const recipient = await crypto.subtle.importKey('raw', publicKey, { name: 'X25519' }, false, [])
  // generateKey answers a pair for X25519; the DOM's types also allow a single key.
  const pair =
    ephemeral ?? ((await crypto.subtle.generateKey({ name: 'X25519' }, false, ['deriveBits'])) as CryptoKeyPair)
  const enc = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  const derive = { name: 'X25519', public: recipient }
  const dh = new Uint8Array(await crypto.subtle.deriveBits(derive, pair.privateKey, 256))
  if (isAllZero(dh)) throw new RangeError('the key gives no secret')

  const prk = await extract(noSalt, kemSuite, 'eae_prk', dh)
  const shared = await expand(prk, kemSuite, 'shared_secret', concat(enc, publicKey), 32)
  const pskIdHash = await extract(noSalt, suite, 'psk_id_hash', empty)
  const infoHash = await extract(noSalt, suite, 'info_hash', info)
  const context = concat(modeBase, pskIdHash, infoHash)
  const secret = await extract(shared, suite, 'secret', empty)
  const key = await expand(secret, suite, 'key', context, 32)
  const nonce = await expand(secret, suite, 'base_nonce', context, nonceBytes)
  const ciphertext = chacha20poly1305(key, nonce, aad).encrypt(plaintext)
  for (const bytes of [dh, prk, shared, secret, key]) bytes.fill(0)
  return { enc, ciphertext }
}
