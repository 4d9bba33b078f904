import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'
import { CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core'
import { DhkemX25519HkdfSha256 } from '@hpke/dhkem-x25519'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import vectors from './hpke.vectors.json' with { type: 'json' }
import type { Aead } from './hpke-labels.ts'
import {
  exportPrivateKey,
  generateKeyPair,
  importPrivateKey,
  type Kem,
  keySchedule,
  open,
  prepareSchedule,
  privateDh,
  seal,
  sharedSecret,
} from './hpke-node.ts'
import { canSeal, sealTo } from './hpke-web.ts'

const hex = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'hex'))
const kems: readonly Kem[] = ['x25519', 'p256']
const info = hex(vectors.info)
const aad = hex(vectors.aad)
const plaintext = hex(vectors.plaintext)

const otherSuite = (kem: Kem): CipherSuite =>
  new CipherSuite({
    kem: kem === 'x25519' ? new DhkemX25519HkdfSha256() : new DhkemP256HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Chacha20Poly1305(),
  })

describe.each(vectors.vectors)('RFC 9180 $why', (vector) => {
  const kem: Kem = vector.kem === 'p256' ? 'p256' : 'x25519'
  const aead: Aead = vector.aead === 'aes-128-gcm' ? 'aes-128-gcm' : 'chacha20-poly1305'
  const sender = importPrivateKey(kem, hex(vector.skE))
  const recipient = importPrivateKey(kem, hex(vector.skR))

  test('the KEM and the key schedule give the values of the RFC', () => {
    expect(sender.publicKey.toString('hex')).toBe(vector.enc)
    expect(recipient.publicKey.toString('hex')).toBe(vector.pkR)
    const dh = privateDh(kem, sender.privateKey)(recipient.publicKey)
    const shared = sharedSecret(kem, dh, sender.publicKey, recipient.publicKey)
    expect(shared.toString('hex')).toBe(vector.sharedSecret)
    const { key, nonce } = keySchedule(prepareSchedule(kem, info, aead), shared)
    expect(key.toString('hex')).toBe(vector.key)
    expect(nonce.toString('hex')).toBe(vector.baseNonce)
  })

  // A.3 seals with AES, which we do not have; its KEM and key schedule are above.
  if (vector.ciphertext !== null)
    test('sealing gives the ciphertext of the RFC, and opening takes it', () => {
      const { publicKey } = recipient
      const sealed = seal({ kem, publicKey, info, aad, plaintext, ephemeral: sender })
      expect(sealed.ciphertext.toString('hex')).toBe(vector.ciphertext)
      const dh = privateDh(kem, recipient.privateKey)
      const opened = open({ kem, enc: sealed.enc, publicKey, info, aad, ciphertext: hex(vector.ciphertext ?? ''), dh })
      expect(opened.toString('hex')).toBe(vectors.plaintext)
    })

  if (kem === 'x25519')
    test('the browser half gives the same bytes', async () => {
      // RFC 8410 §7: PKCS #8 of an X25519 key, which is how WebCrypto takes a private one.
      const pkcs8 = Uint8Array.from(Buffer.concat([hex('302e020100300506032b656e04220420'), hex(vector.skE)]))
      const ephemeral = {
        privateKey: await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'X25519' }, false, ['deriveBits']),
        publicKey: await crypto.subtle.importKey('raw', hex(vector.enc), { name: 'X25519' }, true, []),
      }
      const sealed = await sealTo(hex(vector.pkR), info, aad, plaintext, ephemeral)
      expect(Buffer.from(sealed.enc).toString('hex')).toBe(vector.enc)
      expect(Buffer.from(sealed.ciphertext).toString('hex')).toBe(vector.ciphertext)
    })
})

describe.each(kems)('beside @hpke/core, %s', (kem) => {
  test('it opens what we seal', async () => {
    const suite = otherSuite(kem)
    const theirs = await suite.kem.generateKeyPair()
    const publicKey = new Uint8Array(await suite.kem.serializePublicKey(theirs.publicKey))
    const { enc, ciphertext } = seal({ kem, publicKey, info, aad, plaintext })
    const opened = await suite.open({ recipientKey: theirs.privateKey, enc, info }, ciphertext, aad)
    expect(new Uint8Array(opened)).toEqual(plaintext)
  })

  test('we open what it seals', async () => {
    const suite = otherSuite(kem)
    const { publicKey, privateKey } = generateKeyPair(kem)
    const recipientPublicKey = await suite.kem.deserializePublicKey(publicKey)
    const sealed = await suite.seal({ recipientPublicKey, info }, plaintext, aad)
    const opened = open({
      kem,
      enc: new Uint8Array(sealed.enc),
      publicKey,
      info,
      aad,
      ciphertext: new Uint8Array(sealed.ct),
      dh: privateDh(kem, privateKey),
    })
    expect(new Uint8Array(opened)).toEqual(plaintext)
  })
})

