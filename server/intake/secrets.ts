/** Bearer secrets of the frame: made here, kept as hashes alone, compared in constant time. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Request } from 'express'
import { SallyportError } from '../../protocol/errors.ts'
import type { StoredCapture } from './store.ts'

export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** Power over one epoch of one capture: progress, submit, cancel, attach again. */
export const makeSessionSecret = (): string => `ss_${randomBytes(32).toString('base64url')}`

export function bearer(request: Request): string {
  const match = /^Bearer ([A-Za-z0-9_-]{20,100})$/.exec(request.headers.authorization ?? '')
  if (match?.[1] === undefined) throw new SallyportError('auth.unauthenticated')
  return match[1]
}

const equal = (secret: string, hash: Buffer | null): boolean =>
  hash !== null && timingSafeEqual(hashSecret(secret), hash)

/** The session of the running epoch, as against the client secret. */
export const isSession = (stored: StoredCapture, secret: string): boolean => equal(secret, stored.sessionHash)

/** A capture that does not exist looks like one whose secret is wrong. */
export function requireSession(stored: StoredCapture | null, secret: string): asserts stored is StoredCapture {
  if (stored === null || !equal(secret, stored.sessionHash)) throw new SallyportError('auth.unauthenticated')
}

/**
 * The client secret while it lives, or the session secret of the running epoch (the frame's own re-attach). `ended`: a
 * secret past its time will do, for there is nothing left that it has power over.
 */
export function requireAttachSecret(
  stored: StoredCapture | null,
  secret: string,
  ended = false,
): asserts stored is StoredCapture {
  const byClient = stored !== null && (stored.secretLive || ended) && equal(secret, stored.clientSecretHash)
  if (stored === null || !(byClient || equal(secret, stored.sessionHash)))
    throw new SallyportError('auth.unauthenticated')
}
