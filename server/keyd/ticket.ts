/**
 * What intake may ask against a ticket, five times at most, each audited before it is answered: a fingerprint, or a key
 * for a code that comes alone. A refusal says nothing of why; the reason is in the audit log.
 */
import { SallyportError } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import type { Jwk, Mode } from '../config.ts'
import type { TicketClaims } from '../grants/claims.ts'
import { verifyTicket } from '../grants/verify.ts'
import type { CvcKeyAnswer } from '../records/keyd-calls.ts'
import type { KeydAudit } from './audit-log.ts'
import type { CvcKeys } from './cvc-keys.ts'
import type { Ledger } from './ledger.ts'
import { reasonOf } from './open.ts'
import { parseCvcKeyCall } from './parse.ts'
import { Refusal } from './refusal.ts'

export interface TicketDeps {
  mode: Mode
  ticketPublic: Jwk
  ledger: Ledger
  audit: KeydAudit
  now: () => number
}

export interface Asked<C> {
  body: unknown
  requestId: string
  /** Throws a Refusal for what is no such call. */
  parse: (body: unknown) => C
}

/**
 * What each caller gets, in order, or the refusal that it gets instead. All their uses are counted and written together,
 * before any is answered.
 */
export async function againstTickets<C extends { ticket: string }, T>(
  deps: TicketDeps,
  action: 'fingerprint' | 'cvc_key',
  asked: readonly Asked<C>[],
  answer: (call: C, ticket: TicketClaims) => Promise<T>,
): Promise<(T | SallyportError)[]> {
  const { audit, ledger } = deps
  const believed = await Promise.all(
    asked.map(async ({ body, requestId, parse }) => {
      const say = { actor: 'intake', action, request_id: requestId } as const
      let facts: { grant?: string; capture?: string } = {}
      const refuse = async (error: unknown): Promise<SallyportError> => {
        const reason = reasonOf(error)
        if (reason === null) throw error
        await audit.refused({ ...say, ...facts, result: 'refused', reason })
        return new SallyportError(reason === 'malformed_request' ? 'request.malformed' : 'auth.forbidden')
      }
      try {
        const call = parse(body)
        const ticket = await verifyTicket(call.ticket, deps.ticketPublic, deps.now())
        facts = { grant: ticket.jti, capture: ticket.capture }
        if (ticket.mode !== deps.mode) throw new Refusal('wrong_mode')
        return { call, ticket, refuse, jti: ticket.jti, entry: audit.entry({ ...say, ...facts, result: 'done' }) }
      } catch (error) {
        return refuse(error)
      }
    }),
  )
  const uses = believed.flatMap((one) => (one instanceof SallyportError ? [] : [one]))
  const counted = uses.length === 0 ? [] : await ledger.ticketsUse(uses, limits.fingerprintsPerTicket)
  const isCounted = new Map(uses.map((use, index) => [use, counted[index] === true]))
  return Promise.all(
    believed.map(async (one) => {
      if (one instanceof SallyportError) return one
      return isCounted.get(one) === true ? answer(one.call, one.ticket) : one.refuse(new Refusal('ticket_used_up'))
    }),
  )
}

/** One alone: what it may not have is thrown. */
export async function alone<T>(answers: Promise<(T | SallyportError)[]>): Promise<T> {
  const [answer] = await answers
  if (answer instanceof SallyportError) throw answer
  if (answer === undefined) throw new SallyportError('system.internal')
  return answer
}

/** A one-time key for the code of a stored card (DESIGN §5): without the number there is nothing to fingerprint. */
export const cvcKeyMaker =
  (deps: TicketDeps & { cvcKeys: CvcKeys }) =>
  (body: unknown, requestId: string): Promise<CvcKeyAnswer> =>
    alone(
      againstTickets(deps, 'cvc_key', [{ body, requestId, parse: parseCvcKeyCall }], () =>
        Promise.resolve({ cvc_key: deps.cvcKeys.create() }),
      ),
    )
