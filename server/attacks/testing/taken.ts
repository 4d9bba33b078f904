/** The test's side of a process that was taken over: started behind chosen walls, given orders, ended. */
import { mkdtempSync, rmSync } from 'node:fs'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProcessName } from '../../process-users.ts'
import { launch, type ProcessSpec } from '../../supervisor/child.ts'
import { specOf, whyOneUser } from '../../supervisor/walls.ts'

export interface Taken {
  pid: number
  /** Runs `attack` of `module` (a file of this folder) inside the process. Rejects where the attack itself fell over. */
  order<T>(module: string, attack: string, input?: unknown): Promise<T>
  log(): string
  end(): Promise<void>
}

/** Which walls stand around the attacker: as in production, one of the two alone, or none. */
export type Walls = 'all' | 'permission model alone' | 'user alone' | 'none'

const environment = { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production' }

export async function takeOver(folder: string, name: ProcessName, walls: Walls = 'all'): Promise<Taken> {
  const home = { folder, keyStore: `file:${join(folder, 'keys')}` }
  const own = mkdtempSync(join(tmpdir(), 'sallyport-attacker-'))
  const real = specOf(home, name, environment, whyOneUser(home) === null)
  const { user, ...withoutUser } = real
  const spec: ProcessSpec = {
    ...withoutUser,
    ...(user !== undefined && (walls === 'all' || walls === 'user alone') ? { user } : {}),
    ...(walls === 'all' || walls === 'permission model alone' ? {} : { files: null }),
    entry: join(import.meta.dirname, 'attacker.ts'),
    log: join(own, 'log'),
  }
  const child = launch(spec)
  const log = (): string => readFileSync(spec.log, 'utf8')
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', () => reject(new Error(`the attacker in ${name} did not start:\n${log()}`)))
  })
  child.on('message', (message) => {
    // Sound: our own attacker's answers.
    const { id, result, error } = message as { id: number; result?: unknown; error?: string }
    const one = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) one?.resolve(result)
    else one?.reject(new Error(error))
  })
  let orders = 0
  return {
    pid: child.pid ?? 0,
    order: <T>(module: string, attack: string, input: unknown = null) =>
      new Promise<T>((resolve, reject) => {
        orders += 1
        waiting.set(orders, { resolve: (value) => resolve(value as T), reject })
        child.send({ id: orders, module, attack, input })
      }),
    log,
    end: async () => {
      child.kill('SIGKILL')
      await ended
      rmSync(own, { recursive: true, force: true })
    },
  }
}
