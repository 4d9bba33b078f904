/**
 * Unpacks the tar of a base backup. Postgres writes plain ustar: folders, files, and symbolic links for tablespaces,
 * which a backup of ours does not have. Whatever else stands in it is refused, and nothing leaves the folder.
 */
import { chownSync, closeSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { SystemUser } from '../database/system-user.ts'

const block = 512
const pieceBytes = 1 << 20

/** Throws a sentence where it is no such tar. `owner`: whose the files are to be; ours without one. */
export function untar(path: string, folder: string, owner: SystemUser | null, progress: (bytes: number) => void): void {
  const file = openSync(path, 'r')
  const own = (made: string): void => {
    if (owner !== null) chownSync(made, owner.uid, owner.gid)
  }
  try {
    mkdirSync(folder, { mode: 0o700 })
    own(folder)
    let at = 0
    for (;;) {
      const head = readAt(file, at, block)
      if (head.length < block || head.every((byte) => byte === 0)) return
      const { name, size, kind } = headerOf(head)
      at += block
      const target = join(folder, name)
      if (kind === 'folder') {
        mkdirSync(target, { recursive: true, mode: 0o700 })
        own(target)
      } else {
        copyOut(file, at, size, target)
        own(target)
      }
      at += Math.ceil(size / block) * block
      progress(at)
    }
  } finally {
    closeSync(file)
  }
}

function readAt(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(file, bytes, 0, length, at))
}

const broken = (): Error => new Error('the backup is not what a backup looks like inside; take another one')

function headerOf(head: Buffer): { name: string; size: number; kind: 'file' | 'folder' } {
  const text = (from: number, to: number): string => head.toString('latin1', from, to).replace(/\0.*$/s, '')
  const name = text(0, 100).replace(/^\.\//, '').replace(/\/$/, '')
  const size = Number.parseInt(text(124, 136).trim() || '0', 8)
  const kind = { '0': 'file', '': 'file', '5': 'folder' }[text(156, 157)]
  const inside = name !== '' && !name.startsWith('/') && !name.split('/').includes('..')
  if (!Number.isSafeInteger(size) || size < 0 || !inside) throw broken()
  if (kind === 'file') return { name, size, kind }
  if (kind === 'folder') return { name, size: 0, kind }
  throw broken()
}

function copyOut(file: number, from: number, size: number, target: string): void {
  const out = openSync(target, 'wx', 0o600)
  try {
    for (let done = 0; done < size; ) {
      const piece = readAt(file, from + done, Math.min(pieceBytes, size - done))
      if (piece.length === 0) throw broken()
      for (let at = 0; at < piece.length; ) at += writeSync(out, piece, at)
      done += piece.length
    }
    fsyncSync(out)
  } finally {
    closeSync(out)
  }
}
