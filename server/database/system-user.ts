import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The operating-system user that the embedded database runs as. */
export interface SystemUser {
  name: string
  uid: number
  gid: number
}

/** Postgres' own user where the machine has one; `nobody` is everywhere. */
const candidates = ['postgres', 'nobody']

/**
 * Postgres refuses to run as root, so as root it runs as a user that is already there. Null means: as ourselves.
 * Throws where we are root and neither user exists.
 */
export function databaseUser(passwd = '/etc/passwd', uid = process.getuid?.()): SystemUser | null {
  if (uid !== 0) return null
  const users = new Map<string, SystemUser>()
  for (const line of readFileSync(passwd, 'utf8').split('\n')) {
    const [name, , userId, groupId] = line.split(':')
    if (name === undefined || userId === undefined || groupId === undefined) continue
    users.set(name, { name, uid: Number(userId), gid: Number(groupId) })
  }
  for (const name of candidates) {
    const user = users.get(name)
    if (user !== undefined && user.uid !== 0) return user
  }
  throw new Error(
    'started as root, and neither the user "postgres" nor "nobody" exists for the database to run as; ' +
      'start as an ordinary user, or set the SALLYPORT_<ROLE>_DATABASE_URL variables',
  )
}

/** Whether this user can enter every folder on the way to `path`, and `path` itself where it is a folder. */
export function canReach(path: string, user: SystemUser): boolean {
  let current = resolve(path)
  for (;;) {
    const stats = statSync(current, { throwIfNoEntry: false })
    if (stats?.isDirectory() && !maySearch(stats, user)) return false
    const parent = dirname(current)
    if (parent === current) return true
    current = parent
  }
}

function maySearch(stats: { mode: number; uid: number; gid: number }, user: SystemUser): boolean {
  if (stats.uid === user.uid) return (stats.mode & 0o100) !== 0
  if (stats.gid === user.gid) return (stats.mode & 0o010) !== 0
  return (stats.mode & 0o001) !== 0
}
