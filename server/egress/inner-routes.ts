/** The inner door of egress: parse, call, answer. Only the gateway comes in. */
import type * as z from 'zod/mini'
import { tokenPattern, idPattern } from '../../protocol/ids.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { innerChargeOperation, innerChargeTerms, innerCreateCharge, tenantId } from '../../protocol/inner-http.ts'
import type { InnerHandler, InnerRequest, InnerRoutes } from '../doors/inner-door.ts'
import { createCharge } from './charge.ts'
import { answerOf } from './charge-row.ts'
import type { Egress } from './context.ts'
import { type ChangeName, changeCharge } from './operations.ts'
import { refresh } from './resolve.ts'
import { terms } from './terms.ts'
import { readToken } from './tokens.ts'

export function innerRoutes(egress: Egress): InnerRoutes {
  const gateway = (handle: InnerHandler) => ({ callers: ['gateway'] as const, handle })
  const change = (operation: ChangeName) =>
    gateway(async (body, { params }) => {
      const { tenant, idempotency, amount_minor } = parse(innerChargeOperation, body)
      return changeCharge(egress, { tenant, charge: chargeOf(params), operation, amount: amount_minor, idempotency })
    })
  return {
    'POST /charges/terms': gateway(async (body) => terms(egress, parse(innerChargeTerms, body))),
    'POST /charges': gateway(async (body, { requestId }) =>
      createCharge(egress, parse(innerCreateCharge, body), requestId),
    ),
    'GET /charges/:id': gateway(async (_body, { params, query }) => {
      const row = await egress.ledger.read(tenantOf(query), chargeOf(params))
      if (row === null) throw new SallyportError('request.not_found')
      return answerOf(await refresh(egress, row))
    }),
    'POST /charges/:id/capture': change('capture'),
    'POST /charges/:id/void': change('void'),
    'POST /charges/:id/refund': change('refund'),
    'GET /tokens/:id': gateway(async (_body, { params, query }) => {
      const id = params['id'] ?? ''
      if (!tokenPattern.test(id)) throw new SallyportError('request.not_found')
      return readToken(egress, tenantOf(query), id)
    }),
  }
}

function parse<S extends z.ZodMiniType>(shape: S, body: unknown): z.infer<S> {
  const parsed = shape.safeParse(body)
  if (!parsed.success) {
    const member = parsed.error.issues[0]?.path.filter((part) => typeof part === 'string').at(-1)
    throw new SallyportError('request.malformed', member === undefined ? {} : { param: member })
  }
  return parsed.data
}

const tenantOf = (query: URLSearchParams): string => parse(tenantId, query.get('tenant'))

const chargePattern = idPattern('chg_')
function chargeOf(params: InnerRequest['params']): string {
  const id = params['id'] ?? ''
  if (!chargePattern.test(id)) throw new SallyportError('request.not_found')
  return id
}
