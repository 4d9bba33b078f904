/**
 * What a backup says of itself: of which deployment and mode it is, at which moment, and the hash of each of its files.
 * Sealed under the deployment's own secrets, so that a changed one is refused, and so is a home that has other secrets:
 * with those no restored charge would be found again.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canonicalJson } from '../canonical.ts'
import type { Mode } from '../config.ts'
import type { Deployment, Secrets } from '../init/secrets.ts'

export interface Manifest {
  kind: 'sallyport-backup'
  v: 1
  deployment: string
  mode: Mode
  /** The copy begins here: what was done from this moment on may not be in it. */
  began_at: string
  ended_at: string
  postgres: string
  /** The two audit logs: how long they were when the copy began. */
  logs: { vault: { id: string; size: number }; keyd: { id: string; size: number } }
  /** The key store's epochs that something in it may need. */
  keys: string[]
  files: { name: string; bytes: number; sha256: string }[]
}

export const manifestFile = 'manifest.json'
export const tarFile = 'base.tar'
export const postgresManifestFile = 'backup_manifest'

/** A sentence that says what is wrong with a backup, or with restoring it here, and what to do. */
export class BackupError extends Error {}

const seal = (manifest: Manifest, secrets: Secrets): Buffer =>
  createHmac('sha256', `sallyport backup ${secrets.processor_key} ${secrets.derive}`)
    .update(canonicalJson(JSON.parse(JSON.stringify(manifest))))
    .digest()

export function writeManifest(folder: string, manifest: Manifest, secrets: Secrets): void {
  const text = { ...manifest, seal: seal(manifest, secrets).toString('base64url') }
  writeFileSync(join(folder, manifestFile), `${JSON.stringify(text, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
}

export interface Expected {
  deployment: Deployment
  secrets: Secrets
}

/** Throws BackupError for whatever is no whole backup of this deployment, with these secrets, in this mode. */
export function openBackup(
  folder: string,
  { deployment, secrets }: Expected,
  progress: (done: number, of: number) => void,
): Manifest {
  const path = join(folder, manifestFile)
  if (!existsSync(path))
    throw new BackupError(
      `there is no whole backup in ${folder} (it has no ${manifestFile}): name the folder that \`sallyport backup\` made`,
    )
  const { manifest, sealed } = read(path)
  if (manifest.mode !== deployment.mode)
    throw new BackupError(
      `this backup is of a deployment in ${manifest.mode} mode, and this home is one in ${deployment.mode} mode: restore it into a home of its own mode`,
    )
  if (manifest.deployment !== deployment.id)
    throw new BackupError(
      'this backup is of another deployment: restore it into the home it came from, with that home’s deployment.json and secrets.json',
    )
  if (!equal(sealed, seal(manifest, secrets)))
    throw new BackupError(
      'this backup’s manifest was not sealed with the secrets of this home: either it was changed, or secrets.json is not the one of the time of the backup; put that one back, or take another backup',
    )
  const of = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0)
  let done = 0
  for (const { name, bytes, sha256 } of manifest.files) {
    const file = join(folder, name)
    const there = existsSync(file) && statSync(file).size === bytes
    const whole = there && hashOf(file, (read) => progress(done + read, of)) === sha256
    if (!whole) throw new BackupError(`${name} of this backup is damaged or cut short: take another backup`)
    done += bytes
  }
  return manifest
}

function read(path: string): { manifest: Manifest; sealed: Buffer } {
  try {
    const { seal: sealed, ...manifest } = JSON.parse(readFileSync(path, 'utf8'))
    if (manifest.kind === 'sallyport-backup' && manifest.v === 1 && typeof sealed === 'string' && isShaped(manifest))
      return { manifest, sealed: Buffer.from(sealed, 'base64url') }
  } catch {
    // Said below.
  }
  throw new BackupError(`the ${manifestFile} of this backup is damaged, or of another version: take another backup`)
}

/** As far as it is read before its seal was checked. */
const isShaped = (value: Record<string, unknown>): value is Record<string, unknown> & Manifest =>
  (value['mode'] === 'sandbox' || value['mode'] === 'live') &&
  typeof value['deployment'] === 'string' &&
  Array.isArray(value['files']) &&
  value['files'].every((one) => typeof one?.name === 'string' && /^[a-z_]+(\.[a-z]+)?$/.test(one.name))

const equal = (one: Buffer, other: Buffer): boolean => one.length === other.length && timingSafeEqual(one, other)

const pieceBytes = 1 << 20

function hashOf(path: string, progress: (bytes: number) => void): string {
  const hash = createHash('sha256')
  const piece = Buffer.alloc(pieceBytes)
  const file = openSync(path, 'r')
  try {
    for (let done = 0; ; ) {
      const count = readSync(file, piece, 0, pieceBytes, null)
      if (count === 0) return hash.digest('hex')
      hash.update(piece.subarray(0, count))
      done += count
      progress(done)
    }
  } finally {
    closeSync(file)
  }
}
