/** Each role sees its own files and no other's; the same attempts succeed without the wall, else they prove nothing. */
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { roles } from '../config.ts'
import { type Home, initHome } from '../init/init.ts'
import { readSettings } from '../settings.ts'
import { flags, type ProcessSpec } from './child.ts'
import { makePlan } from './plan.ts'
import { assertReadable } from './walls.ts'

let home: Home
let specs: readonly ProcessSpec[]

beforeAll(async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'sallyport-walls-')), 'home')
  home = await initHome(folder, 'sandbox')
  const url = 'postgres://nobody@localhost/none'
  const urls = { gateway: url, intake: url, egress: url, keyd: url, keeper: url }
  specs = makePlan(home, readSettings({ SALLYPORT_HOME: folder }), urls).beginSteps.flat()
})
afterAll(() => rmSync(join(home.folder, '..'), { recursive: true, force: true }))

const specOf = (name: string): ProcessSpec => {
  const found = specs.find((spec) => spec.name === name)
  if (found === undefined) throw new Error(`no process ${name}`)
  return found
}

type Action = readonly ['read' | 'write' | 'run', path: string]

const script = `
import { readFileSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
const actions = { read: readFileSync, write: (path) => writeFileSync(path, ''), run: (path) => execFileSync(path) }
const results = JSON.parse(process.argv[2]).map(([name, path]) => {
  try {
    actions[name](path)
    return 'done'
  } catch (error) {
    return error.code === 'ERR_ACCESS_DENIED' ? 'refused' : error.code
  }
})
process.stdout.write(JSON.stringify(results))
`

/** What becomes of these actions behind these flags, in their order. */
function attempt(execArgv: readonly string[], actions: readonly Action[]): string[] {
  const path = join(home.folder, '..', 'attempt.mjs')
  writeFileSync(path, script)
  const own = execArgv.includes('--permission') ? [`--allow-fs-read=${path}`] : []
  const result = spawnSync(process.execPath, [...execArgv, ...own, path, JSON.stringify(actions)], { encoding: 'utf8' })
  if (result.status !== 0) throw new Error(result.stderr)
  return JSON.parse(result.stdout)
}

const reads = (...paths: string[]): Action[] => paths.map((path) => ['read', path])
const inHome = (...names: string[]): string[] => names.map((name) => join(home.folder, name))

describe.runIf(process.getuid?.() === 0)('as root', () => {
  test('a certificate that its process cannot read ends the start with a sentence; one that it can does not', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'))
    const key = join(folder, 'key.pem')
    writeFileSync(key, 'key', { mode: 0o600 })
    expect(() => assertReadable(key, 'gateway')).toThrow('chgrp 61001')
    chownSync(key, 0, 61_001)
    chmodSync(key, 0o640)
    expect(() => assertReadable(key, 'gateway'), 'in a folder that is closed').toThrow('a folder that others may enter')
    chmodSync(folder, 0o755)
    expect(() => assertReadable(key, 'gateway')).not.toThrow()
    expect(() => assertReadable(key, 'intake')).toThrow('chgrp 61002')
    rmSync(folder, { recursive: true })
  })
})

describe('the walls between processes of one user', () => {
  test.each(roles)('%s reads its own configuration and nothing of the others', (role) => {
    const others = roles.filter((other) => other !== role).map((other) => specOf(other).config)
    const keys = role === 'keyd' ? [] : inHome('keys/mac.json')
    const forbidden = reads(...others, ...keys, ...inHome('secrets.json', 'tenant.json'), '/proc/self/environ')
    const own = reads(specOf(role).config)
    expect(attempt(flags(specOf(role)), [...forbidden, ...own])).toEqual([...forbidden.map(() => 'refused'), 'done'])
    expect(new Set(attempt(['--disable-sigusr1'], [...forbidden, ...own])), 'control').toEqual(new Set(['done']))
  })

  test('keyd reads the file key store', () => {
    expect(attempt(flags(specOf('keyd')), reads(...inHome('keys/mac.json')))).toEqual(['done'])
  })

  test('no role starts a program or writes outside of its own folders', () => {
    const actions: Action[] = [['run', '/bin/true'], ...inHome('note').map((path) => ['write', path] as const)]
    for (const role of roles) expect(attempt(flags(specOf(role)), actions), role).toEqual(['refused', 'refused'])
    expect(attempt(['--disable-sigusr1'], actions), 'control').toEqual(['done', 'done'])
  })
})
