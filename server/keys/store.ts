/**
 * Where keyd's private keys live. A store gives the Diffie–Hellman step and a MAC and never a key, so that a file, an
 * HSM (CKM_ECDH1_DERIVE with the null KDF) and a cloud KMS (its shared-secret call) are the same to keyd.
 */
import type { Kem } from '../../crypto/hpke-node.ts'

/** Credentials of processor accounts have epochs of their own: they open without a grant, cards never do. */
export type EpochPurpose = 'card' | 'credential'

export interface Epoch {
  /** SHA-256 of the public key, first eight bytes. */
  kekId: Buffer
  suite: Kem
  purpose: EpochPurpose
  /** Raw: 32 bytes of X25519, an uncompressed point (65) of P-256. */
  publicKey: Buffer
  createdMs: number
}

/** What the store's own MAC key is used for; each use has a key derived for it. */
export type MacPurpose = 'fingerprint' | 'pseudonym'

/** The symmetric half of an epoch: wraps data keys under a record's encoded context. Opening is synchronous, as `dh` of files is. */
export interface EpochSymmetric {
  /** nonce ‖ ciphertext ‖ tag: 60 bytes for a data key. */
  seal(context: Uint8Array, dek: Uint8Array): Buffer
  /** The data key, which the caller wipes; null for what was not sealed under this key and context. */
  open(context: Uint8Array, sealed: Uint8Array): Buffer | null
}

export interface KeyStore {
  /** The epoch of this id with its public key; null when there is none (never made, or destroyed). */
  epoch(kekId: Uint8Array): Promise<Epoch | null>
  /** The shared secret, which the caller wipes. Rejects with KeyStoreError for an unknown epoch or a bad point. */
  dh(kekId: Uint8Array, enc: Uint8Array): Promise<Buffer>
  /** Null for an unknown epoch, and from a store that has public keys alone: its records are wrapped to one again. */
  symmetric(kekId: Uint8Array): Promise<EpochSymmetric | null>
  /** 32 bytes, the same for ever for the same purpose and data. */
  mac(purpose: MacPurpose, data: Uint8Array): Promise<Buffer>
  create(options: { suite: Kem; purpose: EpochPurpose }): Promise<Epoch>
  /** After this nothing that was wrapped to the epoch opens again, from no backup. */
  destroy(kekId: Uint8Array): Promise<void>
  /** Oldest first. */
  list(): Promise<readonly Epoch[]>
}

export interface KeyStoreOptions {
  /** What a file store is sealed by, or the PIN of an HSM; null where there is none. The caller wipes it. */
  passphrase?: Buffer | null
  /** A live deployment's keys are sealed, or in hardware. */
  live?: boolean
}

export type KeyStoreFailure =
  | 'not_a_file_url'
  | 'missing'
  | 'not_a_folder'
  | 'loose_mode'
  | 'foreign_owner'
  | 'unreadable'
  | 'sealed'
  | 'not_sealed'
  | 'half_sealed'
  | 'live_unsealed'
  | 'wrong_passphrase'
  | 'weak_passphrase'
  | 'not_a_pkcs11_url'
  | 'hsm_binding'
  | 'hsm_module'
  | 'hsm_token'
  | 'hsm_pin_missing'
  | 'hsm_pin'
  | 'hsm_locked'
  | 'hsm_away'
  | 'hsm_suite'
  | 'hsm_extractable'
  | 'unknown_epoch'
  | 'bad_point'
  | 'exists'

const passphraseSetting = 'SALLYPORT_KEYS_PASSPHRASE_FROM'

const sentences: Record<KeyStoreFailure, string> = {
  not_a_file_url:
    'SALLYPORT_KEYS must be file: and an absolute folder, for example file:/var/lib/sallyport/keys, or pkcs11:… for an HSM',
  missing: 'the key store has not been made; run `sallyport init` once',
  not_a_folder: 'the key store is not a folder of its own (a link, a file)',
  loose_mode:
    'others may read the key store: its folder must have the mode 0700 and its files 0600. Whoever could read the keys may have; if you know that nobody has, change the modes',
  foreign_owner: 'the key store belongs to another user; it must belong to the one that runs keyd',
  unreadable: 'a file of the key store cannot be read, or is not what was written; restore it from its backup',
  sealed: `the key store is sealed by a passphrase; set ${passphraseSetting} to where it is, file:/… or fd:…`,
  not_sealed: `a passphrase was given and the key store is not sealed by one; stop the deployment and run \`sallyport keys seal\`, or take ${passphraseSetting} away`,
  half_sealed: 'sealing the key store was not finished; run `sallyport keys seal` again with the same passphrase',
  live_unsealed: `in live mode the key store is sealed by a passphrase; set ${passphraseSetting} (file:/… or fd:…), and if the store is there already run \`sallyport keys seal\` once`,
  wrong_passphrase:
    'the passphrase is not the one that the key store was sealed by; nothing was changed. Give the right one: without it no stored card opens',
  weak_passphrase: 'the passphrase must be 16 bytes or longer; `openssl rand -base64 24` makes one that nobody guesses',
  not_a_pkcs11_url:
    'SALLYPORT_KEYS must name token and module of an HSM, and no PIN: pkcs11:token=sallyport?module-path=/usr/lib/softhsm/libsofthsm2.so',
  hsm_binding:
    'keys in an HSM need the package pkcs11js, which only those who have one install: run `npm ci` in the folder hsm/ of Sallyport (it needs a C++ compiler)',
  hsm_module:
    'the PKCS#11 module of the HSM cannot be loaded; install what its maker gives for it, or mend module-path in SALLYPORT_KEYS',
  hsm_token:
    'the HSM has no token of the name that SALLYPORT_KEYS gives; connect it, or initialize a token of that name with its own tools',
  hsm_pin_missing: `the HSM asks for its PIN; set ${passphraseSetting} to where it is, file:/… or fd:…`,
  hsm_pin: `the HSM refuses the PIN that ${passphraseSetting} names; put the right one there before the next try, since an HSM locks after a few`,
  hsm_locked: 'the HSM has locked its PIN after too many wrong ones; unlock it with its own tools',
  hsm_away: 'the HSM does not answer, or refuses what it did before; see that it is connected and its token is there',
  hsm_suite: 'an HSM has keys of P-256 alone; leave --suite out, or say p256',
  hsm_extractable:
    'a key of the HSM can be exported, so it is not one that Sallyport made there; remove it, and make another',
  unknown_epoch: 'the key store has no such epoch',
  bad_point: 'the point gives no secret',
  exists: 'the key store has this key already',
}

/** `path` names a file of the store, never its content. */
export class KeyStoreError extends Error {
  readonly failure: KeyStoreFailure
  /** The same, for a log, which tells of an error its name and code alone. */
  readonly code: KeyStoreFailure
  readonly path: string | undefined
  constructor(failure: KeyStoreFailure, path?: string, cause?: unknown) {
    super(path === undefined ? sentences[failure] : `${sentences[failure]} (${path})`, { cause })
    this.name = 'KeyStoreError'
    this.failure = failure
    this.code = failure
    this.path = path
  }
}
