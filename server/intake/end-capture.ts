import { SallyportError } from '../../protocol/errors.ts'
import type { Intake } from './context.ts'
import { change } from './store.ts'

/**
 * Too many cards were tried. The capture ends, so that the next try needs an agent that asks anew; the person and the agent
 * hear one code, whichever budget it was. Which one is in the audit log and the metrics.
 */
export const refuseCard = (intake: Intake, capture: string): Promise<never> =>
  endCapture(intake, capture, 'policy.cards_paused')

/**
 * What keyd says against the capture's ticket. It counts five cards a ticket, whatever became of them: where a database that was
 * away has cost the five, no further one can be taken, and the capture ends, so that the agent asks anew.
 */
export async function againstTicket<T>(intake: Intake, capture: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code !== 'auth.forbidden') throw error
    return endCapture(intake, capture, 'input.too_many_attempts')
  }
}

async function endCapture(
  intake: Intake,
  capture: string,
  code: 'policy.cards_paused' | 'input.too_many_attempts',
): Promise<never> {
  await change(intake.db, capture, () => [{ kind: 'fail', code, retryable: true }])
  throw new SallyportError(code)
}
