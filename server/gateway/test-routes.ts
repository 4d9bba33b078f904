import * as z from 'zod/mini'
import { captureAnswer, testCompleteRequest, testRejectRequest } from '../../protocol/agent-http.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import { idPattern } from '../../protocol/ids.ts'
import type { IntakeCalls, TestCommandName } from './inner-calls.ts'
import type { Shape } from './parse.ts'
import { type Route, route } from './routes.ts'

/**
 * Sandbox only: an agent is tested without a browser. intake plays the person, with test cards of its own; in live mode
 * neither these routes nor intake's exist.
 */
export function testRoutes(intake: IntakeCalls): Route[] {
  const testRoute = (name: TestCommandName, summary: string, body: Shape, refusals: readonly ErrorCode[] = []): Route =>
    route({
      method: 'post',
      path: `/v1/test/captures/:id/${name}`,
      operation: `test${name[0]?.toUpperCase()}${name.slice(1)}Capture`,
      tag: 'Test',
      summary,
      id: idPattern('cap_'),
      body,
      answers: { 200: { say: 'The capture afterwards.', shape: captureAnswer } },
      refusals: ['request.not_found', 'system.conflict', ...refusals],
      handle: async ({ tenant, id, body, requestId }) => ({
        status: 200,
        // Sound: every shape here is an object.
        body: await intake.test(tenant, id, name, body as object, requestId),
      }),
    })
  return [
    testRoute('complete', 'Type a test card and submit it', testCompleteRequest, ['input.not_accepted']),
    testRoute('reject', 'Type something that a field takes back', testRejectRequest),
    testRoute('expire', 'Let the capture expire now', z.strictObject({})),
  ]
}
