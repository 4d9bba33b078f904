/** The screen, where it is used: it runs beside a deployment or alone, and is none of its processes. */
import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { screenUser } from '../process-users.ts'
import { flags } from '../supervisor/child.ts'
import { isAlive } from '../supervisor/identity.ts'
import { screenConfigFile, screenPidFile, whyNoScreenUser } from '../supervisor/screen.ts'
import { code } from '../supervisor/walls.ts'
import { type Finding, judge } from './finding.ts'
import { type Place, readJson } from './place.ts'

/** Nothing where it was never started in this home. */
export function screenAsFound({ folder, self }: Pick<Place, 'folder' | 'self'>, proc = '/proc'): Finding[] {
  const config = screenConfigFile(folder)
  const stats = lstatSync(config, { throwIfNoEntry: false })
  if (stats === undefined) return []
  const hasUser = whyNoScreenUser(folder, self) === null
  const mode = stats.mode & 0o777
  const content: Record<string, unknown> = readJson(config) ?? {}
  const known = ['role', 'listen', 'public_url', 'gateway_url', 'tls', 'trust_proxy']
  const identity = readJson(screenPidFile(folder))
  const runs = identity !== undefined && isAlive(identity)
  const wrong = [
    ...(mode === (hasUser ? 0o640 : 0o600) ? [] : [`config/screen.json has the mode ${mode.toString(8)}`]),
    ...Object.keys(content)
      .filter((name) => !known.includes(name))
      .map((name) => `config/screen.json has ${name}, which the screen does not need`),
    ...(runs && existsSync(join(proc, 'self')) ? asItRuns(identity.pid, { proc, config, content, hasUser }) : []),
  ]
  const says = `no key, no database, no credential; ${runs ? 'it runs behind its walls' : 'it does not run now'}`
  return [judge('screen', wrong, says, 'stop it and start it with `sallyport screen`, which lays its walls anew')]
}

interface Wanted {
  proc: string
  config: string
  content: Record<string, unknown>
  hasUser: boolean
}

function asItRuns(pid: number, { proc, config, content, hasUser }: Wanted): string[] {
  const read = (file: string): string => {
    try {
      return readFileSync(join(proc, String(pid), file), 'utf8')
    } catch {
      return ''
    }
  }
  const uid = /^Uid:\s+(\d+)/m.exec(read('status'))?.[1]
  // A certificate of the operator's own, read where it is renewed.
  const tls = Object.values(content['tls'] ?? {}).filter((path) => typeof path === 'string')
  const wanted = new Set(flags({ config, files: { read: [...code, ...tls], write: [] } }))
  const found = read('cmdline')
    .split('\0')
    .slice(1)
    .filter((argument) => argument.startsWith('--'))
  return [
    ...(!hasUser || uid === String(screenUser.uid) ? [] : [`it runs as the user ${uid ?? 'unknown'}`]),
    ...(found.includes('--permission') ? [] : ['it runs without the permission model']),
    ...found.filter((flag) => !wanted.has(flag)).map((flag) => `it runs with ${flag}`),
  ]
}
