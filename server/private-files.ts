import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchownSync,
  fsyncSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { isOurs, type ProcessUser } from './process-users.ts'

/**
 * Files of a deployment's home: folders for us alone (0700), files for us alone (0600). Looser ones are refused, not
 * mended: whoever could read them may have.
 */
export function privateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  assertPrivate(path)
}

/**
 * Throws a sentence with what to do when someone else may read `path`, list it or write to it, or owns it. As root,
 * folders may be passed through (0711) by the users of the processes, each of which has something somewhere inside, and
 * what was given to one of them is its.
 */
export function assertPrivate(path: string): void {
  const stats = lstatSync(path)
  const uid = process.getuid?.()
  if (stats.isSymbolicLink()) throw new Error(`${path} is a symbolic link; put a file or folder of its own there`)
  if (!isOurs(stats.uid, uid))
    throw new Error(`${path} belongs to another user (${stats.uid}); it must belong to ${uid}`)
  const forbidden = stats.isDirectory() && uid === 0 ? 0o066 : 0o077
  if ((stats.mode & forbidden) === 0) return
  const wanted = stats.isDirectory() ? '700' : '600'
  const found = (stats.mode & 0o777).toString(8)
  throw new Error(
    `${path} has the mode ${found} and others may have read it; make new secrets with an empty SALLYPORT_HOME, ` +
      `or, if you know that nobody has, run \`chmod ${wanted} ${path}\``,
  )
}

export function readPrivateJson(path: string): unknown {
  assertPrivate(path)
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new Error(`${path} cannot be read as JSON; restore it from a backup of the home`, { cause })
  }
}

/**
 * Writes a file once: complete on the disk before its name exists, and never over one that is there.
 * Returns false when there was one already.
 */
export function createPrivateJson(path: string, content: unknown): boolean {
  const half = writeBeside(path, content)
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

/** Complete on the disk under a name of its own, which it gives, for who puts it into its place by that name. */
export function writeBeside(path: string, content: unknown): string {
  const half = `${path}.${process.pid}.new`
  // Made anew and never opened: where root writes, a link that a process's user put there must lead nowhere.
  rmSync(half, { force: true })
  const file = openSync(half, 'wx', 0o600)
  try {
    writeSync(file, `${JSON.stringify(content, null, 2)}\n`)
    // Root adds to a folder that a process's user has already: what is new must be that one's too.
    const { uid, gid } = lstatSync(dirname(path))
    if (process.getuid?.() === 0 && uid !== 0) fchownSync(file, uid, gid)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  return half
}

/** Writes a file of mode 0600 anew, durably. */
export function writePrivate(path: string, content: unknown): void {
  const file = openSync(path, 'w', 0o600)
  try {
    chmodSync(path, 0o600) // an older file of this name keeps its mode otherwise
    writeSync(file, `${JSON.stringify(content, null, 2)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/**
 * Writes a text whole or not at all, and durably: who reads it sees the old one or the new one. Opened so that writing
 * waits for the disk, because Node's permission model, under which processes run, forbids fsync.
 */
export function writeDurably(path: string, text: string): void {
  const half = `${path}.new`
  const { O_CREAT, O_SYNC, O_TRUNC, O_WRONLY } = constants
  const file = openSync(half, O_CREAT | O_SYNC | O_TRUNC | O_WRONLY, 0o600)
  try {
    writeSync(file, text)
  } finally {
    closeSync(file)
  }
  renameSync(half, path)
}

/** For root: a folder that the processes' users may pass through and not list. */
export function openForPassing(path: string): void {
  mkdirSync(path, { recursive: true })
  chownSync(path, 0, 0)
  chmodSync(path, 0o711)
}

/** For root: a folder and all that is in it becomes a process's own, and nobody else's. Links stay where they are. */
export function giveFolder(path: string, { uid, gid }: ProcessUser): void {
  const stats = lstatSync(path)
  if (stats.isSymbolicLink()) return
  lchownSync(path, uid, gid)
  if (!stats.isDirectory()) return
  chmodSync(path, 0o700)
  for (const name of readdirSync(path)) giveFolder(join(path, name), { uid, gid })
}

/** For root: one process may read this file, and not even that one may change it. */
export function giveToRead(path: string, { gid }: ProcessUser): void {
  chownSync(path, 0, gid)
  chmodSync(path, 0o640)
}
