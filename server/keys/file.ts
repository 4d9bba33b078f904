/**
 * The key store as files: one JSON file an epoch and one with the MAC key, 0600 in a folder 0700 that belongs to the
 * user who runs keyd. Sealed by a passphrase, or guarded by those modes alone, which live mode refuses. For one machine:
 * the private keys are in keyd's memory while it runs.
 */
import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { exportPrivateKey, generateKeyPair } from '../../crypto/hpke-node.ts'
import { createPrivateJson } from '../private-files.ts'
import { kekId as kekIdOf } from '../records/format.ts'
import { assertPrivate, erase, folderOf } from './key-files.ts'
import {
  contentOf,
  epochFiles,
  epochName,
  type HeldEpoch,
  kekIdIn,
  masterName,
  openSeal,
  readEpoch,
  readMaster,
  sealName,
} from './key-format.ts'
import { newSealing } from './sealing.ts'
import { type KeyStore, KeyStoreError, type KeyStoreOptions, type MacPurpose } from './store.ts'

/** For init: makes folder and MAC key where they are missing, then opens. Makes no epoch. */
export async function createFileStore(url: string, options: KeyStoreOptions = {}): Promise<KeyStore> {
  const folder = folderOf(url)
  const passphrase = options.passphrase ?? null
  if (options.live === true && passphrase === null) throw new KeyStoreError('live_unsealed')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  assertPrivate(folder)
  const master = join(folder, masterName)
  if (!existsSync(master)) {
    // Epochs and no master: it was lost, and with a new one no card would be known again.
    if (epochFiles(folder).length > 0) throw new KeyStoreError('unreadable', master)
    const seal = join(folder, sealName)
    if (passphrase !== null && !existsSync(seal)) createPrivateJson(seal, newSealing(passphrase).file)
    const secret = randomBytes(32)
    createPrivateJson(master, contentOf(masterName, null, secret, openSeal(folder, passphrase)))
    secret.fill(0)
  }
  return openFileStore(url, options)
}

/** For keyd: makes nothing. Rejects with KeyStoreError where something is missing or others may read it. */
export async function openFileStore(url: string, options: KeyStoreOptions = {}): Promise<KeyStore> {
  const folder = folderOf(url)
  assertPrivate(folder)
  const sealing = openSeal(folder, options.passphrase ?? null)
  if (options.live === true && sealing === null) throw new KeyStoreError('live_unsealed')
  const macKeys = deriveMacKeys(readMaster(folder, sealing))
  const held = new Map<string, HeldEpoch>()

  const find = (kekId: Uint8Array): HeldEpoch | null => {
    const name = epochName(kekId)
    // Looked at each time: an epoch that was made after our start is found, one that was destroyed since is forgotten.
    if (!existsSync(join(folder, name))) {
      held.delete(name)
      return null
    }
    const one = held.get(name) ?? readEpoch(folder, name, sealing)
    held.set(name, one)
    return one
  }

  return {
    epoch: async (kekId) => find(kekId)?.epoch ?? null,
    dh: async (kekId, enc) => {
      const key = find(kekId)
      if (key === null) throw new KeyStoreError('unknown_epoch')
      try {
        return key.dh(enc)
      } catch (cause) {
        throw new KeyStoreError('bad_point', undefined, cause)
      }
    },
    symmetric: async (kekId) => find(kekId)?.symmetric ?? null,
    mac: async (purpose, data) => createHmac('sha256', macKeys[purpose]).update(data).digest(),
    create: async ({ suite, purpose }) => {
      const pair = generateKeyPair(suite)
      const name = epochName(kekIdOf(pair.publicKey))
      const secret = exportPrivateKey(pair.privateKey)
      const clear = { suite, purpose, created_ms: Date.now() }
      const written = createPrivateJson(join(folder, name), contentOf(name, clear, secret, sealing))
      secret.fill(0)
      if (!written) throw new KeyStoreError('exists', join(folder, name))
      return readEpoch(folder, name, sealing).epoch
    },
    destroy: async (kekId) => {
      if (find(kekId) === null) throw new KeyStoreError('unknown_epoch')
      held.delete(epochName(kekId))
      erase(join(folder, epochName(kekId)))
    },
    list: async () =>
      epochFiles(folder)
        .flatMap((name) => find(kekIdIn(name))?.epoch ?? [])
        .sort((a, b) => a.createdMs - b.createdMs),
  }
}

/** Wipes `master`. */
function deriveMacKeys(master: Buffer): Record<MacPurpose, KeyObject> {
  const derive = (purpose: MacPurpose): KeyObject =>
    createSecretKey(new Uint8Array(hkdfSync('sha256', master, '', `sallyport-mac-${purpose}`, 32)))
  const keys = { fingerprint: derive('fingerprint'), pseudonym: derive('pseudonym') }
  master.fill(0)
  return keys
}
