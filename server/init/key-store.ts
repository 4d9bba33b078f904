import { createFileStore } from '../keys/file.ts'
import type { Epoch, EpochPurpose } from '../keys/store.ts'

const purposes: readonly EpochPurpose[] = ['card', 'credential']

/** Makes the store and the first epoch of each purpose where they are missing; gives the public parts of all. */
export async function makeFirstEpochs(url: string): Promise<readonly Epoch[]> {
  const store = await createFileStore(url)
  for (const purpose of purposes) {
    const known = await store.list()
    if (!known.some((epoch) => epoch.purpose === purpose)) await store.create({ suite: 'x25519', purpose })
  }
  return store.list()
}
