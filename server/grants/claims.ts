/**
 * What a grant and a ticket say, and the one parser for each. A grant is the gateway's permission of seconds to
 * open one token for one attempt of one charge; a ticket is its statement that a capture exists.
 */
import { limits } from '../../protocol/limits.ts'
import { tokenPattern } from '../../protocol/ids.ts'

export const grantType = 'sallyport-grant+jwt'
export const ticketType = 'sallyport-ticket+jwt'

export type GrantClass = 'card' | 'cvc'

export interface GrantClaims {
  iss: 'gateway'
  aud: 'keyd'
  jti: string
  /** Seconds since 1970. */
  iat: number
  exp: number
  mode: 'sandbox' | 'live'
  tenant: string
  token: string
  /** ['card'] or ['card', 'cvc'] */
  classes: readonly GrantClass[]
  charge: string
  operation: 'sale' | 'authorize'
  /** From 1. */
  attempt: number
  amount_minor: number
  currency: string
  account: string
  /** RFC 7638 thumbprint of the request key of the egress that may use it. */
  egress: string
  capture?: string
  reference?: string
}

export interface TicketClaims {
  iss: 'gateway'
  aud: 'keyd'
  jti: string
  iat: number
  exp: number
  mode: 'sandbox' | 'live'
  tenant: string
  capture: string
}

/** Why a grant or a ticket is no good by itself, before anyone looks at what it is for. */
export type TokenRefusal =
  | 'malformed'
  | 'signature'
  | 'wrong_type'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'expired'
  | 'not_yet'
  | 'too_long'

/** For the audit log; outside, every refusal is `auth.forbidden`. */
export class TokenRefused extends Error {
  readonly reason: TokenRefusal
  constructor(reason: TokenRefusal) {
    super('the signed permission is not accepted')
    this.name = 'TokenRefused'
    this.reason = reason
  }
}

type Claims = Record<string, unknown>
const malformed = (): TokenRefused => new TokenRefused('malformed')

const text = (claims: Claims, name: string, max = 128): string => {
  const value = claims[name]
  if (typeof value !== 'string' || value.length === 0 || value.length > max) throw malformed()
  return value
}
const whole = (claims: Claims, name: string): number => {
  const value = claims[name]
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw malformed()
  return Number(value)
}
const oneOf = <T extends string>(claims: Claims, name: string, values: readonly T[]): T => {
  const value = values.find((known) => known === claims[name])
  if (value === undefined) throw malformed()
  return value
}

const common = (claims: Claims, ttlMs: number, nowMs: number) => {
  const iss = text(claims, 'iss')
  const aud = text(claims, 'aud')
  if (iss !== 'gateway') throw new TokenRefused('wrong_issuer')
  if (aud !== 'keyd') throw new TokenRefused('wrong_audience')
  const iat = whole(claims, 'iat')
  const exp = whole(claims, 'exp')
  if ((exp - iat) * 1000 > ttlMs) throw new TokenRefused('too_long')
  if (iat * 1000 > nowMs + limits.clockSkewMs) throw new TokenRefused('not_yet')
  if (exp * 1000 + limits.clockSkewMs <= nowMs) throw new TokenRefused('expired')
  return {
    iss,
    aud,
    jti: text(claims, 'jti'),
    iat,
    exp,
    mode: oneOf(claims, 'mode', ['sandbox', 'live'] as const),
    tenant: text(claims, 'tenant'),
  } as const
}

const grantMembers = new Set([
  'iss',
  'aud',
  'jti',
  'iat',
  'exp',
  'mode',
  'tenant',
  'token',
  'classes',
  'charge',
  'operation',
  'attempt',
  'amount_minor',
  'currency',
  'account',
  'egress',
  'capture',
  'reference',
])
const ticketMembers = new Set(['iss', 'aud', 'jti', 'iat', 'exp', 'mode', 'tenant', 'capture'])

const closed = (claims: Claims, members: ReadonlySet<string>): void => {
  for (const name of Object.keys(claims)) if (!members.has(name)) throw malformed()
}

/** Throws TokenRefused. */
export function parseGrant(claims: Claims, nowMs: number): GrantClaims {
  closed(claims, grantMembers)
  const base = common(claims, limits.grantTtlMs, nowMs)
  const token = text(claims, 'token')
  const currency = text(claims, 'currency', 3)
  if (!tokenPattern.test(token) || !/^[A-Z]{3}$/.test(currency)) throw malformed()
  return {
    ...base,
    token,
    classes: classesOf(claims['classes']),
    charge: text(claims, 'charge'),
    operation: oneOf(claims, 'operation', ['sale', 'authorize'] as const),
    attempt: whole(claims, 'attempt'),
    amount_minor: whole(claims, 'amount_minor'),
    currency,
    account: text(claims, 'account'),
    egress: text(claims, 'egress'),
    ...(claims['capture'] === undefined ? {} : { capture: text(claims, 'capture') }),
    ...(claims['reference'] === undefined ? {} : { reference: text(claims, 'reference') }),
  }
}

function classesOf(value: unknown): readonly GrantClass[] {
  if (!Array.isArray(value) || value[0] !== 'card') throw malformed()
  if (value.length === 1) return ['card']
  if (value.length === 2 && value[1] === 'cvc') return ['card', 'cvc']
  throw malformed()
}

/** Throws TokenRefused. */
export function parseTicket(claims: Claims, nowMs: number): TicketClaims {
  closed(claims, ticketMembers)
  return { ...common(claims, limits.ticketTtlMs, nowMs), capture: text(claims, 'capture') }
}
