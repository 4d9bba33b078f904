/**
 * `npm run bench`: what is measured, beside its peers, in one table each. `npm run bench -- detection` (or `sizes`, `form`, `vault`, `scale`)
 * prints that part alone.
 */
import { printDetection } from './detection/print.ts'
import { measurePeers, measureSizes, type Size } from './sizes.ts'
import { handledMsMax, measureKeys } from './keys.ts'
import { withBench } from './page.ts'
import { printScale } from './scale/print.ts'
import { printVault } from './vault/print.ts'
import { longTasksOfStart, measureStartUp } from './start-up.ts'

const kB = (bytes: number): string => (bytes / 1024).toFixed(2)
const column = (cells: readonly string[], width: number): string => cells.map((cell) => cell.padStart(width)).join('')

function print(title: string, heads: readonly string[], rows: readonly [string, ...string[]][]): void {
  const wide = Math.max(...rows.map(([name]) => name.length))
  console.log(`\n${title}\n${''.padEnd(wide)}${column(heads, 12)}`)
  for (const [name, ...cells] of rows) console.log(`${name.padEnd(wide)}${column(cells, 12)}`)
}

const printSizes = (title: string, sizes: readonly Size[]): void =>
  print(
    title,
    ['minified', 'gzip', 'at most'],
    sizes.map(({ what, bytes, gzip, gzipMax }) => [
      what,
      kB(bytes),
      kB(gzip),
      gzipMax === undefined ? '' : (gzipMax / 1024).toFixed(0),
    ]),
  )

const parts = process.argv.slice(2)
const asked = (part: string): boolean => parts.length === 0 || parts.includes(part)
const unknown = parts.filter((part) => !['sizes', 'form', 'detection', 'vault', 'scale'].includes(part))
if (unknown.length > 0) throw new Error(`no part of the bench is called ${unknown.join(', ')}`)

const sizes = await measureSizes()
if (asked('sizes')) {
  printSizes('Size (kB of 1024 bytes)', sizes)
  printSizes('What the peers publish for the same side of the page (kB of 1024 bytes)', await measurePeers())
}
const isFormQuick = !asked('form') || (await printForm())
const isVaultWithin = !asked('vault') || (await printVault(print))
if (asked('scale')) await printScale(print)
const isDetectionWithin = !asked('detection') || (await printDetection(print))

/** False where a limit of its rows is passed: of the start, of the keys at four times slower, of long tasks. */
async function printForm(): Promise<boolean> {
  const { timings, longTasks, keys } = await withBench(async (bench) => ({
    timings: await measureStartUp(bench),
    longTasks: await longTasksOfStart(bench),
    keys: await measureKeys(bench),
  }))
  const emptyMs = timings[0]?.medianMs ?? Number.NaN
  print(
    'Start-up in Chromium, loopback (ms)',
    ['median', 'of empty', 'at most', 'p90', 'runs'],
    timings.map(({ what, medianMs, ofEmptyMax, p90Ms, runs }) => [
      what,
      medianMs.toFixed(1),
      `${(medianMs / emptyMs).toFixed(2)}×`,
      ofEmptyMax === undefined ? '' : `${ofEmptyMax}×`,
      p90Ms.toFixed(1),
      String(runs),
    ]),
  )
  console.log(`Tasks over 50 ms in page and form, of the cold starts that were traced: ${longTasks}`)
  print(
    `A key in the form (ms of the frame's thread; handled in at most ${handledMsMax} at the 99th percentile with the CPU slowed fourfold)`,
    ['keys', 'handled', 'p99', 'all', 'p99', 'tasks > 50'],
    keys.map(({ slowed, keys, handled, all, longTasks }) => [
      slowed === 1 ? 'CPU as it is' : `CPU slowed ${slowed}×`,
      String(keys),
      ...[handled.medianMs, handled.p99Ms, all.medianMs, all.p99Ms].map((ms) => ms.toFixed(2)),
      String(longTasks),
    ]),
  )
  return (
    longTasks === 0 &&
    timings.every(({ medianMs, ofEmptyMax = Number.POSITIVE_INFINITY }) => medianMs <= emptyMs * ofEmptyMax) &&
    keys.every(({ handled, longTasks }) => handled.p99Ms <= handledMsMax && longTasks === 0)
  )
}
if (!isFormQuick) {
  console.error('\nThe form is slower than its limits.')
  process.exitCode = 1
}
if (!isVaultWithin) {
  console.error('\nThe vault is slower than its limits.')
  process.exitCode = 1
}
if (
  !isDetectionWithin ||
  (asked('sizes') && sizes.some(({ gzip, gzipMax }) => gzipMax !== undefined && gzip > gzipMax))
) {
  console.error('\nA size is above its limit.')
  process.exitCode = 1
}
