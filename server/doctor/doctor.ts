/**
 * `sallyport doctor`: which walls stand between the processes of this home and which are missing, in words. It looks and
 * changes nothing, at a running deployment or at a home that lies still, and shows no secret.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../settings.ts'
import { databasesAsFound } from './databases.ts'
import { doorsAsFound } from './doors.ts'
import { filesAsFound } from './files.ts'
import { type Finding, missing, up } from './finding.ts'
import { lookAt, type Place } from './place.ts'
import { processesAsFound } from './processes.ts'
import { screenAsFound } from './screen.ts'

export interface Examination {
  home: string
  mode: string
  running: boolean
  findings: Finding[]
}

export async function examine(settings: Pick<Settings, 'home' | 'keys' | 'databases'>): Promise<Examination> {
  const { home } = settings
  if (!existsSync(join(home, 'deployment.json'))) {
    throw new Error(`there is no deployment in ${home}; make one with \`sallyport init\`, or set SALLYPORT_HOME`)
  }
  const place = lookAt(home, settings.keys)
  const { mode } = place
  return {
    home,
    mode,
    running: place.running.size > 0,
    findings: [
      modeAsFound(mode),
      ...filesAsFound(place),
      ...processesAsFound(place),
      doorsAsFound(place),
      ...(await databasesAsFound(place, settings)),
      ...screenAsFound(place),
    ],
  }
}

function modeAsFound(mode: Place['mode']): Finding {
  if (mode === 'sandbox') return up('mode', 'sandbox: published test numbers alone, and no real processor')
  if (mode === 'live') return up('mode', 'live: real cards; sandbox processor, test keys and test numbers are refused')
  return missing('mode', 'deployment.json cannot be read', 'look as the user that made the home')
}

const words = { up: 'up     ', missing: 'missing', unseen: 'unseen ' }

export function inWords({ home, mode, running, findings }: Examination): string {
  const width = Math.max(...findings.map(({ wall }) => wall.length)) + 2
  const lines = findings.flatMap(({ wall, state, says, todo }) => [
    `  ${words[state]}  ${wall.padEnd(width)}${says}`,
    ...(todo === undefined ? [] : [`           ${' '.repeat(width)}→ ${todo}`]),
  ])
  const lacking = findings.filter(({ state }) => state === 'missing').length
  const sum = lacking === 0 ? 'No wall is missing.' : `Missing: ${lacking} of ${findings.length}.`
  return [`The walls of ${home} (${mode}, ${running ? 'running' : 'not running'})`, ...lines, sum, ''].join('\n')
}
