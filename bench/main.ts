/** `npm run bench`: what is measured, beside its peers, in one table each. */
import { measurePeers, measureSizes, type Size } from './sizes.ts'
import { measureStartUp } from './start-up.ts'

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

const sizes = await measureSizes()
printSizes('Size (kB of 1024 bytes)', sizes)
printSizes('What the peers publish for the same side of the page (kB of 1024 bytes)', await measurePeers())
const timings = await measureStartUp()
print(
  'Start-up in Chromium, loopback (ms)',
  ['median', 'p90', 'runs'],
  timings.map(({ what, medianMs, p90Ms, runs }) => [what, medianMs.toFixed(1), p90Ms.toFixed(1), String(runs)]),
)
if (sizes.some(({ gzip, gzipMax }) => gzipMax !== undefined && gzip > gzipMax)) {
  console.error('\nA size is above its limit.')
  process.exitCode = 1
}
