import { createHash, hkdfSync, randomBytes } from 'node:crypto'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeCard } from '../../crypto/card-bytes.ts'
import { generateKeyPair, type HpkeKeyPair, type Kem, open, privateDh } from '../../crypto/hpke-node.ts'
import { Pan } from '../../crypto/pan.ts'
import {
  commitInfo,
  encInfo,
  encodeContext,
  kekId,
  type Mandate,
  type RecordContext,
  recordBytes,
  recordSuite,
  recordVersion,
  wrapInfo,
  zeroNonce,
} from './format.ts'
import { openRecord } from './open.ts'
import { makeReplyKey, sealReply } from './reply.ts'
import { type SealedRecord, sealRecord } from './seal.ts'
import { twoKeyCiphertext } from './testing/two-keys.ts'

const mandate: Mandate = {
  uses: 1,
  amountMax: 4_999,
  currency: 'EUR',
  account: 'acct_a',
  notAfterMs: 1_900_000_000_000,
  maxOpens: 3,
}
const context: RecordContext = {
  version: recordVersion,
  suite: recordSuite,
  mode: 'sandbox',
  tenant: 'ten_a',
  token: 'tok_test_a',
  class: 'card',
  createdMs: 1_800_000_000_000,
  mandate,
}
const kems: readonly Kem[] = ['x25519', 'p256']
const enc: Record<Kem, number> = { x25519: 32, p256: 65 }

const kekOf = (suite: Kem) => {
  const pair = generateKeyPair(suite)
  return { pair, kek: { kekId: kekId(pair.publicKey), suite, publicKey: pair.publicKey } }
}

/** keyd's half, without its rules: what a holder of the epoch's private key gets. */
const unwrapped = (suite: Kem, pair: HpkeKeyPair, wrapped: Uint8Array, bound: RecordContext): Buffer =>
  open({
    kem: suite,
    enc: wrapped.subarray(0, enc[suite]),
    publicKey: pair.publicKey,
    info: wrapInfo(encodeContext(bound)),
    aad: new Uint8Array(0),
    ciphertext: wrapped.subarray(enc[suite]),
    dh: privateDh(suite, pair.privateKey),
  })

const otherContexts: readonly [string, RecordContext][] = [
  ['version', { ...context, version: 2 }],
  ['suite', { ...context, suite: 2 }],
  ['mode', { ...context, mode: 'live' }],
  ['tenant', { ...context, tenant: 'ten_b' }],
  ['token', { ...context, token: 'tok_test_b' }],
  ['class', { ...context, class: 'cvc' }],
  ['created', { ...context, createdMs: context.createdMs + 1 }],
  ['no mandate', { ...context, mandate: null }],
  ['uses', { ...context, mandate: { ...mandate, uses: 2 } }],
  ['amount', { ...context, mandate: { ...mandate, amountMax: 5_000 } }],
  ['currency', { ...context, mandate: { ...mandate, currency: 'USD' } }],
  ['account', { ...context, mandate: { ...mandate, account: 'acct_b' } }],
  ['end', { ...context, mandate: { ...mandate, notAfterMs: mandate.notAfterMs + 1 } }],
  ['openings', { ...context, mandate: { ...mandate, maxOpens: 4 } }],
]

