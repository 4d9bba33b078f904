/** Finds a Chromium for the browser tests, and installs one when the machine has none. */
import { join } from 'node:path'
import { aptInstall, mayInstall } from './apt.mjs'
import { pinnedNode } from './install.mjs'
import { isProgram, namedBy, onPath } from './programs.mjs'
import { root } from './root.mjs'
import { runEither, runQuietly } from './run.mjs'
import { say, seconds, SetupError } from './say.mjs'

/** The one without a window of its own first: it renders the same and costs the two cores of a CI machine a third less. */
const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const macPaths = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]
const playwright = join(root, 'node_modules', 'playwright', 'cli.js')

/**
 * The path of a Chromium that can be started. `quietly` is for an installation beside other work: of what the installers
 * print only the end is shown, when none could.
 */
export async function findChromium({ quietly = false } = {}) {
  const found = namedBy('SALLYPORT_CHROMIUM') ?? onSystem() ?? (await playwrights())
  if (found !== null) return found
  const began = Date.now()
  if (mayInstall()) {
    say('Installing Chromium and fonts, Debian packages, for the browser tests')
    // Older releases have the whole browser alone.
    if (!(await aptInstall(['chromium-headless-shell', 'fonts-liberation'], { quietly }))) {
      await aptInstall(['chromium', 'fonts-liberation'], { quietly })
    }
    const installed = onSystem()
    if (installed !== null) {
      say(`Installed Chromium in ${seconds(began)}`)
      return installed
    }
  }
  say("Installing Playwright's Chromium for the browser tests")
  const { code, output } = await runEither(quietly, pinnedNode, [playwright, 'install', 'chromium'], { cwd: root })
  const installed = await playwrights()
  if (installed !== null) return installed
  if (code !== 0 && output !== '') say(output.trim().split('\n').slice(-10).join('\n'))
  throw new SetupError(
    'No Chromium was found and none could be installed; install one, or set SALLYPORT_CHROMIUM to its path.',
  )
}

const onSystem = () => onPath(...names) ?? macPaths.find(isProgram) ?? null

async function playwrights() {
  const code = "import('playwright').then(({ chromium }) => process.stdout.write(chromium.executablePath()))"
  const { output } = await runQuietly(pinnedNode, ['-e', code], { cwd: root })
  return isProgram(output.trim()) ? output.trim() : null
}
