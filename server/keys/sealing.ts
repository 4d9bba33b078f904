/**
 * How a file store is sealed: the passphrase becomes a key by Argon2id, that key opens the store's own random key, and the
 * store's key seals each file's secret. Each file is bound to its name and to all that it says of itself: a card epoch cannot be passed off as one for credentials, which open without a grant.
 */
import { argon2Sync, createHash, randomBytes } from 'node:crypto'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { lp } from '../../crypto/lp.ts'
import { KeyStoreError } from './store.ts'

/** RFC 9106 §3: memory in KiB, passes over it, lanes. In the file, so that a later version may ask for more. */
export interface Argon2idParameters {
  memory_kib: number
  passes: number
  lanes: number
}

/**
 * RFC 9106 §4, the second recommended option. keyd derives once a start, and its machine may be small: the first option's
 * two GiB would keep it from starting. A guess then costs 64 MiB and a few tenths of a second.
 */
export const argon2id: Argon2idParameters = { memory_kib: 65_536, passes: 3, lanes: 4 }

/** What a damaged file may make a start cost: 1 GiB and ten passes. */
const bounds: Record<keyof Argon2idParameters, readonly [min: number, max: number]> = {
  memory_kib: [8_192, 1_048_576],
  passes: [1, 10],
  lanes: [1, 16],
}

export interface SealFile {
  v: 1
  kdf: 'argon2id'
  parameters: Argon2idParameters
  /** base64url, 16 bytes. */
  salt: string
  /** base64url: nonce (24), the store's key (32), tag (16). */
  sealed_key: string
  /** base64url SHA-256 of the rest: a damaged file is told from a wrong passphrase. It holds no secret. */
  sum: string
}

export interface Sealing {
  /** `about` is what the file says in the clear. */
  seal(name: string, about: string, secret: Uint8Array): string
  /** The caller wipes the answer. Null for what is not exactly what was sealed under this name. */
  open(name: string, about: string, sealed: string): Buffer | null
}

const nonceBytes = 24
const tagBytes = 16
const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8')

function sealWith(key: Uint8Array, aad: Uint8Array, secret: Uint8Array): string {
  const nonce = randomBytes(nonceBytes)
  const sealed = xchacha20poly1305(key, nonce, aad).encrypt(secret)
  return Buffer.concat([nonce, sealed]).toString('base64url')
}

function openWith(key: Uint8Array, aad: Uint8Array, text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length < nonceBytes + tagBytes) return null
  try {
    // Given to it, so that the secret lies in memory of ours, which is wiped.
    const secret = new Uint8Array(new ArrayBuffer(bytes.length - nonceBytes - tagBytes))
    xchacha20poly1305(key, bytes.subarray(0, nonceBytes), aad).decrypt(bytes.subarray(nonceBytes), secret)
    return Buffer.from(secret.buffer)
  } catch {
    return null
  }
}

const sealingWith = (key: Uint8Array): Sealing => {
  const aad = (name: string, about: string): Uint8Array => lp('sallyport-key-file', name, about)
  return {
    seal: (name, about, secret) => sealWith(key, aad(name, about), secret),
    open: (name, about, sealed) => openWith(key, aad(name, about), sealed),
  }
}

function derive(passphrase: Uint8Array, salt: Uint8Array, parameters: Argon2idParameters): Buffer {
  const { memory_kib: memory, passes, lanes: parallelism } = parameters
  return argon2Sync('argon2id', { message: passphrase, nonce: salt, parallelism, tagLength: 32, memory, passes })
}

const saying = ({ kdf, parameters: { memory_kib: memory, passes, lanes }, salt }: Omit<SealFile, 'sum'>): string =>
  `${kdf} ${memory} ${passes} ${lanes} ${salt}`
const sumOf = (file: Omit<SealFile, 'sum'>): string =>
  createHash('sha256')
    .update(`${saying(file)} ${file.sealed_key}`)
    .digest('base64url')

/** Shorter ones are found in spite of Argon2id. */
const passphraseBytesMin = 16

/** Takes a few tenths of a second. Throws `weak_passphrase` for one that is too short. */
export function newSealing(passphrase: Uint8Array, parameters = argon2id): { file: SealFile; sealing: Sealing } {
  if (passphrase.length < passphraseBytesMin) throw new KeyStoreError('weak_passphrase')
  const storeKey = randomBytes(32)
  const salt = randomBytes(16)
  const clear = { v: 1, kdf: 'argon2id', parameters, salt: salt.toString('base64url'), sealed_key: '' } as const
  const key = derive(passphrase, salt, parameters)
  const file = { ...clear, sealed_key: sealWith(key, utf8(saying(clear)), storeKey) }
  key.fill(0)
  return { file: { ...file, sum: sumOf(file) }, sealing: sealingWith(storeKey) }
}

/** Throws `unreadable` with the path for a damaged file, `wrong_passphrase` for what its name says. */
export function openSealing(value: Record<string, unknown>, passphrase: Uint8Array, path: string): Sealing {
  const file = parse(value)
  if (file === null) throw new KeyStoreError('unreadable', path)
  const key = derive(passphrase, Buffer.from(file.salt, 'base64url'), file.parameters)
  const storeKey = openWith(key, utf8(saying(file)), file.sealed_key)
  key.fill(0)
  if (storeKey === null || storeKey.length !== 32) throw new KeyStoreError('wrong_passphrase')
  return sealingWith(storeKey)
}

function parse(value: Record<string, unknown>): SealFile | null {
  const { kdf, parameters, salt, sealed_key: sealedKey, sum } = value
  if (kdf !== 'argon2id' || typeof parameters !== 'object' || parameters === null) return null
  if (typeof salt !== 'string' || typeof sealedKey !== 'string' || typeof sum !== 'string') return null
  const read = (name: keyof Argon2idParameters): number => {
    const found: unknown = Reflect.get(parameters, name)
    const [min, max] = bounds[name]
    return typeof found === 'number' && Number.isInteger(found) && found >= min && found <= max ? found : 0
  }
  const wanted = { memory_kib: read('memory_kib'), passes: read('passes'), lanes: read('lanes') }
  if (Object.values(wanted).includes(0) || Buffer.from(salt, 'base64url').length !== 16) return null
  const file = { v: 1, kdf, parameters: wanted, salt, sealed_key: sealedKey } as const
  return sumOf(file) === sum ? { ...file, sum } : null
}
