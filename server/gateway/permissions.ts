import { randomUUID } from 'node:crypto'
import type { CreateChargeRequest } from '../../protocol/agent-http.ts'
import { limits } from '../../protocol/limits.ts'
import type { GatewayConfig } from '../config.ts'
import { signGrant, signTicket } from '../grants/sign.ts'
import type { ChargeTerms } from './inner-calls.ts'

/**
 * What the gateway signs: that a capture exists (ticket), and that one token may be opened for one attempt of one
 * charge (grant). keyd holds a grant against the token's mandate, so that it cannot permit more than was agreed.
 */
export interface Sign {
  ticket(tenant: string, capture: string): Promise<string>
  grant(tenant: string, charge: string, request: CreateChargeRequest, terms: ChargeTerms): Promise<string>
}

type Config = Pick<GatewayConfig, 'mode' | 'grant_key' | 'ticket_key'>

export function makeSign({ mode, grant_key: grantKey, ticket_key: ticketKey }: Config, now: () => number): Sign {
  const common = (ttlMs: number) => {
    const iat = Math.floor(now() / 1_000)
    return { iss: 'gateway', aud: 'keyd', jti: randomUUID(), iat, exp: iat + ttlMs / 1_000, mode } as const
  }
  return {
    ticket: (tenant, capture) => signTicket({ ...common(limits.ticketTtlMs), tenant, capture }, ticketKey),
    grant: (tenant, charge, request, terms) =>
      signGrant(
        {
          ...common(limits.grantTtlMs),
          tenant,
          token: request.token,
          classes: terms.classes,
          charge,
          operation: request.operation ?? 'sale',
          attempt: terms.attempt,
          amount_minor: request.amount_minor,
          currency: request.currency,
          account: terms.account,
          egress: terms.egress,
          ...(request.capture_id !== undefined && { capture: request.capture_id }),
          ...(request.reference !== undefined && { reference: request.reference }),
        },
        grantKey,
      ),
  }
}
