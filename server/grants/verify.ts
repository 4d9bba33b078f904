/**
 * Verifying of grants and tickets. The algorithm is pinned to EdDSA and the key by the caller; the header's
 * `typ` keeps a ticket from being taken for a grant, and nothing else in the header is looked at.
 */
import { compactVerify, importJWK } from 'jose'
import type { Jwk } from '../config.ts'
import {
  type GrantClaims,
  grantType,
  parseGrant,
  parseTicket,
  type TicketClaims,
  ticketType,
  TokenRefused,
} from './claims.ts'

export { type GrantClaims, type TicketClaims, type TokenRefusal, TokenRefused } from './claims.ts'

const keys = new WeakMap<Jwk, ReturnType<typeof importJWK>>()

async function verified(jws: string, typ: string, jwk: Jwk): Promise<Record<string, unknown>> {
  let key = keys.get(jwk)
  if (key === undefined) {
    const { kty, crv, x } = jwk
    key = importJWK({ kty, crv, x }, 'EdDSA')
    keys.set(jwk, key)
  }
  const publicKey = await key
  let result: Awaited<ReturnType<typeof compactVerify>>
  try {
    result = await compactVerify(jws, publicKey, { algorithms: ['EdDSA'] })
  } catch (cause) {
    throw new TokenRefused(isMalformed(cause) ? 'malformed' : 'signature')
  }
  if (result.protectedHeader.typ !== typ) throw new TokenRefused('wrong_type')
  try {
    const claims: unknown = JSON.parse(new TextDecoder().decode(result.payload))
    if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) throw new TokenRefused('malformed')
    return { ...claims }
  } catch {
    throw new TokenRefused('malformed')
  }
}

const isMalformed = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'ERR_JWS_INVALID'

/** Rejects with TokenRefused, whose reason is for the audit log. `nowMs` is the caller's clock; skew is 5 s. */
export const verifyGrant = async (jws: string, key: Jwk, nowMs: number): Promise<GrantClaims> =>
  parseGrant(await verified(jws, grantType, key), nowMs)

export const verifyTicket = async (jws: string, key: Jwk, nowMs: number): Promise<TicketClaims> =>
  parseTicket(await verified(jws, ticketType, key), nowMs)
