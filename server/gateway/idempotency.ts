import { SallyportError } from '../../protocol/errors.ts'
import type { Idempotency } from '../../protocol/inner-http.ts'
import { canonicalDigest, type Json } from '../canonical.ts'
import { httpLimits } from '../http-limits.ts'
import { isCardShaped } from '../card-shaped.ts'
import type { Derive } from './derive.ts'

/**
 * The `Idempotency-Key` header: visible ASCII, compared byte by byte. What it is bound to, and for how long (for ever),
 * is the vault's matter; the gateway derives ids and digests from it.
 */
const pattern = new RegExp(`^[\\x21-\\x7e]{1,${httpLimits.idempotencyKeyLengthMax}}$`)

export function idempotencyKey(header: string | undefined, required: boolean): string | undefined {
  if (header === undefined || header === '') {
    if (required) throw new SallyportError('request.idempotency_required')
    return undefined
  }
  if (!pattern.test(header) || isCardShaped(header)) {
    throw new SallyportError('request.malformed', { param: 'Idempotency-Key' })
  }
  return header
}

/** `route` is method and path with the ids in it: a key of one charge's refund says nothing about another's. */
export const bound = (derive: Derive, tenant: string, route: string, key: string, body: Json): Idempotency => ({
  key: derive.keyDigest(tenant, route, key),
  body: canonicalDigest(body),
})
