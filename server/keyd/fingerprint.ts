/**
 * fingerprint: the outer of two HMACs, so that a tenant can tell whether it has seen a card before. What arrives is
 * intake's inner HMAC, what leaves is bound to the tenant of the ticket. Without the ticket this would be an oracle:
 * with BIN and last four known, a stored card is one of a hundred thousand.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { lp } from '../../crypto/lp.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import type { Jwk, Mode } from '../config.ts'
import { verifyTicket } from '../grants/verify.ts'
import type { KeyStore } from '../keys/store.ts'
import type { FingerprintAnswer } from '../records/keyd-calls.ts'
import type { KeydAudit } from './audit-log.ts'
import type { CvcKeys } from './cvc-keys.ts'
import type { Ledger } from './ledger.ts'
import { reasonOf } from './open.ts'
import { parseFingerprint } from './parse.ts'
import { Refusal } from './refusal.ts'

export interface FingerprintDeps {
  mode: Mode
  ticketPublic: Jwk
  store: KeyStore
  ledger: Ledger
  audit: KeydAudit
  cvcKeys: CvcKeys
  now: () => number
}

const tenantKeysMax = 1_000

export function fingerprinter(deps: FingerprintDeps) {
  const { audit, store } = deps
  const tenantKeys = new Map<string, KeyObject>()

  const tenantKey = async (tenant: string): Promise<KeyObject> => {
    const known = tenantKeys.get(tenant)
    if (known !== undefined) return known
    const bytes = await store.mac('fingerprint', lp('tenant', tenant))
    const key = createSecretKey(bytes)
    bytes.fill(0)
    if (tenantKeys.size >= tenantKeysMax) tenantKeys.clear()
    tenantKeys.set(tenant, key)
    return key
  }

  return async (body: unknown, requestId: string): Promise<FingerprintAnswer> => {
    const say = { actor: 'intake', action: 'fingerprint', request_id: requestId } as const
    let facts: { grant?: string; capture?: string } = {}
    try {
      const call = parseFingerprint(body)
      const ticket = await verifyTicket(call.ticket, deps.ticketPublic, deps.now())
      facts = { grant: ticket.jti, capture: ticket.capture }
      if (ticket.mode !== deps.mode) throw new Refusal('wrong_mode')
      const entry = audit.entry({ ...say, ...facts, result: 'done' })
      if (!(await deps.ledger.ticketUse(ticket.jti, limits.fingerprintsPerTicket, entry))) {
        throw new Refusal('ticket_used_up')
      }
      const key = await tenantKey(ticket.tenant)
      const fingerprint = createHmac('sha256', key).update(lp('fingerprint', call.inner)).digest('base64url')
      return call.cvc ? { fingerprint, cvc_key: deps.cvcKeys.create() } : { fingerprint }
    } catch (error) {
      const reason = reasonOf(error)
      if (reason === null) throw error
      await audit.refused({ ...say, ...facts, result: 'refused', reason })
      throw new SallyportError(reason === 'malformed_request' ? 'request.malformed' : 'auth.forbidden')
    }
  }
}
