/**
 * The signature on every call between processes. It binds caller, callee and the callee's present start, method,
 * path and body, so that a recorded request is of no use elsewhere or later. Types and keys differ from those of
 * grants and tickets.
 */
import { createHash, randomUUID } from 'node:crypto'
import { CompactSign, compactVerify, importJWK } from 'jose'
import { limits } from '../../protocol/limits.ts'
import type { Jwk, Role } from '../config.ts'

export const signatureHeader = 'sallyport-signature'
export const requestIdHeader = 'sallyport-request-id'
const requestType = 'sallyport-request+jwt'
/** Long enough for a slow machine, short enough that the memory of seen ids stays small. */
const requestTtlSeconds = 30

export interface SignedPart {
  method: string
  /** Path and query as sent. */
  path: string
  body: Uint8Array
}

const bodyHash = (body: Uint8Array): string => createHash('sha256').update(body).digest('base64url')

export type RequestSigner = (part: SignedPart, audience: string) => Promise<string>

export function requestSigner(issuer: Role, jwk: Jwk, now: () => number = Date.now): RequestSigner {
  const key = importJWK({ ...jwk }, 'EdDSA')
  return async (part, audience) => {
    const iat = Math.floor(now() / 1000)
    const claims = {
      iss: issuer,
      aud: audience,
      method: part.method,
      path: part.path,
      body_sha256: bodyHash(part.body),
      jti: randomUUID(),
      iat,
      exp: iat + requestTtlSeconds,
    }
    return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'EdDSA', typ: requestType, kid: issuer })
      .sign(await key)
  }
}

/** `bad`: not signed by a caller we know, or not for this request. `replayed`: seen before. `other_boot`: an earlier start. */
export type Verdict = { ok: true; caller: Role } | { ok: false; why: 'bad' | 'replayed' | 'other_boot' }
export type RequestVerifier = (signature: string, part: SignedPart) => Promise<Verdict>

/**
 * Seen ids live in memory: the audience holds the boot id, so that nothing signed for this start outlives it.
 */
export function requestVerifier(
  audience: string,
  callers: Partial<Record<Role, Jwk>>,
  now: () => number = Date.now,
): RequestVerifier {
  const keys = new Map<string, { role: Role; key: ReturnType<typeof importJWK> }>()
  for (const [name, jwk] of Object.entries(callers)) {
    const { kty, crv, x } = jwk
    // Object.entries widens the key; the record's type says that it is a role.
    keys.set(name, { role: name as Role, key: importJWK({ kty, crv, x }, 'EdDSA') })
  }
  const seen = new SeenIds()

  return async (signature, part) => {
    const bad: Verdict = { ok: false, why: 'bad' }
    const claimed = callerOf(signature)
    const known = claimed === undefined ? undefined : keys.get(claimed)
    if (known === undefined) return bad
    let claims: Record<string, unknown>
    try {
      const result = await compactVerify(signature, await known.key, { algorithms: ['EdDSA'] })
      if (result.protectedHeader.typ !== requestType) return bad
      claims = JSON.parse(new TextDecoder().decode(result.payload))
    } catch {
      return bad
    }
    if (claims['iss'] !== known.role || claims['method'] !== part.method || claims['path'] !== part.path) return bad
    if (claims['body_sha256'] !== bodyHash(part.body)) return bad
    const { jti, iat, exp, aud } = claims
    if (typeof jti !== 'string' || typeof iat !== 'number' || typeof exp !== 'number') return bad
    const nowMs = now()
    const skew = limits.clockSkewMs
    if (exp - iat > requestTtlSeconds || exp * 1000 + skew <= nowMs || iat * 1000 > nowMs + skew) return bad
    if (aud !== audience) return { ok: false, why: 'other_boot' }
    if (!seen.add(jti, exp * 1000 + skew, nowMs)) return { ok: false, why: 'replayed' }
    return { ok: true, caller: known.role }
  }
}

/** The header's `kid` only chooses which pinned key to try. */
function callerOf(signature: string): string | undefined {
  try {
    const header = JSON.parse(Buffer.from(signature.split('.', 1)[0] ?? '', 'base64url').toString('utf8'))
    return typeof header?.kid === 'string' ? header.kid : undefined
  } catch {
    return undefined
  }
}

/** Two generations: an id is forgotten once its request has expired, without a sweep of the whole memory. */
class SeenIds {
  #young = new Set<string>()
  #old = new Set<string>()
  #turnAtMs = 0

  add(id: string, untilMs: number, nowMs: number): boolean {
    if (nowMs >= this.#turnAtMs) {
      this.#old = this.#young
      this.#young = new Set()
      // The longest life of any id from now: none in `young` can still be valid when it is dropped, two turns on.
      this.#turnAtMs = nowMs + requestTtlSeconds * 1000 + 2 * limits.clockSkewMs
    }
    if (untilMs <= nowMs || this.#young.has(id) || this.#old.has(id)) return false
    this.#young.add(id)
    return true
  }
}
