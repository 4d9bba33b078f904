/**
 * A user for each process, where we are root: the wall that the kernel keeps. They are numbers without a name in
 * /etc/passwd, from the range 60706–61183, which systemd's table of users keeps free; nothing has to be set up or
 * removed. A process's group has the same number, and a door's folder belongs to its callee and to its caller's group.
 */
import { statSync } from 'node:fs'
import { type Role, roles } from './config.ts'
import { canReach } from './database/system-user.ts'

export type ProcessName = Role | 'processor' | 'demo'
export const processNames: readonly ProcessName[] = [...roles, 'processor', 'demo']

/** `gateway`, and its twins on this machine `gateway.2`, `gateway.3`, …: the same user, the same secrets, doors of their own. */
export type InstanceName = ProcessName | `${Role}.${number}`

export const instancesOf = (role: Role, count: number): InstanceName[] =>
  Array.from({ length: count }, (_, index): InstanceName => (index === 0 ? role : `${role}.${index + 1}`))

/** Null for a name that is none of ours. */
export function processOf(instance: InstanceName): ProcessName
export function processOf(instance: string): ProcessName | null
export function processOf(instance: string): ProcessName | null {
  const [name = '', index] = instance.split('.')
  const known = processNames.find((one) => one === name)
  if (known === undefined) return null
  return index === undefined || (/^[2-9]$/.test(index) && roles.some((role) => role === known)) ? known : null
}

export const isInstance = (name: string): name is InstanceName => processOf(name) !== null

export interface ProcessUser {
  uid: number
  gid: number
}

const firstUser = 61_001

export const processUsers: Record<ProcessName, ProcessUser> = Object.fromEntries(
  processNames.map((name, index) => [name, { uid: firstUser + index, gid: firstUser + index }]),
) as Record<ProcessName, ProcessUser> // sound: made from every name

/** Of the screen, which `sallyport screen` starts by itself: the number after theirs. */
export const screenUser: ProcessUser = {
  uid: firstUser + processNames.length,
  gid: firstUser + processNames.length,
}

const isProcessUser = (uid: number): boolean =>
  [...Object.values(processUsers), screenUser].some((user) => user.uid === uid)

/** Whether a file of this owner is ours: our own, or, for root, that of a process to which root gave it. */
export const isOurs = (uid: number, self = process.getuid?.()): boolean =>
  uid === self || (self === 0 && isProcessUser(uid))

/**
 * Null where each process can have a user of its own; else a sentence that says why not and what to do. Every path of
 * `needed` must be open to them: the code, the home, the key store.
 */
export function whyNoUsers(needed: readonly string[], self = process.getuid?.()): string | null {
  if (self !== 0) return 'started as an ordinary user, so all processes run as that one; start as root for a user each'
  const anybody = { name: 'anybody', uid: firstUser, gid: firstUser }
  const closed = needed.find((path) => !canReach(path, anybody) || !mayRead(path))
  if (closed === undefined) return null
  return `the processes' own users cannot get to ${closed}; move it out of folders that are closed to others`
}

/** Code must be readable for others; a folder that may be entered is enough, its files are given out one by one. */
function mayRead(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined || stats.isDirectory() || (stats.mode & 0o004) !== 0
}
