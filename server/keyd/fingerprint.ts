/**
 * fingerprint: the outer of two HMACs, so that a tenant can tell whether it has seen a card before. What arrives is
 * intake's inner HMAC, what leaves is bound to the tenant of the ticket. Without the ticket this would be an oracle:
 * with BIN and last four known, a stored card is one of a hundred thousand.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { lp } from '../../crypto/lp.ts'
import type { KeyStore } from '../keys/store.ts'
import { SallyportError } from '../../protocol/errors.ts'
import type { FingerprintAnswer, FingerprintsAnswer } from '../records/keyd-calls.ts'
import type { CvcKeys } from './cvc-keys.ts'
import { parseFingerprint, parseFingerprints } from './parse.ts'
import { againstTickets, alone, type Asked, type TicketDeps } from './ticket.ts'

export interface FingerprintDeps extends TicketDeps {
  store: KeyStore
  cvcKeys: CvcKeys
}

const tenantKeysMax = 1_000

export function fingerprinter(deps: FingerprintDeps) {
  const { store } = deps
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

  const answer = async (
    call: ReturnType<typeof parseFingerprint>,
    { tenant }: { tenant: string },
  ): Promise<FingerprintAnswer> => {
    const key = await tenantKey(tenant)
    const fingerprint = createHmac('sha256', key).update(lp('fingerprint', call.inner)).digest('base64url')
    return call.cvc ? { fingerprint, cvc_key: deps.cvcKeys.create() } : { fingerprint }
  }
  const ask = (asked: readonly Omit<Asked<never>, 'parse'>[]) =>
    againstTickets(
      deps,
      'fingerprint',
      asked.map((one) => ({ ...one, parse: parseFingerprint })),
      answer,
    )

  return {
    one: (body: unknown, requestId: string): Promise<FingerprintAnswer> => alone(ask([{ body, requestId }])),
    /** Each under the id of the request that it came from; a refusal among them says no more than one alone. */
    many: async (body: unknown): Promise<FingerprintsAnswer> => {
      const answers = await ask(
        parseFingerprints(body).map(({ request_id: requestId, ...call }) => ({ body: call, requestId })),
      )
      return { answers: answers.map((one) => (one instanceof SallyportError ? { code: one.code } : one)) }
    },
  }
}
