/**
 * The pages of `examples/`: their packages, which are many and have a lock file of their own, the packed client among
 * them, and their builds. `npm run examples` serves them beside a deployment of their own until Ctrl-C.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pinnedNode } from './install.mjs'
import { packClient } from './pack.mjs'
import { root } from './root.mjs'
import { runForeground, runQuietly } from './run.mjs'
import { giveUp, say, seconds, SetupError } from './say.mjs'
import { setUp } from './setup.mjs'

const folder = join(root, 'examples')
const modules = join(folder, 'node_modules')
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const portOfShop = '7410'

/** Each example with a page, by its folder. */
export const exampleNames = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'index.html')))

/** Everything that the examples need; what is there already is left alone. */
export async function setUpExamples() {
  await setUp()
  await installPackages()
  await installClient()
  for (const name of exampleNames) await buildPage(name)
  // React runs effects twice in development alone, to find those that do not clean up.
  await buildPage('react', 'development')
}

async function installPackages() {
  const lock = createHash('sha256').update(readFileSync(join(folder, 'package-lock.json')))
  await once(
    join(modules, '.sallyport-installed'),
    `${lock.digest('hex')} ${process.platform}-${process.arch}`,
    async () => {
      const began = Date.now()
      say('Installing the packages of the examples (some hundreds; the first time takes minutes)')
      // Nothing of theirs runs while it is installed.
      const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
      const code = await runForeground(npm, args, { cwd: folder })
      if (code !== 0) throw new SetupError('npm ci did not succeed in examples/ (its words are above).')
      say(`Installed in ${seconds(began)}`)
    },
  )
}

/** As a customer has it: from the tarball. Not by npm, which would resolve the whole tree again for one file. */
async function installClient() {
  const client = join(modules, 'sallyport')
  const built = readFileSync(join(root, 'dist', '.sallyport-built'), 'utf8')
  await once(join(client, '.unpacked'), built, async () => {
    const tarball = await packClient()
    rmSync(client, { recursive: true, force: true })
    mkdirSync(client, { recursive: true })
    const { code, output } = await runQuietly('tar', ['-xzf', tarball, '-C', client, '--strip-components=1'])
    if (code !== 0) throw new SetupError(`${output.trim()}\n\nThe packed client could not be unpacked into examples/.`)
  })
}

async function buildPage(name, mode = 'production') {
  const target = mode === 'production' ? name : `${name}-${mode}`
  const out = join(folder, 'dist', target)
  await once(join(out, '.built'), hashOf(name), async () => {
    const began = Date.now()
    const vite = join(modules, 'vite', 'bin', 'vite.js')
    const args = [vite, 'build', '--logLevel', 'error', '--mode', mode, '--outDir', out]
    const env = { ...process.env, NODE_ENV: mode }
    const { code, output } = await runQuietly(pinnedNode, args, { cwd: join(folder, name), env })
    if (code !== 0) throw new SetupError(`${output.trim()}\n\nThe example ${target} could not be built.`)
    say(`Built ${target} in ${seconds(began)}`)
  })
}

/** Everything that a page may be made from: the sources of the examples, and the client as it was unpacked. */
function hashOf(name) {
  const hash = createHash('sha256').update(name)
  const ours = readdirSync(folder).filter((entry) => entry !== 'node_modules' && entry !== 'dist')
  const paths = [...ours.map((entry) => join(folder, entry)), join(modules, 'sallyport', 'dist', 'client')]
  for (const path of paths.flatMap(filesOf).sort()) hash.update(path.slice(root.length)).update(readFileSync(path))
  return hash.digest('hex')
}

function filesOf(path) {
  if (statSync(path).isFile()) return path.endsWith('.md') ? [] : [path]
  return readdirSync(path).flatMap((entry) => filesOf(join(path, entry)))
}

/** Does it, unless the stamp says that it was done for the same. */
async function once(stamp, wanted, work) {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  await work()
  writeFileSync(stamp, wanted)
}

async function main() {
  await setUpExamples()
  const origin = `http://chat.localhost:${portOfShop}`
  const env = { ...process.env, SALLYPORT_ORIGINS: [process.env.SALLYPORT_ORIGINS, origin].filter(Boolean).join(',') }
  const deployment = runForeground(pinnedNode, [join(root, 'dist', 'processes', 'supervisor.js')], { cwd: root, env })
  const end = new AbortController()
  deployment.finally(() => end.abort())
  await serveShop(origin, end.signal)
  process.exitCode = await deployment
}

/** Once the deployment is there; it ends with it. */
async function serveShop(origin, signal) {
  const { SALLYPORT_HOME = '.sallyport', SALLYPORT_GATEWAY_PORT = '7401', SALLYPORT_INTAKE_PORT = '7402' } = process.env
  const gateway = process.env.SALLYPORT_GATEWAY_URL ?? `http://127.0.0.1:${SALLYPORT_GATEWAY_PORT}`
  const isThere = () =>
    fetch(`${gateway}/widget/sri.json`).then(
      ({ ok }) => ok,
      () => false,
    )
  while (!signal.aborted && !(await isThere())) await new Promise((done) => setTimeout(done, 250))
  if (signal.aborted) return
  const tenant = JSON.parse(readFileSync(resolve(root, SALLYPORT_HOME, 'tenant.json'), 'utf8'))
  const env = {
    PATH: process.env.PATH,
    SHOP_PORT: portOfShop,
    SHOP_GATEWAY: gateway,
    SHOP_CAPTURE_ORIGIN: process.env.SALLYPORT_INTAKE_URL ?? `http://capture.localhost:${SALLYPORT_INTAKE_PORT}`,
    SHOP_PUBLISHABLE_KEY: tenant.publishable_key,
    SHOP_SECRET_KEY: tenant.secret_key,
  }
  const shop = spawn(pinnedNode, [join(folder, 'shop', 'main.ts')], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  signal.addEventListener('abort', () => shop.kill())
  say(`\nThe examples:\n${exampleNames.map((name) => `  ${origin}/${name}/`).join('\n')}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main().catch(giveUp)
