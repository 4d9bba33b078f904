/** The files of a key store on the disk: whose they are, who may read them, and how one is written whole or not at all. */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, isAbsolute } from 'node:path'
import { writeBeside } from '../private-files.ts'
import { isOurs } from '../process-users.ts'
import { KeyStoreError } from './store.ts'

export function folderOf(url: string): string {
  const path = url.startsWith('file:') ? decodeURI(url.slice('file:'.length)).replace(/^\/\/(?=\/)/, '') : ''
  if (!isAbsolute(path)) throw new KeyStoreError('not_a_file_url')
  return path
}

export function assertPrivate(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) throw new KeyStoreError('missing', path)
  if (stats.isSymbolicLink() || !(stats.isDirectory() || stats.isFile())) throw new KeyStoreError('not_a_folder', path)
  // Root makes the store and gives it to keyd's user.
  if (!isOurs(stats.uid)) throw new KeyStoreError('foreign_owner', path)
  if ((stats.mode & 0o077) !== 0) throw new KeyStoreError('loose_mode', path)
}

export function readJson(path: string): Record<string, unknown> {
  assertPrivate(path)
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof value === 'object' && value !== null && 'v' in value && value.v === 1) return { ...value }
  } catch {
    // Said below, without the cause: a parser's message quotes the file.
  }
  throw new KeyStoreError('unreadable', path)
}

const withoutLinks = constants.O_RDWR | constants.O_NOFOLLOW

/** In the place of one that is there: at every moment the old or the new one, whole. What the old one held is overwritten. */
export function replace(path: string, content: unknown): void {
  const half = writeBeside(path, content)
  const old = openSync(path, withoutLinks)
  try {
    renameSync(half, path)
    syncFolder(dirname(path))
    blank(old)
  } finally {
    closeSync(old)
  }
}

export function erase(path: string): void {
  const file = openSync(path, withoutLinks)
  try {
    blank(file)
  } finally {
    closeSync(file)
  }
  rmSync(path)
  syncFolder(dirname(path))
}

/** On most file systems of today that is a courtesy; whole-disk encryption is what counts. */
function blank(file: number): void {
  const { size: bytes } = fstatSync(file)
  writeSync(file, Buffer.alloc(bytes), 0, bytes, 0)
  fsyncSync(file)
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
