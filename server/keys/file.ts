/**
 * The key store as files: one JSON file an epoch and one with the MAC key, 0600 in a folder 0700 that belongs to the
 * user who runs keyd. For development and small deployments: the private keys are in keyd's memory while it runs.
 */
import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { exportPrivateKey, generateKeyPair, importPrivateKey, privateDh, type Kem } from '../../crypto/hpke-node.ts'
import { isOurs } from '../process-users.ts'
import { kekId as kekIdOf } from '../records/format.ts'
import { type Epoch, type EpochPurpose, type KeyStore, KeyStoreError, type MacPurpose } from './store.ts'

interface EpochFile {
  v: 1
  suite: Kem
  purpose: EpochPurpose
  created_ms: number
  /** base64url, 32 bytes. */
  private_key: string
}

interface Held {
  epoch: Epoch
  dh: (enc: Uint8Array) => Buffer
}

const masterName = 'mac.json'
const epochName = (kekId: Uint8Array): string => `epoch-${Buffer.from(kekId).toString('hex')}.json`
const epochPattern = /^epoch-[0-9a-f]{16}\.json$/

/** For init: makes folder and MAC key where they are missing, then opens. Makes no epoch. */
export async function createFileStore(url: string): Promise<KeyStore> {
  const folder = folderOf(url)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  assertPrivate(folder)
  const master = join(folder, masterName)
  if (!existsSync(master)) writeOnce(master, { v: 1, key: randomBytes(32).toString('base64url') })
  return openFileStore(url)
}

/** For keyd: makes nothing. Rejects with KeyStoreError where something is missing or others may read it. */
export async function openFileStore(url: string): Promise<KeyStore> {
  const folder = folderOf(url)
  assertPrivate(folder)
  const master = readMaster(join(folder, masterName))
  const held = new Map<string, Held>()

  const find = (kekId: Uint8Array): Held | null => {
    const name = epochName(kekId)
    const known = held.get(name)
    if (known !== undefined) return known
    const path = join(folder, name)
    // An epoch that was made after keyd's start is found here.
    if (!existsSync(path)) return null
    const read = readEpoch(path)
    if (epochName(read.epoch.kekId) !== name) throw new KeyStoreError('unreadable', path)
    held.set(name, read)
    return read
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
    mac: async (purpose, data) => createHmac('sha256', master[purpose]).update(data).digest(),
    create: async ({ suite, purpose }) => {
      const pair = generateKeyPair(suite)
      const file: EpochFile = {
        v: 1,
        suite,
        purpose,
        created_ms: Date.now(),
        private_key: exportPrivateKey(pair.privateKey).toString('base64url'),
      }
      const path = join(folder, epochName(kekIdOf(pair.publicKey)))
      if (!writeOnce(path, file)) throw new KeyStoreError('exists', path)
      return readEpoch(path).epoch
    },
    destroy: async (kekId) => {
      const path = join(folder, epochName(kekId))
      if (find(kekId) === null) throw new KeyStoreError('unknown_epoch')
      held.delete(epochName(kekId))
      // Overwritten first: on most file systems of today that is a courtesy; whole-disk encryption is what counts.
      const file = openSync(path, 'r+')
      try {
        writeSync(file, Buffer.alloc(lstatSync(path).size))
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      rmSync(path)
    },
    list: async () =>
      readdirSync(folder)
        .filter((name) => epochPattern.test(name))
        .flatMap((name) => find(Buffer.from(name.slice(6, 22), 'hex'))?.epoch ?? [])
        .sort((a, b) => a.createdMs - b.createdMs),
  }
}

function folderOf(url: string): string {
  const path = url.startsWith('file:') ? decodeURI(url.slice('file:'.length)).replace(/^\/\/(?=\/)/, '') : ''
  if (!isAbsolute(path)) throw new KeyStoreError('not_a_file_url')
  return path
}

function assertPrivate(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) throw new KeyStoreError('missing', path)
  if (stats.isSymbolicLink() || !(stats.isDirectory() || stats.isFile())) throw new KeyStoreError('not_a_folder', path)
  // Root makes the store and gives it to keyd's user.
  if (!isOurs(stats.uid)) throw new KeyStoreError('foreign_owner', path)
  if ((stats.mode & 0o077) !== 0) throw new KeyStoreError('loose_mode', path)
}

function readJson(path: string): Record<string, unknown> {
  assertPrivate(path)
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof value === 'object' && value !== null && 'v' in value && value.v === 1) return { ...value }
  } catch {
    // Said below, without the cause: a parser's message quotes the file.
  }
  throw new KeyStoreError('unreadable', path)
}

const key32 = (value: unknown, path: string): Buffer => {
  const bytes = Buffer.from(typeof value === 'string' ? value : '', 'base64url')
  if (bytes.length !== 32) throw new KeyStoreError('unreadable', path)
  return bytes
}

function readMaster(path: string): Record<MacPurpose, KeyObject> {
  const master = key32(readJson(path)['key'], path)
  const derive = (purpose: MacPurpose): KeyObject =>
    createSecretKey(new Uint8Array(hkdfSync('sha256', master, '', `sallyport-mac-${purpose}`, 32)))
  const keys = { fingerprint: derive('fingerprint'), pseudonym: derive('pseudonym') }
  master.fill(0)
  return keys
}

function readEpoch(path: string): Held {
  const { suite, purpose, created_ms: createdMs, private_key: encoded } = readJson(path)
  if ((suite !== 'x25519' && suite !== 'p256') || (purpose !== 'card' && purpose !== 'credential')) {
    throw new KeyStoreError('unreadable', path)
  }
  if (typeof createdMs !== 'number') throw new KeyStoreError('unreadable', path)
  const raw = key32(encoded, path)
  const { publicKey, privateKey } = importPrivateKey(suite, raw)
  raw.fill(0)
  return {
    epoch: { kekId: kekIdOf(publicKey), suite, purpose, publicKey, createdMs },
    dh: privateDh(suite, privateKey),
  }
}

/** Whole on the disk before its name exists, and never over one that is there: false then. */
function writeOnce(path: string, content: unknown): boolean {
  const half = `${path}.${process.pid}.new`
  // Made anew and never opened: where root writes, a link that keyd's user put there must lead nowhere.
  rmSync(half, { force: true })
  const file = openSync(half, 'wx', 0o600)
  try {
    writeSync(file, `${JSON.stringify(content)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  try {
    linkSync(half, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(half, { force: true })
  }
}
