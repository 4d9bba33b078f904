import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Card, decodeCard, encodeCard } from './card-bytes.ts'
import { captureAad, captureInfo, shownBytes } from './capture-binding.ts'
import { lp } from './lp.ts'
import { Pan } from './pan.ts'
import { Secret } from './secret.ts'

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
const digits = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

const cardOf = (number: string, more: Partial<Card> = {}): Card => ({
  number: new Pan(ascii(number)),
  expMonth: 4,
  expYear: 2031,
  ...more,
})

const digitText = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength, maxLength })
const shortText = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 10 })
  .filter((text) => ascii(text).length <= 24)

describe('a card as bytes', () => {
  test('decode inverts encode', () => {
    const cards = fc.record(
      {
        number: digitText(12, 19),
        expMonth: fc.integer({ min: 1, max: 12 }),
        expYear: fc.integer({ min: 2000, max: 2099 }),
        name: shortText,
        postalCode: shortText,
        cvc: digitText(3, 4),
        network: fc.stringMatching(/^[a-z_]{2,24}$/),
      },
      { requiredKeys: ['number', 'expMonth', 'expYear'] },
    )
    fc.assert(
      fc.property(cards, ({ number, cvc, ...rest }) => {
        const card = cardOf(number, { ...rest, ...(cvc === undefined ? {} : { cvc: new Secret(ascii(cvc)) }) })
        const back = decodeCard(encodeCard(card))
        expect(back.number.use(digits)).toBe(number)
        expect(back.cvc?.use(digits)).toBe(cvc)
        expect([back.expMonth, back.expYear, back.name, back.postalCode, back.network]).toEqual([
          rest.expMonth,
          rest.expYear,
          rest.name,
          rest.postalCode,
          rest.network,
        ])
      }),
    )
  })

  test('the chosen network is a word of ours: anything else is neither written nor read', () => {
    const bytes = encodeCard(cardOf('4242424242424242', { network: 'visa' }))
    expect(decodeCard(bytes).network).toBe('visa')
    for (const network of ['', 'Visa', 'a', 'visa1', '4242', 'x'.repeat(25)])
      expect(() => encodeCard(cardOf('4242424242424242', { network })), network).toThrow(RangeError)
    bytes[bytes.length - 1] = '4'.charCodeAt(0)
    expect(() => decodeCard(bytes)).toThrow(RangeError)
  })

  test('every cut, every lengthened copy and every doubled field is refused', () => {
    const bytes = encodeCard(cardOf('4242424242424242', { name: 'A', cvc: new Secret(ascii('123')) }))
    // After the expiry and after the name the rest is a card as well: the optional fields are at the end.
    const whole = new Set([16 + 3 + 6, 16 + 3 + 6 + 4])
    for (let end = 0; end < bytes.length; end += 1) {
      if (!whole.has(end)) expect(() => decodeCard(bytes.slice(0, end)), `${end}`).toThrow(RangeError)
    }
    expect(() => decodeCard(Buffer.concat([bytes, new Uint8Array([0])]))).toThrow(RangeError)
    expect(() => decodeCard(Buffer.concat([bytes, bytes.slice(-6)]))).toThrow(RangeError)
    expect(() => decodeCard(Buffer.concat([bytes, new Uint8Array([6, 0, 0])]))).toThrow(RangeError)
  })

  test('no error names a value', () => {
    for (const make of [
      () => new Pan(ascii('42424242 4242 4242')),
      () => encodeCard(cardOf('4242424242424242', { expMonth: 13 })),
      () => encodeCard(cardOf('4242424242424242', { cvc: new Secret(ascii('12a')) })),
      () => decodeCard(ascii('4242424242424242')),
    ]) {
      expect(make).toThrow(RangeError)
      expect(make).not.toThrow(/4242|12a/)
    }
  })
})

describe.each([
  ['a card number', () => new Pan(ascii('4242424242424242')), '[pan]'],
  ['a secret', () => new Secret(ascii('4242424242424242')), '[secret]'],
] as const)('%s', (_name, make, label) => {
  test('prints its label to strings, JSON and the inspector', () => {
    const value = make()
    expect(`${value}`).toBe(label)
    expect(JSON.stringify({ value })).toBe(`{"value":"${label}"}`)
    expect(inspect({ value }, { showHidden: true, depth: 9 })).not.toMatch(/4242|52/)
    expect(inspect(value)).toBe(label)
    expect(JSON.stringify(Object.entries(value)) + JSON.stringify({ ...value })).not.toMatch(/4242|52/)
  })

  test('wiped bytes are zero, and are lent no more', () => {
    const value = make()
    const lent = value.use((bytes) => bytes)
    value.wipe()
    expect([...lent].every((byte) => byte === 0)).toBe(true)
    expect(() => value.use(() => 0)).toThrow('wiped')
    expect(value.length).toBe(0)
  })
})

describe('what a submission is bound to', () => {
  test('no two lists of fields give the same bytes', () => {
    const lists = fc.array(fc.string({ maxLength: 6 }), { maxLength: 4 })
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b)
        expect(Buffer.from(lp(...a)).equals(lp(...b))).toBe(same)
      }),
    )
    expect(lp('a', 7)).toEqual(new Uint8Array([0, 0, 0, 1, 97, 0, 0, 0, 1, 55]))
    expect(() => lp(0.5)).toThrow(RangeError)
  })

  test('each member takes part', () => {
    const mandate = { uses: 3, amount_max_minor: 500, currency: 'EUR', not_after: '2031-01-01T00:00:00.000Z' }
    const shown = {
      business: 'Shop',
      purpose: 'pay',
      amount: { amount_minor: 100, currency: 'EUR' },
      mandate,
      card: { brand: 'visa', last4: '4242' },
    }
    const binding = { capture: 'cap_a', epoch: 1, keyId: 'k', build: 'b', shownHash: 'h' }
    const texts = [
      shownBytes(shown),
      shownBytes({ ...shown, business: 'Shap' }),
      shownBytes({ ...shown, purpose: 'save' }),
      shownBytes({ business: 'Shop', purpose: 'pay' }),
      shownBytes({ ...shown, amount: { amount_minor: 10, currency: 'EUR' } }),
      shownBytes({ ...shown, amount: { amount_minor: 100, currency: 'USD' } }),
      shownBytes({ ...shown, mandate: { ...mandate, uses: 4 } }),
      shownBytes({ ...shown, mandate: { ...mandate, amount_max_minor: 501 } }),
      shownBytes({ ...shown, mandate: { ...mandate, currency: 'USD' } }),
      shownBytes({ ...shown, mandate: { ...mandate, not_after: '2032-01-01T00:00:00.000Z' } }),
      shownBytes({ ...shown, card: { brand: 'visa', last4: '0002' } }),
      shownBytes({ ...shown, card: { brand: 'elo', last4: '4242' } }),
      captureInfo('t', 'o'),
      captureInfo('to', ''),
      captureAad(binding),
      ...Object.keys(binding).map((name) => captureAad({ ...binding, [name]: 'x' })),
    ].map((bytes) => Buffer.from(bytes).toString('hex'))
    expect(new Set(texts).size).toBe(texts.length)
  })
})
