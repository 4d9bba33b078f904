/**
 * `npm run soak`: what takes longer than `npm test` may. Runs every `*.soak.ts` of server/ and detect/ by vitest, then those of e2e/
 * by Playwright; `--minutes` says how long each may go on (5 by default), any other argument is a filter for both.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { findChromium } from './chromium.mjs'
import { pinnedNode } from './install.mjs'
import { root } from './root.mjs'
import { runForeground } from './run.mjs'
import { giveUp, SetupError, say } from './say.mjs'
import { setUp } from './setup.mjs'

try {
  const { minutes, filters } = readArguments(process.argv.slice(2))
  await setUp()
  say(`Soaking: ${minutes} minutes a file, with seeds of this moment. Ctrl-C ends it.`)
  const env = { ...process.env, NODE_ENV: 'production', SALLYPORT_SOAK_MINUTES: String(minutes) }
  const runs = []
  if (named('server', filters) || named('detect', filters)) {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    const args = [vitest, 'run', '--config', 'vitest.soak.config.ts', ...filters]
    runs.push(await runForeground(pinnedNode, args, { cwd: root, env }))
  }
  if (named('e2e', filters)) {
    const playwright = join(root, 'node_modules', '@playwright', 'test', 'cli.js')
    const args = [playwright, 'test', '--config', 'playwright.soak.config.ts', ...filters]
    const browser = { SALLYPORT_CHROMIUM: await findChromium() }
    runs.push(await runForeground(pinnedNode, args, { cwd: root, env: { ...env, ...browser } }))
  }
  if (runs.length === 0) throw new SetupError('No soak file was found for this filter.')
  process.exitCode = runs.some((code) => code !== 0) ? 1 : 0
} catch (error) {
  giveUp(error)
}

/** Whether a folder has a soak file that the filters name; each runner has set-up of its own, not for nothing. */
function named(folder, filters) {
  const files = readdirSync(join(root, folder), { recursive: true }).filter((name) => name.endsWith('.soak.ts'))
  return files.some((name) => filters.length === 0 || filters.some((filter) => `${folder}/${name}`.includes(filter)))
}

function readArguments(args) {
  const at = args.indexOf('--minutes')
  const minutes = at === -1 ? 5 : Number(args[at + 1])
  if (!(minutes > 0)) throw new SetupError('--minutes takes a number, for instance 5')
  return { minutes, filters: at === -1 ? args : [...args.slice(0, at), ...args.slice(at + 2)] }
}
