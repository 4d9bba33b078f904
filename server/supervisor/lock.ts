/**
 * One supervisor a home. The lock is a file that names the process; a lock whose process is gone is taken over, and what
 * that process left running is ended first.
 */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createPrivateJson, writeBeside } from '../private-files.ts'
import { type Identity, identify, isAlive } from './identity.ts'

export interface Lock {
  /** An earlier supervisor was killed, and its processes may still be ending. */
  readonly tookOver: boolean
  /** Notes the processes of now, for whoever takes over after a kill -9, and for tests. */
  note(processes: Record<string, number>): void
  release(): void
}

/** Children drain in three seconds when their supervisor is gone; after that they are killed. */
const leftoverMsMax = 3_500

export async function takeLock(home: string): Promise<Lock> {
  const file = join(home, 'supervisor.pid')
  const processes = join(home, 'processes.json')
  const self = identify(process.pid)
  if (self === null) throw new Error('the supervisor cannot find itself among the processes')
  let tookOver = false
  while (!createPrivateJson(file, self)) {
    tookOver = true
    const holder = readIdentity(file)
    if (holder !== null && isAlive(holder)) {
      throw new Error(
        `Sallyport already runs in ${home} (process ${holder.pid}); stop it first, or set SALLYPORT_HOME to another folder`,
      )
    }
    await endLeftover(processes)
    rmSync(file, { force: true })
  }
  return {
    tookOver,
    note: (now) => {
      const found = Object.entries(now).flatMap(([name, pid]) => {
        const identity = identify(pid)
        return identity === null ? [] : [[name, identity] as const]
      })
      try {
        // Whole or not at all: on a full disk who was there before stays noted, and the processes go on.
        renameSync(writeBeside(processes, Object.fromEntries(found)), processes)
      } catch {
        // The next change is noted again.
      }
    },
    release: () => {
      rmSync(processes, { force: true })
      rmSync(file, { force: true })
    },
  }
}

const isIdentity = (value: unknown): value is Identity =>
  typeof value === 'object' && value !== null && 'pid' in value && 'began' in value

function readIdentity(file: string): Identity | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isIdentity(value) ? value : null
  } catch {
    return null
  }
}

async function endLeftover(file: string): Promise<void> {
  if (!existsSync(file)) return
  let left: Identity[]
  try {
    left = Object.values(JSON.parse(readFileSync(file, 'utf8'))).filter(isIdentity)
  } catch {
    left = []
  }
  const deadline = Date.now() + leftoverMsMax
  while (left.some(isAlive) && Date.now() < deadline) await delay(50)
  for (const identity of left) if (isAlive(identity)) process.kill(identity.pid, 'SIGKILL')
  rmSync(file, { force: true })
}
