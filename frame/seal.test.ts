import { describe, expect, it } from 'vitest'
import { captureAad, captureInfo, shownBytes } from '../crypto/capture-binding.ts'
import { decodeCard } from '../crypto/card-bytes.ts'
import { generateKeyPair, open, privateDh } from '../crypto/hpke-node.ts'
import type { AttachAnswer } from '../protocol/capture-http.ts'
import { base64url, fromBase64url, seal } from './seal.ts'

const pair = generateKeyPair('x25519')
const key = { key_id: 'k1', public_key: base64url(pair.publicKey), expires_at: '' }
const attached: AttachAnswer = {
  epoch: 3,
  session_secret: 's',
  state: 'offered',
  purpose: 'pay',
  fields: ['number', 'expiry', 'cvc'],
  tenant: 'ten_a',
  origin: 'https://shop.example',
  business: 'Café Größe',
  amount: { amount_minor: 4200, currency: 'EUR' },
  mode: 'sandbox',
  expires_at: '',
  key,
}
const values = { number: '4242424242424242', expiry: '0134', cvc: '123', name: ' Zoë ', postal_code: '' }

interface Changes {
  epoch: number
  origin: string
  amountMinor: number
  capture: string
  network: string
}

async function opened({ network, ...changes }: Partial<Changes> = {}) {
  const typed = { ...values, ...(network !== undefined && { network }) }
  const body = await seal({ captureId: 'cap_a', attached, build: 'b', key, values: typed, visibility: 'verified' })
  const amount = { amount_minor: changes.amountMinor ?? 4200, currency: 'EUR' }
  const shown = { business: 'Café Größe', amount, purpose: 'pay' }
  const shownHash = base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', shownBytes(shown))))
  return open({
    kem: 'x25519',
    publicKey: pair.publicKey,
    dh: privateDh('x25519', pair.privateKey),
    info: captureInfo('ten_a', changes.origin ?? 'https://shop.example'),
    aad: captureAad({
      capture: changes.capture ?? 'cap_a',
      epoch: changes.epoch ?? 3,
      keyId: 'k1',
      build: 'b',
      shownHash,
    }),
    enc: fromBase64url(body.enc),
    ciphertext: fromBase64url(body.ciphertext),
  })
}

describe('a sealed form', () => {
  it('opens to the card that was typed, for its own capture, epoch, origin and amount', async () => {
    const card = decodeCard(await opened())
    expect(card.number.use((digits) => Buffer.from(digits).toString())).toBe('4242424242424242')
    expect(card.cvc?.use((digits) => Buffer.from(digits).toString())).toBe('123')
    expect(card).toMatchObject({ expMonth: 1, expYear: 2034, name: 'Zoë' })
    expect(card.postalCode).toBeUndefined()
  })

  it.each([{ capture: 'cap_b' }, { epoch: 4 }, { origin: 'https://evil.example' }, { amountMinor: 1 }])(
    'does not open for %j',
    async (changes) => {
      await expect(opened(changes)).rejects.toThrow()
    },
  )

  it('holds the network that was chosen, and none where nobody chose', async () => {
    expect(decodeCard(await opened({ network: 'cartes_bancaires' })).network).toBe('cartes_bancaires')
    expect(decodeCard(await opened({ network: '' })).network).toBeUndefined()
  })

  it('has the same length for every card of a scheme with the same name', async () => {
    const lengths = await Promise.all(
      ['4242424242424242', '4000056655665556'].map(
        async (number) =>
          (
            await seal({
              captureId: 'cap_a',
              attached,
              build: 'b',
              key,
              values: { ...values, number },
              visibility: 'verified',
            })
          ).ciphertext.length,
      ),
    )
    expect(new Set(lengths).size).toBe(1)
  })

  it('holds no digit of the card outside the seal', async () => {
    const body = await seal({ captureId: 'cap_a', attached, build: 'b', key, values, visibility: 'verified' })
    expect(JSON.stringify(body)).not.toContain('4242')
  })
})
