import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** A project of the scripts alone, whose bundler and compiler start one more process each and never end. */
let project: string
let start: ChildProcess | undefined
let output = ''

function write(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(join(project, path)), { recursive: true })
  writeFileSync(join(project, path), content)
  chmodSync(join(project, path), mode)
}

/** It writes down its own id and its child's; only the child ever hears of an end by itself. */
const endless = (name: string): string => `
  const { spawn } = require('node:child_process')
  const { writeFileSync } = require('node:fs')
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  writeFileSync(${JSON.stringify(join(project, `${name}.json`))}, JSON.stringify([process.pid, child.pid]))
  setInterval(() => {}, 1000)`

const lives = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    // One that nobody has waited for yet is gone all the same.
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !holds(); await delay(20)) {
    if (Date.now() > end) throw new Error(`it did not come so far:\n${output}`)
  }
}

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'sallyport-start-'))
  cpSync(import.meta.dirname, join(project, 'scripts'), { recursive: true })
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, 'node-hashes.json'), 'utf8'))
  // No hash is recorded here, so that another Node may stand in.
  write('scripts/node-hashes.json', JSON.stringify({ version, sha256: {} }))
  const node = `#!/bin/sh\n[ "$1" = --version ] && echo v${version} && exit\nexec "${process.execPath}" "$@"\n`
  write('node_modules/.bin/node', node, 0o755)
  write('package-lock.json', '{}')
  write('bin/npm', '#!/bin/sh\n', 0o755)
  for (const entry of ['widget/define.ts', 'detect/words/en.ts', 'vite.config.ts', 'tsconfig.json', 'package.json'])
    write(entry, '')
  write('node_modules/vite/bin/vite.js', endless('vite'))
  write('node_modules/typescript/bin/tsc', endless('tsc'))
})
afterEach(() => {
  start?.kill('SIGKILL')
  rmSync(project, { recursive: true, force: true })
})

test('SIGTERM while `npm start` builds ends it with 0, and bundler and compiler with all that they started', async () => {
  const env = { PATH: `${join(project, 'bin')}:/usr/bin:/bin` }
  start = spawn(process.execPath, [join(project, 'scripts', 'start.mjs')], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [start.stdout, start.stderr]) stream?.on('data', (chunk) => (output += chunk))
  const ended = new Promise<number | null>((resolve) => start?.once('exit', resolve))
  const written = ['vite.json', 'tsc.json'].map((name) => join(project, name))
  const ids = (): number[] => written.flatMap((path) => JSON.parse(readFileSync(path, 'utf8')))
  await until(() => written.every((path) => existsSync(path) && readFileSync(path, 'utf8').endsWith(']')))
  expect(output).toMatch(/Building 1 of \d+: the widget, the script of a customer.s page/)
  expect(ids().map(lives)).toEqual([true, true, true, true])
  const began = Date.now()
  start.kill('SIGTERM')
  expect(await ended).toBe(0)
  expect(Date.now() - began).toBeLessThan(5_000)
  await until(() => !ids().some(lives))
  expect(output).not.toContain('could not be built')
}, 60_000)
