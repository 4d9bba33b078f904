/** kill -9 of whatever a deployment is made of, its supervisor and its database included, and the wait until it is back. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Role } from '../../config.ts'
import type { Stack } from '../../testing/stack.ts'

export const victims = ['gateway', 'intake', 'egress', 'keyd', 'keeper', 'supervisor', 'postgres', 'a session'] as const
export type Victim = (typeof victims)[number]

export interface Killable {
  stack(): Stack
  /** The same home with the same ports, after its supervisor was killed. */
  startAgain(): Promise<void>
}

/** Resolves when it is there again. */
export async function kill(victim: Victim, { stack, startAgain }: Killable): Promise<void> {
  if (victim === 'supervisor') {
    await stack().killSupervisor()
    return startAgain()
  }
  if (victim === 'postgres' || victim === 'a session') {
    const server = postmaster(stack().home)
    const before = stack().output().length
    if (victim === 'postgres') {
      process.kill(server, 'SIGKILL')
      return until(() => stack().output().slice(before).includes('the database is back'))
    }
    // A session that is killed may have left anything in the memory that all share: the server begins again from its log.
    const session = sessionOf(server)
    if (session !== null) process.kill(session, 'SIGKILL')
    return delay(500)
  }
  return stack().kill(victim satisfies Role)
}

export const postmaster = (home: string): number =>
  Number(readFileSync(join(home, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0])

/** A child of the server that works for a role. */
function sessionOf(server: number): number | null {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const parent = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1]
      const title = readFileSync(`/proc/${name}/cmdline`, 'utf8')
      if (Number(parent) === server && /postgres: sallyport_(intake|egress|keyd|keeper|gateway)/.test(title))
        return Number(name)
    } catch {
      // Ended meanwhile.
    }
  }
  return null
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !holds(); await delay(25)) {
    if (Date.now() > end) throw new Error('the database did not come back in a minute')
  }
}
