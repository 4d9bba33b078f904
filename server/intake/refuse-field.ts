import type { FieldName } from '../../protocol/capture-states.ts'
import type { RejectionReason } from '../../protocol/errors.ts'
import type { SubmitRequest } from '../../protocol/capture-http.ts'
import { SallyportProblem } from '../problem.ts'
import type { Intake } from './context.ts'
import { change } from './store.ts'

/** The person is told beside the field, the agent by an event; both the same reason. */
export async function refuseField(
  intake: Intake,
  request: SubmitRequest,
  field: FieldName,
  reason: RejectionReason,
): Promise<never> {
  await change(intake.db, request.capture_id, () => [
    { kind: 'field_rejected', epoch: request.epoch, field, code: reason },
  ])
  throw new SallyportProblem(`input.${reason}`, { field })
}
