/** Firefox and WebKit for the tests: finds them, and on Debian as root installs what is missing. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { aptInstall, mayInstall } from './apt.mjs'
import { pinnedNode } from './install.mjs'
import { isProgram, onPath } from './programs.mjs'
import { root } from './root.mjs'
import { runForeground } from './run.mjs'
import { say, seconds } from './say.mjs'

/** By engine: what it is called by people, the packages that bring it, and the variables that tell the tests where it is. */
const engines = {
  firefox: {
    title: 'Firefox',
    packages: ['firefox-esr'],
    elsewhere: 'Install Firefox, and set SALLYPORT_FIREFOX to its path if it is not on the PATH.',
    find: () => ({ SALLYPORT_FIREFOX: process.env.SALLYPORT_FIREFOX ?? onPath('firefox-esr', 'firefox') ?? onMac() }),
  },
  webkit: {
    title: 'WebKit',
    packages: ['webkit2gtk-driver', 'xvfb'],
    elsewhere: 'Install WebKitGTK’s WebKitWebDriver with its MiniBrowser, and Xvfb (a Linux machine has them).',
    find: () => ({
      SALLYPORT_WEBKIT_DRIVER: onPath('WebKitWebDriver'),
      SALLYPORT_MINIBROWSER: miniBrowser(),
      SALLYPORT_XVFB: onPath('Xvfb'),
    }),
  },
}

const onMac = () => ['/Applications/Firefox.app/Contents/MacOS/firefox'].find(isProgram) ?? null

/** It lies beside the library, in a folder for each processor. */
function miniBrowser() {
  for (const lib of ['/usr/lib', '/usr/libexec', '/usr/lib64']) {
    for (const below of ['', ...foldersIn(lib)]) {
      for (const version of ['webkit2gtk-4.1', 'webkit2gtk-4.0', 'webkitgtk-6.0']) {
        const path = join(lib, below, version, 'MiniBrowser')
        if (isProgram(path)) return path
      }
    }
  }
  return null
}

function foldersIn(path) {
  try {
    return readdirSync(path).filter((name) => name.endsWith('-linux-gnu'))
  } catch {
    return []
  }
}

const isWhole = (found) => Object.values(found).every((path) => path !== null && isProgram(path))

/**
 * What is there of Firefox and WebKit: their names, the environment for the tests, and for each that is not there one
 * sentence. Installs where it may and `install` says so; quietly, so that it can run beside something else.
 */
export async function findEngines({ install, names = Object.keys(engines) }) {
  const wanted = names.map((name) => [name, engines[name]])
  const packages = wanted.flatMap(([, { find, packages }]) => (isWhole(find()) ? [] : packages))
  if (packages.length > 0 && install && mayInstall()) {
    say(`Installing ${packages.join(', ')} for the tests in other engines; this may take a minute or two`)
    const began = Date.now()
    const done = await aptInstall(packages, { quiet: true })
    say(
      done
        ? `Installed ${packages.join(', ')} in ${seconds(began)}`
        : `apt-get could not install ${packages.join(', ')}`,
    )
  }
  const there = []
  const missing = []
  const environment = {}
  for (const [name, { title, elsewhere, find }] of wanted) {
    const found = find()
    if (isWhole(found)) {
      there.push(name)
      Object.assign(environment, found)
    } else
      missing.push({
        name,
        words: `${title} is not here. ${mayInstall() ? 'apt-get has no package for it at the moment.' : elsewhere}`,
      })
  }
  return { there, missing, environment }
}

/** Playwright's runner with playwright.engines.config.ts, one project an engine; its exit code and its report. */
export async function runInEngines(names, environment, args = []) {
  const file = join(root, 'test-results', 'engines.json')
  rmSync(file, { force: true })
  const cli = join(root, 'node_modules', '@playwright', 'test', 'cli.js')
  const projects = names.map((name) => `--project=${name}`)
  const code = await runForeground(
    pinnedNode,
    [cli, 'test', '-c', 'playwright.engines.config.ts', '--reporter=list,json', ...projects, ...args],
    { cwd: root, env: { ...process.env, ...environment, PLAYWRIGHT_JSON_OUTPUT_FILE: file } },
  )
  return { code, report: existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null }
}
