import { describe, expect, test } from 'vitest'
import { silent } from '../testing/vault.ts'
import { countingLog } from './counting-log.ts'
import { plainRegistry } from './plain.ts'
import { promRegistry } from './prom.ts'
import type { Registry } from './registry.ts'
import { requestMetrics } from './requests.ts'

/** Sample lines with their labels in one order, and the lines that describe them. */
const parsed = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/\{(.*)\}/, (_all, labels: string) => `{${labels.split(',').sort().join(',')}}`))
    .sort()

function fill(registry: Registry): void {
  const counter = registry.counter({ name: 'a_total', help: 'One.', labels: { state: ['x', 'y'] } })
  counter.add({ state: 'x' })
  counter.add({ state: 'x' })
  counter.add({ state: 'cap_abcdefghijklmnopqrstuvwxyz' })
  registry.counter({ name: 'b_total', help: 'None yet.', labels: {} })
  const seconds = registry.histogram({ name: 'c_seconds', help: 'Two.', labels: { k: ['m'] }, buckets: [0.1, 1] })
  for (const value of [0.05, 0.5, 5]) seconds.observe({ k: 'm' }, value)
  registry.gauge({ name: 'd', help: 'Three.', labels: { k: ['m', 'n'] } }, async () => [
    { labels: { k: 'm' }, value: 4 },
    { labels: { k: 'n' }, value: 0.25 },
  ])
  registry.gauge({ name: 'e', help: 'Its source is away.', labels: {} }, () => Promise.reject(new Error('away')))
}

const registries: [string, () => Registry][] = [
  ['prom-client', promRegistry],
  ['keyd’s own', plainRegistry],
]

describe.each(registries)('the registry: %s', (_name, make) => {
  test('gives the text exposition of counters, histograms and gauges', async () => {
    const registry = make()
    fill(registry)
    const text = await registry.text()
    expect(parsed(text)).toEqual(
      parsed(`
# HELP a_total One.
# TYPE a_total counter
a_total{state="x"} 2
a_total{state="other"} 1
# HELP b_total None yet.
# TYPE b_total counter
b_total 0
# HELP c_seconds Two.
# TYPE c_seconds histogram
c_seconds_bucket{le="0.1",k="m"} 1
c_seconds_bucket{le="1",k="m"} 2
c_seconds_bucket{le="+Inf",k="m"} 3
c_seconds_sum{k="m"} 5.55
c_seconds_count{k="m"} 3
# HELP d Three.
# TYPE d gauge
d{k="m"} 4
d{k="n"} 0.25
# HELP e Its source is away.
# TYPE e gauge
`),
    )
  })

  test('a label says what its list allows and nothing else, whatever it is given', async () => {
    const registry = make()
    const count = requestMetrics(registry, { outer: ['GET /v1/captures/:id'] })('outer')
    const inputs = ['/v1/captures/cap_abcdefghijklmnopqrstuvwxyz', '4242424242424242', 'a"b\n', '']
    for (const input of inputs) count({ route: input, status: 200, code: input, ms: 1 })
    count({ route: 'GET /v1/captures/:id', status: 404, code: 'request.not_found', ms: 1 })
    const text = await registry.text()
    expect(text).toMatch(/sallyport_requests_total\{door="outer",route="other",status="200",code="other"\} 4/)
    expect(text).toContain('route="GET /v1/captures/:id",status="404",code="request.not_found"} 1')
    expect(text).not.toMatch(/4242|cap_|a"b/)
  })

  test('two registries in one process share nothing', async () => {
    const [one, two] = [make(), make()]
    const spec = { name: 'a_total', help: 'A.', labels: {} }
    one.counter(spec).add({})
    two.counter(spec)
    expect(await one.text()).toContain('a_total 1')
    expect(await two.text()).toContain('a_total 0')
  })
})

test('a counting log counts the events that it is told of, and writes every line as it came', () => {
  const written: string[] = []
  const seen: unknown[] = []
  const log = countingLog(
    { ...silent, warn: ({ event }) => void written.push(event) },
    { 'x.y': ({ reason }) => seen.push(reason) },
  )
  log.warn({ event: 'x.y', reason: 'why' })
  log.warn({ event: 'toString' })
  expect(written).toEqual(['x.y', 'toString'])
  expect(seen).toEqual(['why'])
})
