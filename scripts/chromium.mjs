/** Finds a Chromium for the browser tests, and installs one when the machine has none. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pinnedNode } from './install.mjs'
import { root } from './root.mjs'
import { runForeground, runQuietly } from './run.mjs'
import { say, SetupError } from './say.mjs'

/** The one without a window of its own first: it renders the same and costs the two cores of a CI machine a third less. */
const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const macPaths = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]
const playwright = join(root, 'node_modules', 'playwright', 'cli.js')

/** The path of a Chromium that can be started. */
export async function findChromium() {
  const named = process.env.SALLYPORT_CHROMIUM
  if (named) {
    if (!isProgram(named))
      throw new SetupError(`SALLYPORT_CHROMIUM names ${named}, which is not a program; correct it or leave it out.`)
    return named
  }
  const found = onSystem() ?? (await playwrights())
  if (found !== null) return found
  if (process.getuid?.() === 0 && isDebian()) {
    say('Installing Chromium and fonts, Debian packages, for the browser tests')
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const updated = await runForeground('apt-get', ['update', '-qq'], { env: environment })
    const args = ['install', '-y', '-qq', '--no-install-recommends', 'chromium-headless-shell', 'fonts-liberation']
    if (updated === 0) {
      const code = await runForeground('apt-get', args, { env: environment })
      // Older releases have the whole browser alone.
      if (code !== 0) await runForeground('apt-get', args.with(-2, 'chromium'), { env: environment })
    }
    const installed = onSystem()
    if (installed !== null) return installed
  }
  say("Installing Playwright's Chromium for the browser tests")
  await runForeground(pinnedNode, [playwright, 'install', 'chromium'], { cwd: root })
  const installed = await playwrights()
  if (installed !== null) return installed
  throw new SetupError(
    'No Chromium was found and none could be installed; install one, or set SALLYPORT_CHROMIUM to its path.',
  )
}

function onSystem() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return [...paths, ...macPaths].find(isProgram) ?? null
}

async function playwrights() {
  const code = "import('playwright').then(({ chromium }) => process.stdout.write(chromium.executablePath()))"
  const { output } = await runQuietly(pinnedNode, ['-e', code], { cwd: root })
  return isProgram(output.trim()) ? output.trim() : null
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return path !== ''
  } catch {
    return false
  }
}

const isDebian = () =>
  existsSync('/etc/os-release') && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
