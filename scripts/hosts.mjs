/**
 * `npm run test:hosts`: the pages of `examples/`, in frameworks and in real chats, each driven to a token on a whole
 * deployment. Installs their packages when their lock file has changed, builds, checks their types, then runs Playwright
 * over `e2e/hosts/`. An argument is a filter on titles (`npm run test:hosts -- deep-chat`).
 */
import { join } from 'node:path'
import { findChromium } from './chromium.mjs'
import { setUpExamples } from './examples.mjs'
import { pinnedNode } from './install.mjs'
import { root } from './root.mjs'
import { runForeground, runQuietly } from './run.mjs'
import { giveUp, say, seconds } from './say.mjs'

const examples = join(root, 'examples')
const bin = (...path) => join(examples, 'node_modules', ...path)

try {
  await setUpExamples()
  const types = await Promise.all([
    check('types of the examples', [bin('vue-tsc', 'bin', 'vue-tsc.js'), '-p', '.']),
    check('types of the Svelte example', [
      bin('svelte-check', 'bin', 'svelte-check'),
      ...['--workspace', 'svelte', '--tsconfig', './tsconfig.json', '--fail-on-warnings', '--output', 'human'],
    ]),
  ])
  const playwright = join(root, 'node_modules', '@playwright', 'test', 'cli.js')
  const filters = process.argv.slice(2).flatMap((filter) => ['--grep', filter])
  const args = [playwright, 'test', '--config', 'playwright.hosts.config.ts', ...filters]
  const env = { ...process.env, SALLYPORT_CHROMIUM: await findChromium() }
  const code = await runForeground(pinnedNode, args, { cwd: root, env })
  process.exitCode = code === 0 && types.every((good) => good) ? 0 : 1
} catch (error) {
  giveUp(error)
}

async function check(name, args) {
  const began = Date.now()
  const { code, output } = await runQuietly(pinnedNode, args, { cwd: examples })
  say(code === 0 ? `${name}: good, ${seconds(began)}` : `${output.trim()}\n${name}: failed, ${seconds(began)}`)
  return code === 0
}
