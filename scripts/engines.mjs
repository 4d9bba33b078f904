/** Firefox and WebKit for the tests: finds them, and on Debian as root installs what is missing. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { aptInstall, mayInstall } from './apt.mjs'
import { pinnedNode } from './install.mjs'
import { isProgram, namedBy, onPath } from './programs.mjs'
import { root } from './root.mjs'
import { runForeground } from './run.mjs'
import { say, seconds } from './say.mjs'

/** By engine: what it is called by people, the packages that bring it, and its programs, by the variable that tells the tests. */
const engines = {
  firefox: {
    title: 'Firefox',
    packages: ['firefox-esr'],
    elsewhere: 'Install Firefox, and set SALLYPORT_FIREFOX to its path if it is not on the PATH.',
    programs: {
      SALLYPORT_FIREFOX: {
        title: 'firefox',
        find: () => namedBy('SALLYPORT_FIREFOX') ?? onPath('firefox-esr', 'firefox') ?? onMac(),
      },
    },
  },
  webkit: {
    title: 'WebKit',
    packages: ['webkit2gtk-driver', 'xvfb'],
    elsewhere: 'Install WebKitGTK’s WebKitWebDriver with its MiniBrowser, and Xvfb: a Linux machine can have them.',
    programs: {
      SALLYPORT_WEBKIT_DRIVER: { title: 'WebKitWebDriver', find: () => onPath('WebKitWebDriver') },
      SALLYPORT_MINIBROWSER: { title: 'MiniBrowser', find: () => miniBrowser() },
      SALLYPORT_XVFB: { title: 'Xvfb', find: () => onPath('Xvfb') },
    },
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

/** What is there of an engine, as the environment for its tests, and the names of what is not. */
function look({ programs }) {
  const environment = {}
  const absent = []
  for (const [variable, { title, find }] of Object.entries(programs)) {
    const path = find()
    if (path !== null && isProgram(path)) environment[variable] = path
    else absent.push(title)
  }
  return { environment, absent }
}

/**
 * Firefox and WebKit: the environment for the tests of those that are there, and for each that is not there what to do
 * about it. Installs what is missing where it may and `install` says so.
 */
export async function findEngines({ install, quietly = false, names = Object.keys(engines) }) {
  const wanted = names.map((name) => ({ name, ...engines[name] }))
  const packages = wanted.filter((engine) => look(engine).absent.length > 0).flatMap((engine) => engine.packages)
  const installs = packages.length > 0 && install && mayInstall()
  if (installs) {
    say(`Installing Debian packages for the tests in other engines: ${packages.join(', ')}`)
    const began = Date.now()
    if (await aptInstall(packages, { quietly })) say(`Installed in ${seconds(began)}`)
  }
  const missing = []
  const environment = {}
  for (const engine of wanted) {
    const found = look(engine)
    Object.assign(environment, found.environment)
    if (found.absent.length === 0) continue
    const tried = installs
      ? `apt-get could not install ${engine.packages.join(', ')}; ${quietly ? 'Run it to see why' : 'what it said is above'}. `
      : ''
    const absent = found.absent.map((title) => `no ${title}`).join(', ')
    missing.push({ name: engine.name, words: `${engine.title} is not here (${absent}). ${tried}${engine.elsewhere}` })
  }
  return { missing, environment }
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
