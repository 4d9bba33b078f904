/** Every store that can run anywhere, under the one contract; an HSM has a file of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { generateKeyPair } from '../../crypto/hpke-node.ts'
import { createFileStore, openFileStore } from './file.ts'
import type { KeyStoreOptions } from './store.ts'
import { layCheapSeal } from './testing/cheap-seal.ts'
import { openKmsStubStore } from './testing/kms-stub-store.ts'
import { startKmsStub } from './testing/kms-stub.ts'
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

keyStoreContract('of files', ['x25519', 'p256'], true, () => makeFile({}))
keyStoreContract('of files, sealed by a passphrase', ['x25519', 'p256'], true, () =>
  makeFile({ passphrase, live: true }),
)

keyStoreContract('of a STUB of a cloud’s key service', ['p256'], false, async () => {
  const stub = await startKmsStub()
  return {
    store: await openKmsStubStore(stub.url),
    reopen: () => openKmsStubStore(stub.url),
    close: () => stub.close(),
  }
})

describe('the stub of a cloud’s key service', () => {
  test('is asked for the shared secret, and no private key passes', async () => {
    const stub = await startKmsStub()
    const store = await openKmsStubStore(stub.url)
    const { kekId } = await store.create({ suite: 'p256', purpose: 'card' })
    stub.calls.length = 0
    await store.dh(kekId, generateKeyPair('p256').publicKey)
    expect(stub.calls).toContain('DeriveSharedSecret')
    stub.away = true
    await expect(store.dh(kekId, generateKeyPair('p256').publicKey)).rejects.toMatchObject({ failure: 'hsm_away' })
    await stub.close()
  })
})
