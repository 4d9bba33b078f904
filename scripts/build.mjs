/** Builds what browsers and agents load and what the supervisor starts, when a file it is made from has changed. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeClientTypes } from './client-types.mjs'
import { pinnedNode } from './install.mjs'
import { root } from './root.mjs'
import { runQuietly } from './run.mjs'
import { say, seconds, SetupError } from './say.mjs'

/** Each target, the entry it is built from, and the folder it goes to below dist/. */
const targets = [
  { mode: 'widget', entry: 'widget/define.ts' },
  { mode: 'frame', entry: 'frame/index.html' },
  { mode: 'link', entry: 'frame/link/index.html' },
  { mode: 'agent', entry: 'agent/index.ts' },
  { mode: 'client', entry: 'widget/index.ts' },
  { mode: 'demo', entry: 'demo/page/index.html' },
  { mode: 'processes', entry: 'server/gateway/main.ts' },
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
  for (const { mode, entry } of targets) {
    if (!existsSync(join(root, entry))) {
      say(`Not built: ${mode} (${entry} is not there)`)
      continue
    }
    const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
    const { code, output } = await runQuietly(pinnedNode, [vite, 'build', '--mode', mode, '--logLevel', 'warn'], {
      cwd: root,
    })
    if (code !== 0)
      throw new SetupError(`${output.trim()}\n\nThe ${mode} could not be built; the lines above say where.`)
    if (output.trim() !== '') say(output.trim())
  }
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
