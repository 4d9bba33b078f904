/** What the gateway counts: events that it copied, by what became of captures and charges, and how far it is behind. */
import { chargeStates } from '../../protocol/charge.ts'
import { captureStates } from '../../protocol/capture-states.ts'
import type { EventType } from '../../protocol/events.ts'
import type { Registry } from '../metrics/registry.ts'
import type { Follower } from './follower.ts'

export function countEvents(registry: Registry): (types: readonly EventType[]) => void {
  const captures = registry.counter({
    name: 'sallyport_captures_total',
    help: 'Captures that came into a state.',
    labels: { state: captureStates },
  })
  const charges = registry.counter({
    name: 'sallyport_charges_total',
    help: 'Charges that came into a state.',
    labels: { state: chargeStates },
  })
  return (types) => {
    for (const type of types) {
      const [subject = '', state = '', detail] = type.split('.')
      if (subject === 'charge') charges.add({ state })
      // `capture.field.progress` and its like change no state.
      else if (subject === 'capture' && detail === undefined) captures.add({ state: stateAfter(state) })
    }
  }
}

const stateAfter = (word: string): string => (word === 'resumed' ? 'collecting' : word)

export function countLag(registry: Registry, status: Follower['status']): void {
  registry.gauge(
    { name: 'sallyport_feed_behind_events', help: 'Events of the feed that are not copied yet.', labels: {} },
    () => [{ labels: {}, value: Math.max(0, status().head - status().position) }],
  )
  registry.gauge(
    { name: 'sallyport_feed_connected', help: '1 while the last call to the feed succeeded.', labels: {} },
    () => [{ labels: {}, value: status().connected ? 1 : 0 }],
  )
}
