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

/** `believe` counts the ticket as used and writes the entry; what it throws leaves as a refusal. */
export async function againstTicket<T>(
  deps: TicketDeps,
  action: 'fingerprint' | 'cvc_key',
  requestId: string,
  answer: (believe: (ticket: string) => Promise<TicketClaims>) => Promise<T>,
): Promise<T> {
  const { audit } = deps
  const say = { actor: 'intake', action, request_id: requestId } as const
  let facts: { grant?: string; capture?: string } = {}
  try {
    return await answer(async (jws) => {
      const ticket = await verifyTicket(jws, deps.ticketPublic, deps.now())
      facts = { grant: ticket.jti, capture: ticket.capture }
      if (ticket.mode !== deps.mode) throw new Refusal('wrong_mode')
      const entry = audit.entry({ ...say, ...facts, result: 'done' })
      if (!(await deps.ledger.ticketUse(ticket.jti, limits.fingerprintsPerTicket, entry))) {
        throw new Refusal('ticket_used_up')
      }
      return ticket
    })
  } catch (error) {
    const reason = reasonOf(error)
    if (reason === null) throw error
    await audit.refused({ ...say, ...facts, result: 'refused', reason })
    throw new SallyportError(reason === 'malformed_request' ? 'request.malformed' : 'auth.forbidden')
  }
}

/** A one-time key for the code of a stored card (DESIGN §5): without the number there is nothing to fingerprint. */
export const cvcKeyMaker =
  (deps: TicketDeps & { cvcKeys: CvcKeys }) =>
  (body: unknown, requestId: string): Promise<CvcKeyAnswer> =>
    againstTicket(deps, 'cvc_key', requestId, async (believe) => {
      await believe(parseCvcKeyCall(body).ticket)
      return { cvc_key: deps.cvcKeys.create() }
    })
