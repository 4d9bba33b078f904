/** Every store that can run anywhere, under the one contract; an HSM has a file of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileStore, openFileStore } from './file.ts'
import type { KeyStoreOptions } from './store.ts'
import { layCheapSeal } from './testing/cheap-seal.ts'
import { keyStoreContract, type StoreUnderTest } from './testing/contract.ts'

const passphrase = Buffer.from('correct horse battery staple')

async function makeFile(options: KeyStoreOptions): Promise<StoreUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'))
  const url = `file:${join(folder, 'keys')}`
  if (options.passphrase !== undefined) layCheapSeal(join(folder, 'keys'), passphrase)
  return {
    store: await createFileStore(url, options),
    reopen: () => openFileStore(url, options),
    close: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

keyStoreContract('of files', ['x25519', 'p256'], () => makeFile({}))
keyStoreContract('of files, sealed by a passphrase', ['x25519', 'p256'], () => makeFile({ passphrase, live: true }))
