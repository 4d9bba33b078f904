import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** `sun_path` holds 108 bytes with its end mark; the longest name below a run folder is `.s.PGSQL.5432.lock`. */
const socketPathBytesMax = 107
const longestName = '/postgres/.s.PGSQL.5432'

/**
 * The folder of a deployment's sockets: `<home>/run`, or, where that is too long for a Unix socket, a folder under the
 * system's temporary folder, named after the home.
 */
export function runPath(home: string): string {
  const inside = join(home, 'run')
  if (Buffer.byteLength(inside + longestName) <= socketPathBytesMax) return inside
  const name = createHash('sha256').update(home).digest('hex').slice(0, 16)
  return join(tmpdir(), `sallyport-${name}`)
}

/** The same folder, made where it is missing. Throws when somebody else already owns that name. */
export const runFolder = (home: string): string => ownFolder(runPath(home))

/** Where one process finds the door of another: in a folder that belongs to the callee and to the caller's group. */
export const doorSocket = (home: string, callee: string, caller: string): string =>
  join(runPath(home), callee, caller, 'door')

/** A process's own way to its door, for whoever runs the deployment: health and metrics. */
export const ownSocket = (home: string, role: string): string => join(runPath(home), role, 'door.sock')

function ownFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const stats = lstatSync(path)
  if (!stats.isDirectory() || stats.uid !== process.getuid?.()) {
    throw new Error(`${path} belongs to someone else; remove it, or choose a shorter SALLYPORT_HOME`)
  }
  return path
}
