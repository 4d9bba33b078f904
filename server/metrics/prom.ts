/** The registry of every process but keyd, made of prom-client. */
import * as prom from 'prom-client'
import { listedLabels, type Registry } from './registry.ts'

export function promRegistry(): Registry {
  const registry = new prom.Registry()
  const common = (spec: { name: string; help: string; labels: object }) => ({
    name: spec.name,
    help: spec.help,
    labelNames: Object.keys(spec.labels),
    registers: [registry],
  })
  return {
    counter: (spec) => {
      const made = new prom.Counter(common(spec))
      return { add: (labels) => made.inc(listedLabels(spec, labels)) }
    },
    histogram: (spec) => {
      const made = new prom.Histogram({ ...common(spec), buckets: [...spec.buckets] })
      return { observe: (labels, value) => made.observe(listedLabels(spec, labels), value) }
    },
    gauge: (spec, read) => {
      new prom.Gauge({
        ...common(spec),
        async collect() {
          this.reset()
          try {
            for (const { labels, value } of await read()) this.set(listedLabels(spec, labels), value)
          } catch {
            this.remove()
          }
        },
      })
    },
    text: () => registry.metrics(),
  }
}