describe.each(kems)('a record under %s', (suite) => {
  const { pair, kek } = kekOf(suite)
  const plaintext = Buffer.from('what a card is in bytes')
  const record: SealedRecord = sealRecord(plaintext, context, kek)
  const dek = unwrapped(suite, pair, record.wrappedDek, context)

  test('open inverts seal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.string(), fc.nat(), (bytes, token, createdMs) => {
        const bound = { ...context, token, createdMs }
        const sealed = sealRecord(bytes, bound, kek)
        const key = unwrapped(suite, pair, sealed.wrappedDek, bound)
        expect(new Uint8Array(openRecord(sealed.body, bound, key))).toEqual(bytes)
        expect(sealed.kekId.equals(kek.kekId)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  test('any flipped byte of the body, the wrapped key or the data key fails to open', () => {
    for (let at = 0; at < record.body.length; at += 1) {
      const body = Buffer.from(record.body)
      body.writeUInt8(body.readUInt8(at) ^ 1, at)
      expect(() => openRecord(body, context, dek), `body ${at}`).toThrow('does not open')
    }
    for (let at = 0; at < record.wrappedDek.length; at += 1) {
      const wrapped = Buffer.from(record.wrappedDek)
      wrapped.writeUInt8(wrapped.readUInt8(at) ^ 1, at)
      expect(() => unwrapped(suite, pair, wrapped, context), `wrap ${at}`).toThrow('do not open')
    }
    for (let at = 0; at < dek.length; at += 1) {
      const key = Buffer.from(dek)
      key.writeUInt8(key.readUInt8(at) ^ 1, at)
      expect(() => openRecord(record.body, context, key), `key ${at}`).toThrow('does not open')
    }
  })

  test.each(otherContexts)('with another %s neither the wrap nor the record opens', (_member, other) => {
    expect(() => unwrapped(suite, pair, record.wrappedDek, other)).toThrow('do not open')
    expect(() => openRecord(record.body, other, dek)).toThrow('does not open')
  })

  test('cut and lengthened bodies do not open', () => {
    for (let end = 0; end < record.body.length; end += 1) {
      expect(() => openRecord(record.body.subarray(0, end), context, dek)).toThrow('does not open')
    }
    expect(() => openRecord(Buffer.concat([record.body, new Uint8Array(1)]), context, dek)).toThrow('does not open')
  })

  test('two seals of one card share no data key and no byte of commitment', () => {
    const again = sealRecord(plaintext, context, kek)
    expect(unwrapped(suite, pair, again.wrappedDek, context).equals(dek)).toBe(false)
    expect(again.body.subarray(0, 32).equals(record.body.subarray(0, 32))).toBe(false)
  })
})

test('another tenant, another token: a record moved to another row opens there for nobody', () => {
  const { pair, kek } = kekOf('x25519')
  const mine = sealRecord(Buffer.from('mine'), context, kek)
  const theirs: RecordContext = { ...context, tenant: 'ten_b', token: 'tok_test_b' }
  expect(() => unwrapped('x25519', pair, mine.wrappedDek, theirs)).toThrow()
  const key = unwrapped('x25519', pair, mine.wrappedDek, context)
  expect(() => openRecord(mine.body, theirs, key)).toThrow()
})

describe('a ciphertext made to open under two data keys', () => {
  const bound = encodeContext(context)
  const deks = [randomBytes(32), randomBytes(32)] as const
  const encKeys = deks.map((dek) => new Uint8Array(hkdfSync('sha512', dek, '', encInfo(bound), 32)))
  const [one = new Uint8Array(), two = new Uint8Array()] = encKeys
  const ciphertext = twoKeyCiphertext(one, two, bound)

  test('opens under both where nothing commits to the key (control)', () => {
    const texts = encKeys.map((key) => chacha20poly1305(key, zeroNonce, bound).decrypt(ciphertext))
    expect(Buffer.from(texts[0] ?? '').equals(texts[1] ?? new Uint8Array())).toBe(false)
  })

  test('is refused by the commitment under all but one', () => {
    const commit = Buffer.from(hkdfSync('sha512', deks[0], '', commitInfo(bound), 32))
    const body = Buffer.concat([commit, ciphertext])
    expect(openRecord(body, context, deks[0])).toHaveLength(48)
    expect(() => openRecord(body, context, deks[1])).toThrow('does not open')
  })
})

test('a card of 82 bytes is 220 bytes whole under X25519, 253 under P-256', () => {
  const card = encodeCard({
    number: new Pan(Buffer.from('4242424242424242')),
    expMonth: 12,
    expYear: 2030,
    name: 'A NAME AS LONG AS CARDS TAKE',
    postalCode: '123456 789 012 345 678 9',
  })
  expect(card.length).toBeLessThanOrEqual(86)
  const whole = kems.map((suite) => {
    const { kek } = kekOf(suite)
    const { kekId: id, wrappedDek, body } = sealRecord(new Uint8Array(82), context, kek)
    expect(recordBytes(wrappedDek.length, 82)).toBe(2 + id.length + wrappedDek.length + body.length)
    return recordBytes(wrappedDek.length, 82)
  })
  expect(whole).toEqual([220, 253])
})

test('an epoch is named by its public key', () => {
  const { publicKey } = generateKeyPair('p256')
  const hash = createHash('sha256').update(publicKey).digest('hex')
  expect(kekId(publicKey).toString('hex')).toBe(hash.slice(0, 16))
})

describe('an answer', () => {
  test('opens for the request whose key it was sealed to, and for no other request, grant or class', () => {
    const mine = makeReplyKey()
    const other = makeReplyKey()
    const dek = Buffer.alloc(32, 7)
    const reply = sealReply(mine.publicKey, 'grant-1', 'card', dek)
    expect(mine.open(reply, 'grant-1', 'card').equals(dek)).toBe(true)
    expect(() => mine.open(reply, 'grant-2', 'card')).toThrow()
    expect(() => mine.open(reply, 'grant-1', 'cvc')).toThrow()
    expect(() => other.open(reply, 'grant-1', 'card')).toThrow()
  })

  test('nothing is sealed to a key that gives no secret', () => {
    const zeros = Buffer.alloc(32).toString('base64url')
    expect(() => sealReply(zeros, 'grant-1', 'card', Buffer.alloc(32))).toThrow()
    expect(() => sealReply('short', 'grant-1', 'card', Buffer.alloc(32))).toThrow()
  })
})
