import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'

/**
 * Files of a deployment's home: folders for us alone (0700), files for us alone (0600). Looser ones are refused, not
 * mended: whoever could read them may have.
 */
export function privateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  assertPrivate(path)
}

/**
 * Throws a sentence with what to do when someone else may read or enter `path`, or owns it. As root, folders may be
 * passed through (0710) by the group of the database's user, who runs a server somewhere inside.
 */
export function assertPrivate(path: string): void {
  const stats = lstatSync(path)
  const uid = process.getuid?.()
  if (stats.isSymbolicLink()) throw new Error(`${path} is a symbolic link; put a file or folder of its own there`)
  if (stats.uid !== uid) throw new Error(`${path} belongs to another user (${stats.uid}); it must belong to ${uid}`)
  const forbidden = stats.isDirectory() && uid === 0 ? 0o067 : 0o077
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
  const half = `${path}.${process.pid}.new`
  writePrivate(half, content)
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
