/**
 * recover: what another start left behind. An attempt found in `sending` becomes unknown, never failed; a charge of
 * which nothing left gives its allowance back; a token that may have been opened for nothing gets its line in the audit log.
 * Then the processor is asked, at 5 s, 30 s, 2 min and 10 min.
 */
import type { Egress } from './context.ts'
import { asked } from './resolve.ts'
import { type Repeated, repeatedly } from './repeatedly.ts'

const batchMax = 50
const tickMs = 1_000
/** Asked at once: more would be a burst on a processor that has just come back. */
const concurrencyMax = 4

export async function recover({ ledger, log }: Egress): Promise<void> {
  for (;;) {
    const stranded = await ledger.stranded(batchMax)
    for (const charge of stranded) {
      await ledger.recover(charge)
      log.warn({ event: 'charge.recovered', charge })
    }
    if (stranded.length < batchMax) break
  }
  for (;;) {
    const held = await ledger.grantsStranded(batchMax)
    for (const { grant_id: grant, charge } of held) await ledger.unsent(charge, grant, { reason: 'recovered' })
    if (held.length < batchMax) return
  }
}

/** Until `close`, which waits for what is under way. */
export const startResolver = (egress: Egress): Repeated =>
  repeatedly(tickMs, async () => {
    try {
      await recover(egress)
      const due = await egress.ledger.due(concurrencyMax)
      await Promise.all(due.map((row) => asked(egress, row)))
    } catch (error) {
      egress.log.warn({ event: 'resolver.failed', error })
    }
  })
