/**
 * The walls between the processes on one machine, as data and as what lies on the disk: which files each may touch,
 * whose each folder is, who may enter the folder of each door. `sallyport doctor` compares what is there with this.
 *
 * Two walls stand behind each other. Node's permission model, always: a process opens the files of its own list and no
 * others, and starts no program. As root also a user for each process: the kernel refuses the others' files, sockets,
 * memory and signals, whatever Node lets through.
 */
import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Role, roles } from '../config.ts'
import { doorSocket, runFolder, runPath } from '../database/run-folder.ts'
import { canReach } from '../database/system-user.ts'
import type { Home } from '../init/init.ts'
import { giveFolder, giveToRead, openForPassing } from '../private-files.ts'
import { processEntries } from '../process-entries.ts'
import {
  type InstanceName,
  instancesOf,
  type ProcessName,
  processNames,
  processOf,
  type ProcessUser,
  processUsers,
  whyNoUsers,
} from '../process-users.ts'
import { builtOr, root } from '../root.ts'
import type { ProcessFiles, ProcessSpec } from './child.ts'

type Place = Pick<Home, 'folder' | 'keyStore'>

/** Who calls at whose inner door (DESIGN §2). */
export const callersOf: Record<Role, readonly Role[]> = {
  gateway: [],
  intake: ['gateway'],
  egress: ['gateway'],
  keyd: ['egress', 'intake', 'keeper'],
  keeper: [],
}

/** The code of the house: no secret, and the same for all. */
export const code = ['server', 'protocol', 'crypto', 'detect', 'node_modules', 'package.json', 'dist/processes'].map(
  (name) => join(root, name),
)
const inRoot = (...names: string[]): string[] => names.map((name) => join(root, name))

/** What each process has on the disk beside its configuration; to call at a peer's door needs no file. */
export function filesOf(home: Place, instance: InstanceName): ProcessFiles {
  const door = join(runPath(home.folder), instance)
  const hsm = home.keyStore.startsWith('pkcs11:')
  const own: Record<ProcessName, ProcessFiles> = {
    gateway: { read: inRoot('dist/widget'), write: [door] },
    intake: { read: inRoot('dist/frame', 'dist/link'), write: [door] },
    egress: { read: [], write: [door] },
    keeper: { read: [], write: [join(home.folder, 'checkpoints'), door] },
    // An HSM's module is native code in keyd's own process: Node's permission model does not hold it, the user does.
    keyd: { read: hsm ? inRoot('hsm') : [], addons: hsm, write: [...keyFolder(home.keyStore), door] },
    processor: { read: [], write: [join(home.folder, 'processor')] },
    demo: { read: inRoot('demo', 'agent', 'dist/demo'), write: [] },
  }
  const { [processOf(instance)]: one } = own
  return { ...one, read: [...code, ...one.read] }
}

/** A store elsewhere (an HSM, a KMS) has no folder. */
export const keyFolder = (store: string): string[] => (store.startsWith('file:') ? [fileURLToPath(store)] : [])

export const configFile = (home: Place, name: InstanceName): string => join(home.folder, 'config', `${name}.json`)

/** A process of this home behind its walls. */
export const specOf = (
  home: Place,
  name: InstanceName,
  environment: Record<string, string>,
  users: boolean,
): ProcessSpec => ({
  name,
  entry: builtOr(processOf(name), processEntries[processOf(name)]),
  environment,
  config: configFile(home, name),
  files: filesOf(home, name),
  ...(users ? { user: processUsers[processOf(name)] } : {}),
  log: join(home.folder, 'logs', `${name}.log`),
})

/** Whose each folder of the home is, where the processes have users. */
export const folderOwners = (home: Place): readonly (readonly [path: string, owner: ProcessName])[] => [
  [join(home.folder, 'checkpoints'), 'keeper'],
  [join(home.folder, 'processor'), 'processor'],
  ...keyFolder(home.keyStore).map((path) => [path, 'keyd'] as const),
]

/** Null where each process can have a user of its own; else why not, and what to do. The home itself is ours to open. */
export function whyOneUser(home: Place, self = process.getuid?.()): string | null {
  const around = [runPath(home.folder), ...keyFolder(home.keyStore)].map((path) => dirname(path))
  const code = [
    ...Object.values(processEntries),
    'node_modules/pg/package.json',
    'dist/frame/index.html',
    'dist/link/index.html',
  ]
  const needed = [
    dirname(home.folder),
    ...around.filter((path) => path !== home.folder),
    process.execPath,
    ...inRoot(...code),
  ]
  return whyNoUsers(needed, self)
}

/** For what is not ours to give away, such as a certificate's key. Throws a sentence with what to do. */
export const assertReadable = (path: string, name: ProcessName): void =>
  assertFileReadable(path, name, processUsers[name])

/** The same for a process that is no part of the plan. */
export function assertFileReadable(path: string, name: string, { uid, gid }: ProcessUser): void {
  const stats = statSync(path, { throwIfNoEntry: false })
  // What is not there says so by itself.
  if (stats === undefined) return
  const bit = stats.uid === uid ? 0o400 : stats.gid === gid ? 0o040 : 0o004
  if ((stats.mode & bit) !== 0 && canReach(dirname(path), { name, uid, gid })) return
  throw new Error(
    `${path} must be readable for the user of ${name} (${uid}): put it into a folder that others may enter, ` +
      `and run \`chgrp ${gid} ${path} && chmod 640 ${path}\``,
  )
}

/** Folders for the doors: all ours, or each the callee's, with one inside for each caller's group to enter. */
export function layDoors(home: Place, users: boolean, twins: number): void {
  const run = runFolder(home.folder)
  if (users) openForPassing(run)
  for (const [callee, instance] of roles.flatMap((role) =>
    instancesOf(role, twins).map((one) => [role, one] as const),
  )) {
    const folder = join(run, instance)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { uid, gid } = processUsers[callee]
    if (users) own(folder, uid, gid, 0o711)
    for (const caller of callersOf[callee]) {
      const edge = dirname(doorSocket(home.folder, instance, caller))
      mkdirSync(edge, { recursive: true, mode: 0o700 })
      // The set-group-id bit gives the socket, which the callee makes, to the caller's group.
      if (users) own(edge, uid, processUsers[caller].gid, 0o2710)
    }
  }
}

function own(path: string, uid: number, gid: number, mode: number): void {
  chownSync(path, uid, gid)
  chmodSync(path, mode)
}

/** For root: what was made with the home goes to the users that need it, also in a home of an earlier version. */
export function handOver(home: Place, instances: readonly InstanceName[] = processNames): void {
  openForPassing(home.folder)
  openForPassing(join(home.folder, 'config'))
  for (const name of instances) giveToRead(configFile(home, name), processUsers[processOf(name)])
  for (const [path, owner] of folderOwners(home)) giveFolder(path, processUsers[owner])
}
