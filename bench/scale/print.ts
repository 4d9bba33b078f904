/** The tables of docs/scale.md, for `npm run bench -- scale`. */
import { measureRoad, type Station, type Used, used } from './road.ts'

type Print = (title: string, heads: readonly string[], rows: readonly [string, ...string[]][]) => void

/** Of one core: above it those who wait become many. */
const busyAtMost = 0.6
const wanted = 1_000

export async function printScale(print: Print): Promise<void> {
  const { stations, kept, parts, idleMs, turns, each, clients } = await measureRoad()
  const sum = (read: (station: Station) => number): number =>
    stations.reduce((total, station) => total + read(station), 0)
  const of = (name: Used): number => sum(({ cpuMs }) => cpuMs[name])
  const row = (what: string, read: (name: Used) => number, digits = 2): [string, ...string[]] => [
    what,
    ...used.map((name) => read(name).toFixed(digits)),
  ]
  print(`CPU of one (milliseconds; medians of ${turns} turns of ${each}, ${clients} clients)`, used, [
    ...stations.map(({ what, cpuMs }) => row(what, (name) => cpuMs[name])),
    row('all of it', of),
    row('idle, a second', (name) => idleMs[name]),
  ])
  print(
    'And what the database writes',
    ['flushes', 'WAL kB', 'a second', 'p50 ms', 'p99 ms'],
    [
      ...stations.map(({ what, flushes, walBytes, perSecond, p50Ms, p99Ms }): [string, ...string[]] => [
        what,
        ...[flushes.toFixed(2), (walBytes / 1024).toFixed(1), Math.round(perSecond).toString()],
        ...[p50Ms.toFixed(1), p99Ms.toFixed(1)],
      ]),
      ['all of it', sum(({ flushes }) => flushes).toFixed(2), (sum(({ walBytes }) => walBytes) / 1024).toFixed(1)],
    ],
  )
  print(
    'Bytes that stay of one, indexes and all',
    ['bytes'],
    [
      ...kept.map(({ table, bytes }): [string, string] => [table, Math.round(bytes).toString()]),
      ['all of it', Math.round(kept.reduce((total, { bytes }) => total + bytes, 0)).toString()],
    ],
  )
  print(
    `Events in parts beside a table of one piece (µs of the server for a row; medians of ${parts.pairs} pairs of ${parts.rows.toLocaleString('en')})`,
    ['whole', 'parts', 'times'],
    [
      ['written', ...[parts.write.whole, parts.write.parts].map((us) => us.toFixed(1)), parts.write.ratio.toFixed(2)],
      [
        'numbered',
        ...[parts.number.whole, parts.number.parts].map((us) => us.toFixed(1)),
        parts.number.ratio.toFixed(2),
      ],
    ],
  )
  const bytes = kept.reduce((total, one) => total + one.bytes, 0)
  print(
    `What ${wanted.toLocaleString('en')} a second need, each charged (cores like this machine's; processes at ${busyAtMost * 100} % of one)`,
    ['cores', 'processes'],
    used.map((name) => {
      const cores = (of(name) * wanted) / 1_000
      return [
        name,
        cores.toFixed(1),
        name === 'postgres' || name === 'keeper' ? '' : Math.ceil(cores / busyAtMost).toString(),
      ]
    }),
  )
  console.log(
    `Log: ${((sum(({ walBytes }) => walBytes) * wanted) / 1024 ** 2).toFixed(0)} MB a second, at most ${Math.ceil(sum(({ flushes }) => flushes) * wanted).toLocaleString('en')} flushes. ` +
      `Tables: ${((bytes * wanted * 86_400) / 1024 ** 4).toFixed(2)} TB a day.`,
  )
}
