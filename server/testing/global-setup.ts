import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stopEmbedded } from '../database/embedded.ts'

const prefix = 'sallyport-vitest-'
const quiet = { deployment: 'test', say: () => undefined }

/** Makes the folder of the run's Postgres, which the first test file that needs it starts, and ends it afterwards. */
export default async function setup(): Promise<() => Promise<void>> {
  await sweep()
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`))
  process.env['SALLYPORT_TEST_POSTGRES'] = folder
  return async () => {
    await remove(folder)
  }
}

async function remove(folder: string): Promise<void> {
  await stopEmbedded({ home: folder, ...quiet })
  rmSync(folder, { recursive: true, force: true })
}

/** A run that was killed leaves its server: the next run ends it. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]
    if (pid === undefined || isAlive(Number(pid))) continue
    const folder = join(tmpdir(), name)
    await remove(folder).catch(() => undefined)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
