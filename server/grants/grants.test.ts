import { generateKeyPairSync } from 'node:crypto'
import { calculateJwkThumbprint, CompactSign, importJWK } from 'jose'
import { describe, expect, test } from 'vitest'
import type { Jwk } from '../config.ts'
import { type GrantClaims, type TicketClaims, type TokenRefusal, TokenRefused } from './claims.ts'
import { signGrant, signTicket } from './sign.ts'
import { thumbprint } from './thumbprint.ts'
import { verifyGrant, verifyTicket } from './verify.ts'

const makeKey = (): Jwk => {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return { kty: 'OKP', crv: 'Ed25519', x, d }
}
const key = makeKey()
const publicKey: Jwk = { kty: key.kty, crv: key.crv, x: key.x }
const nowMs = 1_800_000_000_000
const iat = nowMs / 1000

const claims: GrantClaims = {
  iss: 'gateway',
  aud: 'keyd',
  jti: 'grant-1',
  iat,
  exp: iat + 60,
  mode: 'sandbox',
  tenant: 'ten_a',
  token: `tok_test_${'a'.repeat(26)}`,
  classes: ['card', 'cvc'],
  charge: 'chg_a',
  operation: 'sale',
  attempt: 1,
  amount_minor: 1_000,
  currency: 'EUR',
  account: 'acct_a',
  egress: 'thumb',
  capture: 'cap_a',
  reference: 'order 1',
}
const ticket: TicketClaims = {
  iss: 'gateway',
  aud: 'keyd',
  jti: 'ticket-1',
  iat,
  exp: iat + 3_900,
  mode: 'sandbox',
  tenant: 'ten_a',
  capture: 'cap_a',
}

/** Signs anything, the way a holder of the key could. */
const signAny = async (payload: object | string, header: { alg?: string; typ?: string } = {}): Promise<string> =>
  new CompactSign(new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'sallyport-grant+jwt', ...header })
    .sign(await importJWK({ ...key }, 'EdDSA'))

const refusal = async (jws: string, at = nowMs, by = publicKey): Promise<TokenRefusal | null> => {
  try {
    await verifyGrant(jws, by, at)
    return null
  } catch (error) {
    if (error instanceof TokenRefused) return error.reason
    throw error
  }
}

describe('a grant', () => {
  test('is read back as it was signed', async () => {
    expect(await verifyGrant(await signGrant(claims, key), publicKey, nowMs)).toEqual(claims)
    const { capture: _capture, reference: _reference, ...fewer } = claims
    expect(await verifyGrant(await signGrant(fewer, key), publicKey, nowMs)).toEqual(fewer)
  })

  test('lives to its end and five seconds of skew', async () => {
    const jws = await signGrant(claims, key)
    expect(await refusal(jws, nowMs + 64_999)).toBeNull()
    expect(await refusal(jws, nowMs + 65_000)).toBe('expired')
    expect(await refusal(jws, nowMs - 5_000)).toBeNull()
    expect(await refusal(jws, nowMs - 5_001)).toBe('not_yet')
  })

  test('is refused when it is longer than a minute, however it is signed', async () => {
    expect(await refusal(await signGrant({ ...claims, exp: iat + 61 }, key))).toBe('too_long')
  })

  test('is refused when it is signed by another key, or any part of it is changed', async () => {
    const jws = await signGrant(claims, key)
    expect(await refusal(jws, nowMs, makeKey())).toBe('signature')
    const [header = '', payload = '', signature = ''] = jws.split('.')
    const more = Buffer.from(JSON.stringify({ ...claims, amount_minor: 9_999 })).toString('base64url')
    expect(await refusal([header, more, signature].join('.'))).toBe('signature')
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'sallyport-grant+jwt' })).toString('base64url')
    expect(await refusal([none, payload, ''].join('.'))).not.toBeNull()
    expect(await refusal([header, payload, signature.slice(2)].join('.'))).toBe('signature')
    expect(await refusal('not a jws')).toBe('malformed')
  })

  test('is refused with an algorithm that is not pinned, were the key even the same bytes', async () => {
    const mac = await new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'HS256', typ: 'sallyport-grant+jwt' })
      .sign(Buffer.from(publicKey.x, 'base64url'))
    expect(await refusal(mac)).toBe('signature')
  })

  test('is not a ticket, and a ticket is not a grant', async () => {
    expect(await refusal(await signTicket(ticket, key))).toBe('wrong_type')
    await expect(verifyTicket(await signGrant(claims, key), publicKey, nowMs)).rejects.toThrow(TokenRefused)
    expect(await verifyTicket(await signTicket(ticket, key), publicKey, nowMs)).toEqual(ticket)
  })

  test.each<[TokenRefusal, object | string]>([
    ['wrong_issuer', { ...claims, iss: 'egress' }],
    ['wrong_audience', { ...claims, aud: 'egress' }],
    ['malformed', { ...claims, more: 1 }],
    ['malformed', { ...claims, jti: undefined }],
    ['malformed', { ...claims, token: 'tok_test_1234' }],
    ['malformed', { ...claims, currency: 'eur' }],
    ['malformed', { ...claims, amount_minor: -1 }],
    ['malformed', { ...claims, amount_minor: 0.5 }],
    ['malformed', { ...claims, classes: ['cvc'] }],
    ['malformed', { ...claims, classes: ['card', 'cvc', 'credential'] }],
    ['malformed', { ...claims, classes: [] }],
    ['malformed', { ...claims, operation: 'refund' }],
    ['malformed', { ...claims, mode: 'test' }],
    ['malformed', '[]'],
    ['malformed', 'null'],
    ['malformed', 'no json'],
  ])('is refused as %s for %j', async (reason, payload) => {
    expect(await refusal(await signAny(payload))).toBe(reason)
  })
})

test('a key is named by its RFC 7638 thumbprint', async () => {
  expect(thumbprint(key)).toBe(await calculateJwkThumbprint({ ...publicKey }))
})
