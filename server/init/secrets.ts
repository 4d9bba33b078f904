import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { makeId, lettersFrom } from '../../protocol/ids.ts'
import type { Jwk, Mode, Role } from '../config.ts'
import { type Passwords, makePassword, makePasswords } from '../database/roles.ts'

/** What the deployment is; fixed when it is made. */
export interface Deployment {
  v: 1
  id: string
  mode: Mode
  created_at: string
}

/** The test tenant, for the person who integrates (DESIGN §10). */
export interface TenantFile {
  tenant: string
  publishable_key: string
  secret_key: string
  webhook_secret: string
}

/** Every secret that a process is given; only init writes them and only the supervisor reads them all. */
export interface Secrets {
  v: 1
  /** Each signs the requests of one role. */
  request: Record<Role, Jwk>
  grant: Jwk
  ticket: Jwk
  checkpoint: Jwk
  /** 32 bytes each, base64url. */
  derive: string
  fingerprint: string
  hour_key: string
  processor_key: string
  /** The sandbox processor's own API key. */
  sandbox_processor: string
  database: { superuser: string; roles: Passwords }
}

/** An Ed25519 private key whose `kid` is its RFC 7638 thumbprint. */
export function makeSigningKey(): Jwk {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  if (x === undefined || d === undefined) throw new Error('node:crypto exported an incomplete Ed25519 key')
  const kid = createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url')
  return { kty: 'OKP', crv: 'Ed25519', x, d, kid }
}

export const publicPart = (key: Jwk): Jwk => ({
  kty: key.kty,
  crv: key.crv,
  x: key.x,
  ...(key.kid === undefined ? {} : { kid: key.kid }),
})

const make32 = (): string => randomBytes(32).toString('base64url')
const makeLetters = (): string => lettersFrom(randomBytes(64))

export function makeSecrets(): Secrets {
  return {
    v: 1,
    request: {
      gateway: makeSigningKey(),
      intake: makeSigningKey(),
      egress: makeSigningKey(),
      keyd: makeSigningKey(),
      keeper: makeSigningKey(),
    },
    grant: makeSigningKey(),
    ticket: makeSigningKey(),
    checkpoint: makeSigningKey(),
    derive: make32(),
    fingerprint: make32(),
    hour_key: make32(),
    processor_key: make32(),
    sandbox_processor: `sp_sandbox_${makeLetters()}`,
    database: { superuser: makePassword(), roles: makePasswords() },
  }
}

export function makeTenant(mode: Mode): TenantFile {
  const kind = mode === 'sandbox' ? 'test' : 'live'
  return {
    tenant: makeId('ten_'),
    publishable_key: `pk_${kind}_${makeLetters()}`,
    secret_key: `sk_${kind}_${makeLetters()}`,
    webhook_secret: `whsec_${randomBytes(32).toString('base64')}`,
  }
}
