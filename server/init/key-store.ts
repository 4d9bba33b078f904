import { createKeyStore, firstSuite, openKeyStore } from '../keys/open-store.ts'
import { PassphraseError, readPassphrase } from '../keys/passphrase.ts'
import { sealFileStore } from '../keys/seal-store.ts'
import type { Epoch, EpochPurpose, KeyStore, KeyStoreOptions } from '../keys/store.ts'

const purposes: readonly EpochPurpose[] = ['card', 'credential']

/** Makes the store and the first epoch of each purpose where they are missing; gives the public parts of all. */
export async function makeFirstEpochs(url: string, options: KeyStoreOptions = {}): Promise<readonly Epoch[]> {
  const store = await createKeyStore(url, options)
  for (const purpose of purposes) {
    const known = await store.list()
    if (!known.some((epoch) => epoch.purpose === purpose)) await store.create({ suite: firstSuite(url), purpose })
  }
  return store.list()
}

/** A store that is there, for commands. */
export const openKeys = (url: string, options: KeyStoreOptions): Promise<KeyStore> => openKeyStore(url, options)

/** What the setting names, read once; null where it names nothing. Throws a sentence that says what to do. */
export const passphraseOf = ({ keysPassphrase }: { keysPassphrase: string | null }): Buffer | null =>
  keysPassphrase === null ? null : readPassphrase(keysPassphrase)

/** Gives how many files were sealed now. Throws a sentence that says what to do. */
export async function sealKeys(url: string, settings: { keysPassphrase: string | null }): Promise<number> {
  const passphrase = passphraseOf(settings)
  if (passphrase === null)
    throw new PassphraseError(
      'set SALLYPORT_KEYS_PASSPHRASE_FROM to where the new passphrase is, file:/… (mode 0600) or fd:…, and keep it set for every start',
    )
  try {
    return await sealFileStore(url, passphrase)
  } finally {
    passphrase.fill(0)
  }
}
