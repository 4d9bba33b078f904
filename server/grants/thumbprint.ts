import { createHash } from 'node:crypto'
import type { Jwk } from '../config.ts'

/** RFC 7638: names a public key in a grant's `egress`, so that a stolen grant is of no use to another process. */
export const thumbprint = (key: Jwk): string =>
  createHash('sha256')
    .update(JSON.stringify({ crv: key.crv, kty: key.kty, x: key.x }))
    .digest('base64url')
