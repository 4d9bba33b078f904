/** What one file of a file store says: in the clear what kind of key it holds, and the key, sealed or as it is. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { importPrivateKey, privateDh } from '../../crypto/hpke-node.ts'
import { kekId as kekIdOf } from '../records/format.ts'
import { readJson } from './key-files.ts'
import { openSealing, type Sealing } from './sealing.ts'
import { type Epoch, type EpochPurpose, type EpochSymmetric, KeyStoreError } from './store.ts'
import { symmetricFrom } from './symmetric.ts'
import type { Kem } from '../../crypto/hpke-node.ts'

export const sealName = 'seal.json'
export const masterName = 'mac.json'
export const epochName = (kekId: Uint8Array): string => `epoch-${Buffer.from(kekId).toString('hex')}.json`
export const kekIdIn = (name: string): Buffer => Buffer.from(name.slice(6, 22), 'hex')

export const epochFiles = (folder: string): string[] =>
  readdirSync(folder).filter((name) => /^epoch-[0-9a-f]{16}\.json$/.test(name))

/** What an epoch's file says in the clear; the master's says nothing. */
export interface EpochClear {
  suite: Kem
  purpose: EpochPurpose
  created_ms: number
}

export interface HeldEpoch {
  epoch: Epoch
  dh: (enc: Uint8Array) => Buffer
  symmetric: EpochSymmetric
}

const plainMember = (name: string): 'key' | 'private_key' => (name === masterName ? 'key' : 'private_key')
const aboutText = (clear: EpochClear | null): string =>
  clear === null ? '' : `${clear.suite} ${clear.purpose} ${clear.created_ms}`

export const contentOf = (name: string, clear: EpochClear | null, secret: Buffer, sealing: Sealing | null) => ({
  v: 1,
  ...clear,
  ...(sealing === null
    ? { [plainMember(name)]: secret.toString('base64url') }
    : { sealed_key: sealing.seal(name, aboutText(clear), secret) }),
})

export const isSealed = (file: Record<string, unknown>): boolean => 'sealed_key' in file

/** Null for a store that is not sealed. Throws where passphrase and store do not go together. */
export function openSeal(folder: string, passphrase: Buffer | null): Sealing | null {
  const path = join(folder, sealName)
  if (existsSync(path)) {
    if (passphrase === null) throw new KeyStoreError('sealed')
    return openSealing(readJson(path), passphrase, path)
  }
  const master = join(folder, masterName)
  // The seal itself was lost: no passphrase opens the other files.
  if (existsSync(master) && isSealed(readJson(master))) throw new KeyStoreError('unreadable', path)
  if (passphrase !== null) throw new KeyStoreError('not_sealed')
  return null
}

/** 32 bytes, which the caller wipes. */
export function readMaster(folder: string, sealing: Sealing | null): Buffer {
  const path = join(folder, masterName)
  return secretOf(readJson(path), null, { path, name: masterName }, sealing)
}

/** Clear part and secret, 32 bytes, which the caller wipes. */
export function readEpochFile(
  folder: string,
  name: string,
  sealing: Sealing | null,
): { clear: EpochClear; secret: Buffer } {
  const path = join(folder, name)
  const file = readJson(path)
  const { suite, purpose, created_ms: createdMs } = file
  if (
    (suite !== 'x25519' && suite !== 'p256') ||
    (purpose !== 'card' && purpose !== 'credential') ||
    typeof createdMs !== 'number'
  )
    throw new KeyStoreError('unreadable', path)
  const clear = { suite, purpose, created_ms: createdMs } as const
  return { clear, secret: secretOf(file, clear, { path, name }, sealing) }
}

export function readEpoch(folder: string, name: string, sealing: Sealing | null): HeldEpoch {
  const { clear, secret } = readEpochFile(folder, name, sealing)
  const { suite, purpose, created_ms: createdMs } = clear
  let pair: ReturnType<typeof importPrivateKey>
  let symmetric: EpochSymmetric
  try {
    pair = importPrivateKey(suite, secret)
    symmetric = symmetricFrom(secret)
  } catch {
    throw new KeyStoreError('unreadable', join(folder, name))
  } finally {
    secret.fill(0)
  }
  const kekId = kekIdOf(pair.publicKey)
  if (epochName(kekId) !== name) throw new KeyStoreError('unreadable', join(folder, name))
  const epoch = { kekId, suite, purpose, publicKey: pair.publicKey, createdMs }
  return { epoch, dh: privateDh(suite, pair.privateKey), symmetric }
}

function secretOf(
  file: Record<string, unknown>,
  clear: EpochClear | null,
  { path, name }: { path: string; name: string },
  sealing: Sealing | null,
): Buffer {
  const { sealed_key: sealed, [plainMember(name)]: plain } = file
  if (sealing !== null && plain !== undefined) throw new KeyStoreError('half_sealed')
  const bytes =
    sealing === null
      ? Buffer.from(typeof plain === 'string' ? plain : '', 'base64url')
      : sealing.open(name, aboutText(clear), typeof sealed === 'string' ? sealed : '')
  if (bytes?.length !== 32) throw new KeyStoreError('unreadable', path)
  return bytes
}
