/**
 * `sallyport keys seal`: a file store that was guarded by its modes alone gets a passphrase. Every file is read before the
 * first is written, and each is replaced whole; where it is cut short, it is run again and goes on.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createPrivateJson } from '../private-files.ts'
import { openFileStore } from './file.ts'
import { assertPrivate, folderOf, readJson, replace } from './key-files.ts'
import {
  contentOf,
  epochFiles,
  isSealed,
  masterName,
  openSeal,
  readEpoch,
  readEpochFile,
  readMaster,
  sealName,
} from './key-format.ts'
import { argon2id, newSealing } from './sealing.ts'
import { KeyStoreError } from './store.ts'

/** Gives how many files were sealed now; 0 where all were. No keyd may run on the store meanwhile. */
export async function sealFileStore(url: string, passphrase: Buffer, parameters = argon2id): Promise<number> {
  const folder = folderOf(url)
  assertPrivate(folder)
  const seal = join(folder, sealName)
  const names = [masterName, ...epochFiles(folder)]
  const open = names.filter((name) => !isSealed(readJson(join(folder, name))))
  if (!existsSync(seal)) {
    // A sealed file without the seal is a loss that another seal would hide.
    if (open.length < names.length) throw new KeyStoreError('unreadable', seal)
    readMaster(folder, null).fill(0)
    for (const name of open.slice(1)) readEpoch(folder, name, null)
    createPrivateJson(seal, newSealing(passphrase, parameters).file)
  }
  const sealing = openSeal(folder, passphrase)
  for (const name of open) {
    const { clear, secret } =
      name === masterName ? { clear: null, secret: readMaster(folder, null) } : readEpochFile(folder, name, null)
    const content = contentOf(name, clear, secret, sealing)
    replace(join(folder, name), content)
    secret.fill(0)
  }
  await (await openFileStore(url, { passphrase })).list()
  return open.length
}
