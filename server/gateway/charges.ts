import type * as z from 'zod/mini'
import {
  captureChargeRequest,
  chargeAnswer,
  type CreateChargeRequest,
  createChargeRequest,
  refundChargeRequest,
  voidChargeRequest,
} from '../../protocol/agent-http.ts'
import { type ErrorCode, SallyportError } from '../../protocol/errors.ts'
import { idPattern } from '../../protocol/ids.ts'
import type { Json } from '../canonical.ts'
import type { Derive } from './derive.ts'
import { bound } from './idempotency.ts'
import type { ChargeCommandName, EgressCalls, InnerChargeAnswer } from './inner-calls.ts'
import type { Sign } from './permissions.ts'
import { type Call, type Reply, type Route, route } from './routes.ts'

/**
 * Charges. The gateway derives the charge's id from the Idempotency-Key and signs a grant for it; egress holds the
 * ledger, opens the card by that grant and speaks with the processor. Nothing here could open a card.
 */
export interface ChargeParts {
  egress: EgressCalls
  derive: Derive
  sign: Sign
}

const id = idPattern('chg_')
/** Money that cannot be named twice: without a key there is no charge to find again. */
const keyOf = (key: string | undefined): string => {
  if (key === undefined) throw new SallyportError('request.idempotency_required')
  return key
}

/** `unknown` is accepted, not done: 202. A decline is an outcome, not an error: the state says it. */
function reply({ charge, replayed }: InnerChargeAnswer, fresh: 200 | 201): Reply {
  return { status: charge.state === 'unknown' ? 202 : replayed ? 200 : fresh, body: charge, replayed }
}

/** Egress gives no terms for these, but the charge may have been made before they came to be. */
const mayBeReplay: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'request.not_found',
  'auth.forbidden',
  'system.conflict',
  'policy.amount_exceeds_mandate',
  'policy.purpose_not_allowed',
  'policy.account_not_allowed',
  'policy.reference_required',
])

export function chargeRoutes({ egress, derive, sign }: ChargeParts): Route[] {
  const create = async ({ tenant, body, idempotencyKey, requestId }: Call<CreateChargeRequest>): Promise<Reply> => {
    const key = keyOf(idempotencyKey)
    const path = 'POST /v1/charges'
    const chargeId = derive.id('chg_', tenant, path, key)
    const idempotency = bound(derive, tenant, path, key, body)
    const send = (grant: string) =>
      egress.createCharge({ tenant, charge_id: chargeId, idempotency, request: body, grant }, requestId)
    let grant: string
    try {
      grant = await sign.grant(tenant, chargeId, body, await egress.terms(tenant, body.token, chargeId, requestId))
    } catch (error) {
      if (!(error instanceof SallyportError) || !mayBeReplay.has(error.code)) throw error
      // A token that is spent or erased by now has no terms, yet its charge still answers under its key. Where there
      // is one, egress compares the bodies and replays; it needs no grant for that.
      const made = await egress.getCharge(tenant, chargeId, requestId).catch(() => null)
      if (made === null) throw error
      grant = ''
    }
    return reply(await send(grant), 201)
  }

  const command =
    (name: ChargeCommandName) =>
    async ({ tenant, id, body, idempotencyKey, requestId }: Call<{ amount_minor?: number | undefined }>) => {
      const path = `POST /v1/charges/${id}/${name}`
      const idempotency = bound(derive, tenant, path, keyOf(idempotencyKey), body as Json) // parsed by its shape
      return reply(await egress.commandCharge(id, name, { tenant, idempotency, ...body }, requestId), 200)
    }

  const operation = <B extends z.ZodMiniType<{ amount_minor?: number | undefined }>>(
    name: ChargeCommandName,
    summary: string,
    body: B,
  ): Route =>
    route({
      method: 'post',
      path: `/v1/charges/:id/${name}`,
      operation: `${name}Charge`,
      tag: 'Charges',
      summary,
      id,
      idempotency: 'required',
      body,
      answers: {
        200: { say: 'The charge afterwards.', shape: chargeAnswer, replayable: true },
        202: unknownAnswer,
      },
      refusals: [
        'request.not_found',
        ...keyRefusals,
        'processor.action_failed',
        'processor.unavailable',
        'system.conflict',
      ],
      handle: command(name),
    })

  return [
    route({
      method: 'post',
      path: '/v1/charges',
      operation: 'createCharge',
      tag: 'Charges',
      summary: 'Charge a token',
      description:
        'Needs an `Idempotency-Key`. The key is bound to the charge for ever: the same request gives the same charge, ' +
        'in the state it has by then. A declined card is an answer with `state: declined`, not an error. After a 5xx ' +
        'or no answer at all, send the same request with the same key again.',
      idempotency: 'required',
      body: createChargeRequest,
      answers: {
        201: { say: 'A new charge; `state` tells how it went.', shape: chargeAnswer },
        200: { say: 'The charge that this Idempotency-Key made before.', shape: chargeAnswer, replayable: true },
        202: unknownAnswer,
      },
      refusals: [
        'request.not_found',
        ...keyRefusals,
        'auth.forbidden',
        'policy.amount_exceeds_mandate',
        'policy.purpose_not_allowed',
        'policy.account_not_allowed',
        'policy.reference_required',
        'processor.unavailable',
        'system.conflict',
      ],
      handle: create,
    }),
    route({
      method: 'get',
      path: '/v1/charges/:id',
      operation: 'getCharge',
      tag: 'Charges',
      summary: 'A charge',
      description: 'Asks the processor where the outcome is unknown.',
      id,
      answers: { 200: { say: 'The charge.', shape: chargeAnswer } },
      refusals: ['request.not_found'],
      handle: async (call) => ({
        status: 200,
        body: await egress.getCharge(call.tenant, call.id, call.requestId),
      }),
    }),
    operation('capture', 'Take what was authorized, or a part of it', captureChargeRequest),
    operation('void', 'Give an authorization back', voidChargeRequest),
    operation('refund', 'Give money back, all or a part', refundChargeRequest),
  ]
}

const keyRefusals = [
  'request.idempotency_required',
  'request.idempotency_conflict',
  'request.idempotency_in_flight',
] as const
const unknownAnswer = {
  say: 'The processor has not said what happened (`state: unknown`). Get the charge; do not make a second one.',
  shape: chargeAnswer,
  replayable: true,
}