test('the browser half seals what @hpke/core and the server half open', async () => {
  expect(await canSeal()).toBe(true)
  const suite = otherSuite('x25519')
  const theirs = await suite.kem.generateKeyPair()
  const theirPublic = new Uint8Array(await suite.kem.serializePublicKey(theirs.publicKey))
  const first = await sealTo(theirPublic, info, aad, plaintext)
  const opened = await suite.open({ recipientKey: theirs.privateKey, enc: first.enc, info }, first.ciphertext, aad)
  expect(new Uint8Array(opened)).toEqual(plaintext)

  const ours = generateKeyPair('x25519')
  const second = await sealTo(Uint8Array.from(ours.publicKey), info, aad, plaintext)
  const dh = privateDh('x25519', ours.privateKey)
  const { enc, ciphertext } = second
  expect(open({ kem: 'x25519', enc, publicKey: ours.publicKey, info, aad, ciphertext, dh })).toEqual(
    Buffer.from(plaintext),
  )
})

describe.each(kems)('%s', (kem) => {
  const pair = generateKeyPair(kem)
  const dh = privateDh(kem, pair.privateKey)
  const { publicKey } = pair

  test('open inverts seal, with a prepared schedule too', () => {
    const bytes = fc.uint8Array({ maxLength: 200 })
    fc.assert(
      fc.property(bytes, bytes, bytes, (someInfo, someAad, message) => {
        const { enc, ciphertext } = seal({ kem, publicKey, info: someInfo, aad: someAad, plaintext: message })
        const prepared = prepareSchedule(kem, someInfo)
        const opened = open({ kem, enc, publicKey, info: prepared, aad: someAad, ciphertext, dh })
        expect(new Uint8Array(opened)).toEqual(message)
      }),
      { numRuns: 40 },
    )
  })

  test('any flipped byte of enc, ciphertext, info or aad fails to open, with one and the same message', () => {
    const { enc, ciphertext } = seal({ kem, publicKey, info, aad, plaintext })
    const parts = { enc: new Uint8Array(enc), ciphertext: new Uint8Array(ciphertext), info, aad }
    for (const [name, part] of Object.entries(parts)) {
      for (let at = 0; at < part.length; at += 1) {
        const flipped = part.slice()
        // The highest bit of an X25519 point is masked (RFC 7748 §5), but enc itself is bound into the secret.
        flipped[at] = (flipped[at] ?? 0) ^ 128
        const attempt = () => open({ kem, publicKey, dh, ...parts, [name]: flipped })
        expect(attempt, `${name} ${at}`).toThrow('the sealed bytes do not open')
      }
    }
  })

  test('another private key opens nothing', () => {
    const { enc, ciphertext } = seal({ kem, publicKey, info, aad, plaintext })
    const other = generateKeyPair(kem)
    const attempt = (recipient: Uint8Array) =>
      open({ kem, enc, publicKey: recipient, info, aad, ciphertext, dh: privateDh(kem, other.privateKey) })
    expect(() => attempt(other.publicKey)).toThrow('the sealed bytes do not open')
    expect(() => attempt(publicKey)).toThrow('the sealed bytes do not open')
  })

  test('a private key comes back from its raw bytes', () => {
    const again = importPrivateKey(kem, exportPrivateKey(pair.privateKey))
    expect(again.publicKey.equals(publicKey)).toBe(true)
  })
})

test('points that give no secret are refused on both sides', async () => {
  const pair = generateKeyPair('x25519')
  const one = new Uint8Array(32)
  one[0] = 1
  // The points of small order of RFC 7748 §6.1: 0 and 1.
  for (const bad of [new Uint8Array(32), one]) {
    expect(() => privateDh('x25519', pair.privateKey)(bad)).toThrow('the sealed bytes do not open')
    expect(() => seal({ kem: 'x25519', publicKey: bad, info, aad, plaintext })).toThrow()
    await expect(sealTo(bad, info, aad, plaintext)).rejects.toThrow()
  }
  const zeroDh = () => new Uint8Array(32)
  const { enc, ciphertext } = seal({ kem: 'x25519', publicKey: pair.publicKey, info, aad, plaintext })
  const { publicKey } = pair
  expect(() => open({ kem: 'x25519', enc, publicKey, info, aad, ciphertext, dh: zeroDh })).toThrow()
  const offCurve = new Uint8Array(65).fill(7)
  offCurve[0] = 4
  expect(() => privateDh('p256', generateKeyPair('p256').privateKey)(offCurve)).toThrow('the sealed bytes do not open')
})
