/** What egress counts, taken from what it logs: outcomes of charges, and grants that it refused. */
import { chargeStates } from '../../protocol/charge.ts'
import type { TokenRefusal } from '../grants/claims.ts'
import type { Log } from '../log.ts'
import { countingLog } from '../metrics/counting-log.ts'
import type { Registry } from '../metrics/registry.ts'

/** Exhaustive: a new reason is a compile error until it is here. */
const grantRefusals: Record<TokenRefusal | 'other_request', true> = {
  malformed: true,
  signature: true,
  wrong_type: true,
  wrong_issuer: true,
  wrong_audience: true,
  expired: true,
  not_yet: true,
  too_long: true,
  other_request: true,
}

export function countedLog(log: Log, registry: Registry): Log {
  const outcomes = registry.counter({
    name: 'sallyport_charge_outcomes_total',
    help: 'What processors said to sales and authorizations.',
    labels: { state: chargeStates },
  })
  const refusals = registry.counter({
    name: 'sallyport_refusals_total',
    help: 'What was refused, and why.',
    labels: { action: ['grant'], reason: Object.keys(grantRefusals) },
  })
  const unclear = registry.counter({
    name: 'sallyport_processor_unclear_total',
    help: 'Requests to processors of which nobody knows what became.',
    labels: {},
  })
  return countingLog(log, {
    'charge.settled': ({ state }) => outcomes.add({ state: String(state) }),
    'grant.refused': ({ reason }) => refusals.add({ action: 'grant', reason: String(reason) }),
    'processor.unclear': () => unclear.add({}),
  })
}
