/**
 * `npm run test:engines`: the road, the hostile table and what is each engine's own, in Chromium, Firefox and WebKit.
 * Names of engines leave the others out; any other argument is a filter, as for `npm test`.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findChromium } from './chromium.mjs'
import { asText, comparePage, resultsOf, summaryOf } from './engines-table.mjs'
import { findEngines, runInEngines } from './engines.mjs'
import { root } from './root.mjs'
import { giveUp, SetupError, say, seconds } from './say.mjs'
import { setUp } from './setup.mjs'

const all = ['chromium', 'firefox', 'webkit']
const began = Date.now()
const args = process.argv.slice(2)
const named = args.filter((arg) => all.includes(arg))
const filters = args.filter((arg) => !all.includes(arg))
const wanted = named.length > 0 ? named : all
try {
  await setUp()
  const SALLYPORT_CHROMIUM = await findChromium()
  const found = await findEngines({ install: true, names: wanted.filter((name) => name !== 'chromium') })
  if (found.missing.length > 0) throw new SetupError(withoutThem(found.missing))
  const programs = { SALLYPORT_CHROMIUM, ...found.environment }
  say(`The tests run with ${Object.values(programs).join(', ')}`)
  const results = join(root, 'test-results')
  rmSync(join(results, 'engines.json'), { force: true })
  mkdirSync(results, { recursive: true })
  const { code, report } = await runInEngines(wanted, programs, filters)
  if (report === null) throw new SetupError('The run broke before it had results; the lines above say where.')
  const outcome = resultsOf(report)
  say(`\n${asText(outcome, wanted)}\n${summaryOf(outcome, wanted)}\nAll in ${seconds(began)}`)
  process.exitCode = code
  // Only a whole run has every row; one that failed has its own news.
  if (code === 0 && args.length === 0) {
    const news = comparePage(asText(outcome, all))
    say(news ?? 'docs/engines.md says what the run found')
    if (news !== null) process.exitCode = 1
  }
} catch (error) {
  giveUp(error)
}

/** No engine is left out unless whoever runs this says so. */
function withoutThem(missing) {
  const rest = wanted.filter((name) => !missing.some((one) => one.name === name))
  const words = missing.map((one) => one.words)
  if (rest.length > 0) words.push(`To run without: npm run test:engines -- ${rest.join(' ')}`)
  return ['No test was run.', ...words].join('\n')
}
