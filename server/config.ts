import { readFileSync } from 'node:fs'
import type { CardLimits } from './card-limits.ts'

/**
 * What each process is told, and nothing more. The supervisor writes one file a role (mode 0600) from the
 * secrets that `sallyport init` made and the settings; a process reads its own, named by SALLYPORT_CONFIG,
 * and looks at no other environment variable.
 * Keys are JWKs (Ed25519: OKP) or base64url of 32 bytes, as named.
 */
export type Mode = 'sandbox' | 'live'
export type Role = 'gateway' | 'intake' | 'egress' | 'keyd' | 'keeper'
export const roles: readonly Role[] = ['gateway', 'intake', 'egress', 'keyd', 'keeper']

export interface Jwk {
  kty: 'OKP'
  crv: 'Ed25519'
  x: string
  d?: string
  kid?: string
}
export interface Listen {
  host: string
  port: number
  /** A socket that is bound to them already, inherited from the supervisor, which holds it through restarts. */
  fd?: number
}
/** A Unix socket of another process's inner door, and the public name that requests to it are bound to. */
export interface Peer {
  socket: string
  /** Of its twins: any of them takes a call. */
  others?: readonly string[]
  audience: Role
}

/** A socket of an inner door for one caller, in a folder that only its two sides may enter. */
export interface CallerDoor {
  caller: Role
  socket: string
}

interface Common {
  mode: Mode
  /** Postgres URL with the role's own user and password; Unix socket by `?host=`. */
  database_url: string
  /** The process's own inner door (Unix socket path): healthz, readyz and its peers' calls. */
  inner_socket: string
  /** The same door once more for each caller: what comes in there must be signed by that one. */
  inner_doors?: readonly CallerDoor[]
}

/** What the two outer doors have in common. */
interface Outer {
  /** PEM files of a certificate and its key, for HTTPS; without them plain HTTP, behind a proxy. */
  tls?: { cert: string; key: string }
  /** CIDRs of proxies whose X-Forwarded-For is believed; nobody's without it. */
  trust_proxy?: string[]
  /** `mailto:` or `https:`, for security.txt. */
  security_contact?: string
}

export interface GatewayConfig extends Common, Outer {
  role: 'gateway'
  listen: Listen
  public_url: string
  capture_origin: string
  intake: Peer
  egress: Peer
  widget_dir: string
  /** Signs requests to intake and egress. */
  request_key: Jwk
  grant_key: Jwk
  ticket_key: Jwk
  /** 32 bytes: derives charge ids, client secrets, cursor authentication. */
  derive_key: string
}

export interface IntakeConfig extends Common, Outer {
  role: 'intake'
  listen: Listen
  public_url: string
  frame_dir: string
  link_dir: string
  keyd: Peer
  request_key: Jwk
  callers: { gateway: Jwk }
  /** 32 bytes: the inner of the two HMACs of a fingerprint. */
  fingerprint_key: string
  /** 32 bytes: seals the hour's HPKE private keys at rest, so that several intakes share them. */
  hour_key_secret: string
  any_pan: boolean
  /** How many cards may be tried (`card-limits.ts`). Without it as many as anyone likes. */
  card_limits?: CardLimits
  /** For tests in sandbox mode: a code of 24 bytes instead of digits is taken too. Refused in live mode. */
  cvc_canary?: boolean
}

export interface EgressConfig extends Common {
  role: 'egress'
  /** Tells this egress from its twins, who have the same key: a restart goes on with what was its own, at once. */
  instance?: string
  keyd: Peer
  request_key: Jwk
  callers: { gateway: Jwk }
  grant_public: Jwk
  /** 32 bytes: derives the processors' idempotency keys. */
  processor_key_secret: string
  processor_timeout_ms: number
  /** Sandbox mode alone: the sandbox processor speaks http on loopback. */
  dangerously_allow_http: boolean
}

export interface KeydConfig extends Common {
  role: 'keyd'
  /** `file:/absolute/folder` */
  key_store: string
  /** An open file descriptor from which keyd reads the store's passphrase once; none for a store that has none. */
  key_passphrase_fd?: number
  /** Openings a minute over all tokens; keyd's own limit without it. */
  opens_per_minute_max?: number
  request_key: Jwk
  callers: { egress: Jwk; intake: Jwk; keeper: Jwk }
  grant_public: Jwk
  ticket_public: Jwk
}

export interface KeeperConfig extends Common {
  role: 'keeper'
  keyd: Peer
  request_key: Jwk
  /** Ed25519 private key that signs checkpoints of both audit logs. */
  checkpoint_key: Jwk
  /** The second place: a folder with the Merkle trees of both logs and their checkpoints. */
  checkpoint_dir: string
  /** Where auditors and witnesses read checkpoints and hashes; nowhere without it. */
  listen?: Listen
  /** Key lines of the witnesses whose cosignatures are kept. */
  witnesses?: string[]
}

/** The screen's: neither database nor key nor inner door. It is no role of the vault's, and runs where the chat does. */
export interface ScreenConfig extends Pick<Outer, 'tls' | 'trust_proxy'> {
  role: 'screen'
  listen: Listen
  public_url: string
  /** Where findings are told. */
  gateway_url: string
}

export interface RoleConfigs {
  gateway: GatewayConfig
  intake: IntakeConfig
  egress: EgressConfig
  keyd: KeydConfig
  keeper: KeeperConfig
}

type Configs = RoleConfigs & { screen: ScreenConfig }

/** Reads this process's configuration. Throws with the variable's name, never with the file's content. */
export function readConfig<R extends keyof Configs>(role: R): Configs[R] {
  const path = process.env['SALLYPORT_CONFIG']
  if (path === undefined) throw new Error('SALLYPORT_CONFIG is not set; start the processes with `npm start`')
  let config: Configs[R]
  try {
    config = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new Error('the file named by SALLYPORT_CONFIG cannot be read as JSON', { cause })
  }
  if (config.role !== role) throw new Error(`the file named by SALLYPORT_CONFIG is not for ${role}`)
  return config
}
