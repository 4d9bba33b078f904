/**
 * `npm test`: sets up, then types and lint side by side, then vitest (architecture, unit, integration), then Playwright,
 * whose Chromium comes meanwhile where there is none.
 * An argument is a filter for both; `--only unit` or `--only e2e` leaves the other out. The last line counts.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { comparePage } from './attacks.mjs'
import { findChromium } from './chromium.mjs'
import { findEngines } from './engines.mjs'
import { pinnedNode } from './install.mjs'
import { root } from './root.mjs'
import { runForeground, runQuietly } from './run.mjs'
import { giveUp, say, seconds } from './say.mjs'
import { leaveScratch, scratchFolder } from './scratch.mjs'
import { setUp } from './setup.mjs'
import { auditSignatures, inCI } from './signatures.mjs'

const results = join(root, 'test-results')
const bin = (...path) => join(root, 'node_modules', ...path)
const began = Date.now()
const scratch = scratchFolder()
const total = { passed: 0, failed: 0, skipped: 0 }
/** What failed, by name: said once more at the end, where whoever has only the end of a long record looks. */
const failures = []

const { only, filters } = readArguments(process.argv.slice(2))
let ended = false
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    ended = true
  })
}

try {
  await setUp()
  rmSync(results, { recursive: true, force: true })
  mkdirSync(results, { recursive: true })
  // Beside everything else: it waits for a registry, and for nothing here.
  const signatures = inCI() && filters.length === 0 ? auditSignatures() : null
  const chromium = only === 'unit' ? Promise.resolve(null) : findChromium({ quietly: true })
  // CI has a payment in each of the other engines, too. What cannot come of these is said by a test that is skipped.
  const engines = chromium.then(() =>
    inCI() && only === null && filters.length === 0 ? findEngines({ install: true, quietly: true }) : undefined,
  )
  // Awaited below; until then a refusal has nobody who hears it.
  engines.catch(() => undefined)
  await Promise.all([
    check('types', [bin('typescript', 'bin', 'tsc'), '-p', '.']),
    check('lint', [bin('@biomejs', 'biome', 'bin', 'biome'), 'check', '--max-diagnostics=20']),
  ])
  if (only !== 'e2e') await vitest()
  await engines
  if (only !== 'unit') await playwright(await chromium)
  // Only a whole run has every section; one that failed has its own news.
  if (only === null && filters.length === 0 && !ended && total.failed === 0) attacks()
  if (signatures !== null) {
    const { failed, words } = await signatures
    if (failed) fail('signatures of packages')
    say(`\nsignatures of packages: ${words}`)
  }
} catch (error) {
  giveUp(error)
}
leaveScratch(scratch)
if (ended) process.exit(130)
finish()

function readArguments(args) {
  const at = args.indexOf('--only')
  const kept = at === -1 ? args : [...args.slice(0, at), ...args.slice(at + 2)]
  return { only: at === -1 ? null : args[at + 1], filters: kept }
}

/** The page of attacks says what this run found, or the run fails. */
function attacks() {
  const news = comparePage()
  if (news === null) return say('attacks: docs/attacks.md says what the run found')
  fail('attacks')
  say(news)
}

/** A check has no tests to count; when it fails, it counts as one that failed. */
async function check(name, args) {
  const start = Date.now()
  const { code, output } = await runQuietly(pinnedNode, args, { cwd: root })
  if (code === 0) return say(`${name}: good, ${seconds(start)}`)
  fail(name)
  say(`${output.trim()}\n${name}: failed, ${seconds(start)}`)
}

async function vitest() {
  await suite('vitest', 'vitest.json', countVitest, [
    bin('vitest', 'vitest.mjs'),
    ...['run', '--passWithNoTests', '--reporter=default', '--reporter=json'],
    `--outputFile.json=${join(results, 'vitest.json')}`,
    ...filters,
  ])
}

async function playwright(chromium) {
  // The deployment for these tests takes seconds to start: not for a filter that names none of them.
  const specs = readdirSync(join(root, 'e2e'), { recursive: true }).filter((name) => name.endsWith('.spec.ts'))
  const named = filters.length === 0 || specs.some((name) => filters.some((filter) => `e2e/${name}`.includes(filter)))
  if (!named) return
  const environment = { SALLYPORT_CHROMIUM: chromium, PLAYWRIGHT_JSON_OUTPUT_FILE: join(results, 'playwright.json') }
  await suite(
    'playwright',
    'playwright.json',
    countPlaywright,
    [bin('@playwright', 'test', 'cli.js'), 'test', '--pass-with-no-tests', '--reporter=list,json', ...filters],
    environment,
  )
}

async function suite(name, report, count, args, environment = {}) {
  if (ended) return
  const start = Date.now()
  say(`\n${name}`)
  const code = await runForeground(pinnedNode, args, {
    cwd: root,
    env: { ...process.env, TMPDIR: scratch, ...environment },
  })
  const path = join(results, report)
  const counted = existsSync(path)
    ? count(JSON.parse(readFileSync(path, 'utf8')))
    : { passed: 0, skipped: 0, failures: [] }
  total.passed += counted.passed
  total.skipped += counted.skipped
  for (const failure of counted.failures) fail(failure)
  // A run that broke outside of a test (a file that does not load, a set-up that fails) still failed.
  if (code !== 0 && counted.failures.length === 0) fail(`${name}, outside of any test`)
  say(`${name}: ${code === 0 ? 'good' : 'failed'}, ${seconds(start)}`)
}

function fail(name) {
  total.failed += 1
  failures.push(name)
}

function countVitest(report) {
  return {
    passed: report.numPassedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: report.testResults.flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName }) => `${relative(root, name)}: ${fullName}`),
    ),
  }
}

function countPlaywright({ stats, suites }) {
  return { passed: stats.expected + stats.flaky, skipped: stats.skipped, failures: suites.flatMap(unexpected) }
}

function unexpected({ suites = [], specs = [] }) {
  const own = specs.filter(({ ok }) => !ok).map(({ file, line, title }) => `e2e/${file}:${line}: ${title}`)
  return [...own, ...suites.flatMap(unexpected)]
}

function finish() {
  const { passed, failed, skipped } = total
  say(`\nAll in ${seconds(began)}`)
  if (failures.length > 0) say(['Failed:', ...failures.map((name) => `  ${name}`)].join('\n'))
  if (passed + failed === 0) say('No test was found for this filter.')
  say(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`)
  process.exit(failed === 0 && passed > 0 ? 0 : 1)
}
