/** Requests by door, route and code: how many, how long. A route is its pattern; a code is one of the error table. */
import { errors } from '../../protocol/errors.ts'
import type { Registry } from './registry.ts'

export interface Answered {
  /** As the door names it; anything else is counted as `other`. */
  route: string
  status: number
  /** The error's code, or `ok`. */
  code: string
  ms: number
}

export type CountRequest = (answered: Answered) => void

const statuses = [200, 201, 202, 204, 206, 304, ...new Set(Object.values(errors).map(({ status }) => status))]
const codes = ['ok', ...Object.keys(errors)]
/** From a look-up to a charge that a processor keeps waiting; seconds. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** For each of a process's doors the routes that it has. */
export function requestMetrics<D extends string>(
  registry: Registry,
  doors: Readonly<Record<D, readonly string[]>>,
): (door: D) => CountRequest {
  const routes = [...new Set(Object.values<readonly string[]>(doors).flat())]
  const labels = { door: Object.keys(doors), route: routes, status: statuses.map(String), code: codes }
  const counter = registry.counter({
    name: 'sallyport_requests_total',
    help: 'Requests that were answered.',
    labels,
  })
  const seconds = registry.histogram({
    name: 'sallyport_request_duration_seconds',
    help: 'From the head of a request to the end of its answer.',
    labels: { door: labels.door, route: routes, code: codes },
    buckets,
  })
  return (door) =>
    ({ route, status, code, ms }) => {
      counter.add({ door, route, status: String(status), code })
      seconds.observe({ door, route, code }, ms / 1_000)
    }
}
