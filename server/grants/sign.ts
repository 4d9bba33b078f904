/** Signing of grants and tickets: only the gateway imports this file, and it has a key of its own for each. */
import { CompactSign, importJWK } from 'jose'
import type { Jwk } from '../config.ts'
import { type GrantClaims, grantType, type TicketClaims, ticketType } from './claims.ts'

const keys = new WeakMap<Jwk, ReturnType<typeof importJWK>>()

async function sign(claims: object, typ: string, jwk: Jwk): Promise<string> {
  let key = keys.get(jwk)
  if (key === undefined) {
    key = importJWK({ ...jwk }, 'EdDSA')
    keys.set(jwk, key)
  }
  const payload = new TextEncoder().encode(JSON.stringify(claims))
  return new CompactSign(payload).setProtectedHeader({ alg: 'EdDSA', typ }).sign(await key)
}

/** `exp` at most 60 s after `iat`; keyd refuses a longer one. */
export const signGrant = (claims: GrantClaims, key: Jwk): Promise<string> => sign(claims, grantType, key)

/** `exp` at most 65 minutes after `iat`. */
export const signTicket = (claims: TicketClaims, key: Jwk): Promise<string> => sign(claims, ticketType, key)
