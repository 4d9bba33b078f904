/**
 * `npm run pack:client`: `dist/sallyport-client-<version>.tgz`, which is installed as `sallyport` and holds what pages,
 * agents and tests import, and nothing of the server: no dependencies, no install scripts. (The server is not installed
 * from a package: Node runs no TypeScript below node_modules.)
 */
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './root.mjs'
import { runQuietly } from './run.mjs'
import { giveUp, say, SetupError } from './say.mjs'
import { setUp } from './setup.mjs'

/** What editors read of the element; package.json points to it by the field of this name. */
const customElements = 'custom-elements.json'

/** Packs what is built. Fulfils with the tarball's path. */
export async function packClient(destination = join(root, 'dist')) {
  const stage = join(destination, '.client')
  rmSync(stage, { recursive: true, force: true })
  mkdirSync(stage, { recursive: true })
  for (const folder of ['agent', 'client', 'types']) {
    cpSync(join(root, 'dist', folder), join(stage, 'dist', folder), { recursive: true })
  }
  // What the composer guard says and knows in other languages, for pages that bundle it.
  cpSync(join(root, 'dist', 'widget', 'guard'), join(stage, 'dist', 'widget', 'guard'), { recursive: true })
  const { name, version, license, type, engines, exports } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  cpSync(join(root, 'widget', customElements), join(stage, customElements))
  const sideEffects = ['./dist/client/define.js']
  const manifest = { name, version, license, type, sideEffects, engines, exports, customElements }
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const { code, output } = await runQuietly(npm, ['pack', '--silent', '--ignore-scripts', '--offline'], { cwd: stage })
  if (code !== 0) throw new SetupError(`${output.trim()}\n\nnpm could not pack the client; its words are above.`)
  const tarball = join(destination, `sallyport-client-${version}.tgz`)
  renameSync(join(stage, `${name}-${version}.tgz`), tarball)
  rmSync(stage, { recursive: true })
  return tarball
}

async function main() {
  if (process.argv.includes('--only-by-its-own-name')) {
    throw new SetupError(
      'Sallyport runs from its own folder. `npm run pack:client` packs what pages and agents import.',
    )
  }
  await setUp()
  say(`Packed ${await packClient()}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main().catch(giveUp)
