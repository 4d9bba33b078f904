/** The key store that a URL names: files, or an HSM. keyd and the commands open one here and know no more of it. */
import { createFileStore, openFileStore } from './file.ts'
import { createPkcs11Store, openPkcs11Store } from './pkcs11.ts'
import type { KeyStore, KeyStoreOptions } from './store.ts'
import type { Kem } from '../../crypto/hpke-node.ts'

const isHsm = (url: string): boolean => url.startsWith('pkcs11:')

/** What its first keys are made of. */
export const firstSuite = (url: string): Kem => (isHsm(url) ? 'p256' : 'x25519')

/** Makes what is missing but epochs. Rejects with KeyStoreError. */
export const createKeyStore = (url: string, options: KeyStoreOptions): Promise<KeyStore> =>
  isHsm(url) ? createPkcs11Store(url, options.passphrase ?? null) : createFileStore(url, options)

/** Makes nothing. Rejects with KeyStoreError. */
export const openKeyStore = (url: string, options: KeyStoreOptions): Promise<KeyStore> =>
  isHsm(url) ? openPkcs11Store(url, options.passphrase ?? null) : openFileStore(url, options)
