import { SallyportError } from '../../protocol/errors.ts'
import type { Intake } from './context.ts'
import { change } from './store.ts'

/**
 * Too many cards were tried. The capture ends, so that the next try needs an agent that asks anew; the person and the agent
 * hear one code, whichever budget it was. Which one is in the audit log and the metrics.
 */
export async function refuseCard(intake: Intake, capture: string): Promise<never> {
  await change(intake.db, capture, () => [{ kind: 'fail', code: 'policy.cards_paused', retryable: true }])
  throw new SallyportError('policy.cards_paused')
}
