import type { ChargeAnswer, CreateChargeRequest } from '../protocol/agent-http.ts'
import { isDefinite } from '../protocol/charge.ts'
import * as answers from './answers.ts'
import { safeId } from './captures.ts'
import { keyFrom } from './keys.ts'
import type { Wire } from './wire.ts'

/**
 * A charge needs a `reference` (the order, the turn: whatever is paid) or a key of the caller's own. From a reference
 * the client derives the Idempotency-Key, the same for this token and reference for ever, so that a model that calls
 * its tool again, or a program that starts again, cannot charge twice. A model never needs to see a key.
 */
export type NewCharge = CreateChargeRequest & ({ reference: string } | { idempotencyKey: string })
/** The whole of what is left, or a part, which needs a name of its own so that two equal parts are two. */
export type Part =
  | { amount_minor?: never }
  | ({ amount_minor: number } & ({ reference: string } | { idempotencyKey: string }))

export interface Charges {
  /**
   * Charges a token once for one reference. Resolves also where the bank said no (`declined`) or nothing certain
   * (`unknown`: call `settled`, never `create` with another reference). Throws where the request was refused.
   */
  create(charge: NewCharge): Promise<ChargeAnswer>
  /** Asks how it stands; an `unknown` charge is resolved by this. */
  get(id: string): Promise<ChargeAnswer>
  /** Takes what is left of an authorized amount, or a part of it; a later call may take a further part. */
  capture(id: string, part?: Part): Promise<ChargeAnswer>
  /** Releases an authorization. */
  void(id: string): Promise<ChargeAnswer>
  /** Gives back what is left of what was taken, or a part of it. */
  refund(id: string, part?: Part): Promise<ChargeAnswer>
  /** Asks until the outcome is definite or `tries` (8) are over, with growing pauses; returns the last answer. */
  settled(id: string, options?: { tries?: number; signal?: AbortSignal }): Promise<ChargeAnswer>
}

export function makeCharges(wire: Wire): Charges {
  const at = (id: string, rest = ''): string => `/v1/charges/${safeId(id)}${rest}`
  const post = (path: string, body: object, idempotencyKey: string): Promise<ChargeAnswer> =>
    wire.call({ method: 'POST', path, body, idempotencyKey, read: answers.charge })
  const inPart = async (verb: 'capture' | 'refund', id: string, part: Part = {}): Promise<ChargeAnswer> => {
    if (part.amount_minor === undefined) return post(at(id, `/${verb}`), {}, await keyFrom(verb, id))
    const key = 'idempotencyKey' in part ? part.idempotencyKey : await keyFrom(verb, id, named(part.reference))
    return post(at(id, `/${verb}`), { amount_minor: part.amount_minor }, key)
  }
  const get = async (id: string): Promise<ChargeAnswer> =>
    wire.call({ method: 'GET', path: at(id), read: answers.charge })
  return {
    create: async (charge) => {
      const { idempotencyKey, ...body } = { idempotencyKey: undefined, ...charge }
      return post('/v1/charges', body, idempotencyKey ?? (await keyFrom('charge', body.token, named(body.reference))))
    },
    get,
    capture: (id, part) => inPart('capture', id, part),
    void: async (id) => post(at(id, '/void'), {}, await keyFrom('void', id)),
    refund: (id, part) => inPart('refund', id, part),
    settled: async (id, { tries = 8, signal } = {}) => {
      for (let n = 0; ; n += 1) {
        const charge = await get(id)
        if (isDefinite(charge.state) || charge.state === 'action_required' || n + 1 >= tries) return charge
        await wire.pause(wire.backoffMs(n + 1), signal)
      }
    },
  }
}

function named(reference: string | undefined): string {
  if (reference === undefined)
    throw new TypeError('a charge, or a part of one, needs a reference, or an idempotencyKey')
  return reference
}
