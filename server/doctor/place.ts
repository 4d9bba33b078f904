/** What the doctor looks at: a home as it lies there, whatever its state; nothing is made or mended. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from '../supervisor/identity.ts'
import { type InstanceName, isInstance } from '../process-users.ts'
import { configFile, whyOneUser } from '../supervisor/walls.ts'

export interface Place {
  folder: string
  keyStore: string
  mode: 'sandbox' | 'live' | 'unknown'
  /** Whose home it is: 0 is root. */
  self: number
  /** Null where each process can have a user of its own; else why not. */
  oneUser: string | null
  /** Configurations are written at the first start; before it, files belong to who made the home. */
  wasStarted: boolean
  /** Process ids of what runs now, the supervisor's too; empty where nothing does. */
  running: ReadonlyMap<InstanceName | 'supervisor', number>
}

export function lookAt(folder: string, keys: string | null): Place {
  const keyStore = keys ?? `file:${join(folder, 'keys')}`
  const looker = process.getuid?.() ?? -1
  // Root may look at the home of an ordinary user, which is then judged as that one's.
  const self = looker === 0 ? statSync(folder).uid : looker
  return {
    folder,
    keyStore,
    mode: modeIn(folder),
    self,
    oneUser: whyOneUser({ folder, keyStore }, self),
    wasStarted: existsSync(configFile({ folder, keyStore }, 'keyd')),
    running: runningIn(folder),
  }
}

function modeIn(folder: string): Place['mode'] {
  const mode: unknown = readJson(join(folder, 'deployment.json'))?.mode
  return mode === 'live' || mode === 'sandbox' ? mode : 'unknown'
}

function runningIn(folder: string): Place['running'] {
  const found = new Map<InstanceName | 'supervisor', number>()
  const note = (name: InstanceName | 'supervisor', identity: { pid: number; began: string } | undefined): void => {
    if (identity !== undefined && isAlive(identity)) found.set(name, identity.pid)
  }
  note('supervisor', readJson(join(folder, 'supervisor.pid')))
  const processes: Record<string, { pid: number; began: string }> = readJson(join(folder, 'processes.json')) ?? {}
  for (const [name, identity] of Object.entries(processes)) if (isInstance(name)) note(name, identity)
  return found
}

/** Undefined for what cannot be read: another check says so. */
// biome-ignore lint/suspicious/noExplicitAny: files of ours, whose shapes their writers hold.
export function readJson(path: string): any {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
