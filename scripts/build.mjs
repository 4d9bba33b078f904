/** Builds what browsers and agents load and what the supervisor starts, when a file it is made from has changed. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeClientTypes } from './client-types.mjs'
import { pinnedNode } from './install.mjs'
import { root } from './root.mjs'
import { runQuietly, wasSignalled } from './run.mjs'
import { say, seconds, SetupError } from './say.mjs'

/** Each target, the entry it is built from, and the folder it goes to below dist/. */
const targets = [
  { mode: 'widget', entry: 'widget/define.ts', what: "the widget, the script of a customer's page" },
  { mode: 'guard', entry: 'widget/guard/script.ts', what: 'the composer guard, a script of its own' },
  { mode: 'frame', entry: 'frame/index.html', what: "the form's page in every language" },
  { mode: 'link', entry: 'frame/link/index.html', what: 'the page of a link in every language' },
  { mode: 'agent', entry: 'agent/index.ts', what: 'the client for agent code' },
  { mode: 'client', entry: 'widget/index.ts', what: 'the package for pages and tests' },
  { mode: 'demo', entry: 'demo/page/index.html', what: "the demo's pages" },
  { mode: 'processes', entry: 'server/gateway/main.ts', what: 'the processes' },
]
const sources = ['protocol', 'detect', 'crypto', 'widget', 'frame', 'agent', 'testing', 'demo', 'server']
const files = ['vite.config.ts', 'tsconfig.json', 'scripts/client-types.mjs', 'package.json', 'package-lock.json']
const stamp = join(root, 'dist', '.sallyport-built')

export async function build() {
  const now = hashOfSources()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return
  const began = Date.now()
  rmSync(stamp, { force: true })
  // The compiler runs beside the bundler.
  const types = writeClientTypes()
  types.catch(() => {})
  for (const [at, { mode, entry, what }] of targets.entries()) {
    if (!existsSync(join(root, entry))) {
      say(`Not built: ${mode} (${entry} is not there)`)
      continue
    }
    say(`Building ${at + 1} of ${targets.length + 1}: ${what}`)
    const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
    const { code, output } = await runQuietly(pinnedNode, [vite, 'build', '--mode', mode, '--logLevel', 'warn'], {
      cwd: root,
    })
    if (wasSignalled()) throw new SetupError('The build was ended by a signal.')
    if (code !== 0)
      throw new SetupError(`${output.trim()}\n\nThe ${mode} could not be built; the lines above say where.`)
    if (output.trim() !== '') say(output.trim())
  }
  say(`Building ${targets.length + 1} of ${targets.length + 1}: the types of the package`)
  await types
  writeFileSync(stamp, now)
  say(`Built in ${seconds(began)}`)
}

function hashOfSources() {
  const hash = createHash('sha256')
  const add = (path) =>
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0')
  for (const folder of sources) {
    if (!existsSync(join(root, folder))) continue
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath ?? entry.path, entry.name)
      if (entry.isFile() && !entry.name.includes('.test.')) add(path.slice(root.length + 1))
    }
  }
  for (const path of files) if (existsSync(join(root, path))) add(path)
  return hash.digest('hex')
}
