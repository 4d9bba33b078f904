import { createHash, createHmac } from 'node:crypto'
import { lp } from '../../crypto/lp.ts'
import { type IdPrefix, lettersFrom } from '../../protocol/ids.ts'
import { phraseFrom } from '../phrases.ts'

/**
 * What the gateway derives instead of storing: ids of things made under an Idempotency-Key and the client secrets of
 * captures. A replay, a second gateway or a restored database comes to the same ones, so that nothing is made twice.
 */
export interface Derive {
  /** The id of what this route makes under this Idempotency-Key, for ever. */
  id(prefix: IdPrefix, tenant: string, route: string, key: string): string
  /** What a key is remembered by in the vault: it says neither tenant, route nor key. */
  keyDigest(tenant: string, route: string, key: string): string
  clientSecret(capture: string, version: number): string
  /** What opens the form on another device, and the words that the chat shows beside it. */
  link(capture: string, version: number): { secret: string; phrase: string }
  /** A key of its own for another purpose, 32 bytes. */
  subkey(label: string): Buffer
}

export function makeDerive(deriveKey: Buffer): Derive {
  if (deriveKey.length !== 32) throw new RangeError('derive_key must be 32 bytes')
  const hmac = (algorithm: 'sha256' | 'sha512', label: string, ...fields: (string | number)[]): Buffer =>
    createHmac(algorithm, deriveKey)
      .update(lp(label, ...fields))
      .digest()
  return {
    // 64 bytes: letters are drawn without bias, and the chance that too few bytes are usable is below 2^-100.
    id: (prefix, tenant, route, key) => prefix + lettersFrom(hmac('sha512', `id:${prefix}`, tenant, route, key)),
    keyDigest: (tenant, route, key) => hmac('sha256', 'idempotency', tenant, route, key).toString('base64url'),
    clientSecret: (capture, version) => `cs_${hmac('sha256', 'client_secret', capture, version).toString('base64url')}`,
    link: (capture, version) => ({
      secret: hmac('sha256', 'link', capture, version).subarray(0, 16).toString('base64url'),
      phrase: phraseFrom(hmac('sha256', 'link_phrase', capture, version)),
    }),
    subkey: (label) => hmac('sha256', 'subkey', label),
  }
}

/** What intake keeps of a client secret, and of a link's. */
export const secretHash = (secret: string): string => createHash('sha256').update(secret).digest('base64url')
