import { eraseAnswer, tokenAnswer } from '../../protocol/agent-http.ts'
import { tokenPattern } from '../../protocol/ids.ts'
import type { EgressCalls, IntakeCalls } from './inner-calls.ts'
import { type Route, route } from './routes.ts'

/** Tokens: what is left of a mandate, and the end of a card. */
export const tokenRoutes = (intake: IntakeCalls, egress: EgressCalls): Route[] => [
  route({
    method: 'get',
    path: '/v1/tokens/:id',
    operation: 'getToken',
    tag: 'Tokens',
    summary: 'A token and what is left of its mandate',
    id: tokenPattern,
    answers: { 200: { say: 'The token.', shape: tokenAnswer } },
    refusals: ['request.not_found'],
    handle: async ({ tenant, id, requestId }) => ({ status: 200, body: await egress.getToken(tenant, id, requestId) }),
  }),
  route({
    method: 'delete',
    path: '/v1/tokens/:id',
    operation: 'eraseToken',
    tag: 'Tokens',
    summary: 'Erase a token and its card',
    description:
      'Stops the token at once; the card cannot be brought back by anyone after `irrevocable_by`, which a second request does not move. A tenant erases so many a day.',
    id: tokenPattern,
    answers: { 200: { say: 'The token is erased.', shape: eraseAnswer } },
    refusals: ['request.not_found', 'request.rate_limited'],
    handle: async ({ tenant, id, requestId }) => ({
      status: 200,
      body: await intake.eraseToken(tenant, id, requestId),
    }),
  }),
]
