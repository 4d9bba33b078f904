/**
 * keyd's registry: the same exposition as prom-client's, held to it by a contract test, without a package. keyd has as
 * few dependencies as can be, because whatever runs in it runs beside the keys.
 */
import { type Labels, listedLabels, type MetricSpec, type Registry } from './registry.ts'

type Lines = () => Promise<string[]>

export function plainRegistry(): Registry {
  const metrics: { spec: MetricSpec<string>; type: string; lines: Lines }[] = []

  return {
    counter: (spec) => {
      const counts = new Map<string, number>()
      if (Object.keys(spec.labels).length === 0) counts.set('', 0)
      metrics.push({ spec, type: 'counter', lines: async () => [...counts].map(([at, n]) => line(spec.name, at, n)) })
      return {
        add: (labels) => {
          const at = written(spec, labels)
          counts.set(at, (counts.get(at) ?? 0) + 1)
        },
      }
    },
    histogram: (spec) => {
      const rows = new Map<string, { buckets: number[]; sum: number; count: number }>()
      metrics.push({
        spec,
        type: 'histogram',
        lines: async () => [...rows].flatMap(([at, row]) => histogramLines(spec.name, at, spec.buckets, row)),
      })
      return {
        observe: (labels, value) => {
          const at = written(spec, labels)
          const row = rows.get(at) ?? { buckets: spec.buckets.map(() => 0), sum: 0, count: 0 }
          rows.set(at, row)
          row.sum += value
          row.count += 1
          for (const [index, upTo] of spec.buckets.entries()) {
            if (value <= upTo) row.buckets[index] = (row.buckets[index] ?? 0) + 1
          }
        },
      }
    },
    gauge: (spec, read) => {
      metrics.push({
        spec,
        type: 'gauge',
        lines: async () => {
          try {
            return (await read()).map(({ labels, value }) => line(spec.name, written(spec, labels), value))
          } catch {
            return []
          }
        },
      })
    },
    text: async () => {
      const parts = await Promise.all(
        metrics.map(async ({ spec: { name, help }, type, lines }) =>
          [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...(await lines())].join('\n'),
        ),
      )
      return `${parts.join('\n\n')}\n`
    },
  }
}

/** `a="x",b="y"`. The values are words of our own lists: nothing in them needs an escape. */
const written = <L extends string>(spec: MetricSpec<L>, labels: Labels<L>): string =>
  Object.entries(listedLabels(spec, labels))
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')

const line = (name: string, labels: string, value: number): string =>
  `${name}${labels === '' ? '' : `{${labels}}`} ${value}`

function histogramLines(
  name: string,
  labels: string,
  upTo: readonly number[],
  { buckets, sum, count }: { buckets: number[]; sum: number; count: number },
): string[] {
  const rest = labels === '' ? '' : `,${labels}`
  return [
    ...upTo.map((le, index) => line(`${name}_bucket`, `le="${le}"${rest}`, buckets[index] ?? 0)),
    line(`${name}_bucket`, `le="+Inf"${rest}`, count),
    line(`${name}_sum`, labels, sum),
    line(`${name}_count`, labels, count),
  ]
}
