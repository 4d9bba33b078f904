import { leakAnswer, leakReport } from '../../protocol/leaks.ts'
import { makeId } from '../../protocol/ids.ts'
import type { Derive } from './derive.ts'
import { bound } from './idempotency.ts'
import type { IntakeCalls } from './inner-calls.ts'
import { type Route, route } from './routes.ts'

/**
 * Card data that a detector found outside a capture. The text was read in the agent's own process, or in the screen; what
 * comes here says kind, rule and place. It becomes an event of the tenant and an audit entry a finding.
 */
export interface LeakParts {
  intake: Pick<IntakeCalls, 'reportLeak'>
  derive: Derive
}

const path = '/v1/leaks'

export const leakRoutes = ({ intake, derive }: LeakParts): Route[] => [
  route({
    method: 'post',
    path,
    operation: 'reportLeak',
    tag: 'Leaks',
    summary: 'Tell of card data that was found in a conversation',
    description:
      'Findings alone: kind, rule, ruleset and place. There is no member for the text, and none is wanted. Writes the event ' +
      '`leak.detected` and an audit entry a finding.',
    idempotency: 'optional',
    body: leakReport,
    answers: {
      201: { say: 'It is written; the event’s id.', shape: leakAnswer },
      200: { say: 'This Idempotency-Key told of it before.', shape: leakAnswer, replayable: true },
    },
    refusals: ['request.idempotency_conflict'],
    handle: async ({ tenant, caller, body, idempotencyKey: key, requestId }) => {
      const { leak, replayed } = await intake.reportLeak({
        tenant,
        event_id: makeId('evt_'),
        key: caller.keyId,
        request_id: requestId,
        report: body,
        ...(key !== undefined && { idempotency: bound(derive, tenant, `POST ${path}`, key, body) }),
      })
      return { status: replayed ? 200 : 201, body: leak, replayed }
    },
  }),
]
