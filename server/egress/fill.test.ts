import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Card } from '../../crypto/card-bytes.ts'
import { Pan } from '../../crypto/pan.ts'
import { Secret } from '../../crypto/secret.ts'
import type { BodyValue, Processor, Template } from '../processors/processor.ts'
import { sandbox } from '../processors/sandbox/adapter.ts'
import { fill, type Fillings } from './fill.ts'

const number = '4242424242424242'
const cardOf = (digits = number, cvc: string | null = '737', name?: string): Card => ({
  number: new Pan(Buffer.from(digits)),
  expMonth: 3,
  expYear: 2031,
  ...(cvc === null ? {} : { cvc: new Secret(Buffer.from(cvc)) }),
  ...(name === undefined ? {} : { name }),
})
const fillings = (card: Card | undefined = cardOf()): Fillings => ({
  credential: new Secret(Buffer.from('sk_secret')),
  ...(card === undefined ? {} : { card }),
})
const template = (body: Record<string, BodyValue>, more: Partial<Template> = {}): Template => ({
  method: 'POST',
  path: '/v1/payments',
  headers: {},
  encoding: 'json',
  allow: {},
  body,
  ...more,
})
const card = {
  number: { slot: 'pan' },
  exp_month: { slot: 'exp_month' },
  exp_year: { slot: 'exp_year' },
  cvc: { slot: 'cvc' },
  name: { slot: 'name' },
  network: { slot: 'network' },
} as const

describe('fill', () => {
  test('puts the card into the slots of a JSON body', () => {
    const filled = fill(
      template({ amount: 5, card, note: 'a "b" \u2028' }),
      sandbox,
      fillings(cardOf(number, '737', 'Ä "Q"')),
    )
    expect(JSON.parse(filled.body?.toString('utf8') ?? '')).toEqual({
      amount: 5,
      card: { number, exp_month: 3, exp_year: 2031, cvc: '737', name: 'Ä "Q"' },
      note: 'a "b" \u2028',
    })
    expect(filled.headers['content-length']).toBe(String(filled.body?.length))
  })

  test('puts the card into the slots of a form, with nested members in brackets', () => {
    const filled = fill(
      template({ amount: 5, card, note: 'a&b=c' }, { encoding: 'form' }),
      sandbox,
      fillings(cardOf(number, '737', 'Ä&Q')),
    )
    expect([...new URLSearchParams(filled.body?.toString('utf8'))]).toEqual([
      ['amount', '5'],
      ['card[number]', number],
      ['card[exp_month]', '3'],
      ['card[exp_year]', '2031'],
      ['card[cvc]', '737'],
      ['card[name]', 'Ä&Q'],
      ['note', 'a&b=c'],
    ])
  })

  test('names the network that was chosen, in either encoding', () => {
    const chosen = { ...cardOf(), network: 'cartes_bancaires' }
    const body = { card: { network: { slot: 'network' } } } as const
    expect(fill(template(body), sandbox, fillings(chosen)).body?.toString()).toBe(
      '{"card":{"network":"cartes_bancaires"}}',
    )
    const form = fill(template(body, { encoding: 'form' }), sandbox, fillings(chosen))
    expect(decodeURIComponent(form.body?.toString() ?? '')).toBe('card[network]=cartes_bancaires')
  })

  test('leaves out members whose slot is empty', () => {
    const filled = fill(template({ card }), sandbox, fillings(cardOf(number, null)))
    expect(JSON.parse(filled.body?.toString('utf8') ?? '')).toEqual({ card: { number, exp_month: 3, exp_year: 2031 } })
  })

  test('puts the credential into headers alone, and no other slot there', () => {
    const filled = fill(
      template({}, { headers: { authorization: ['Bearer ', { slot: 'credential' }] } }),
      sandbox,
      fillings(),
    )
    expect(filled.headers['authorization']).toBe('Bearer sk_secret')
    expect(() => fill(template({}, { headers: { 'x-note': [{ slot: 'pan' }] } }), sandbox, fillings())).toThrow(
      'no slot but the credential',
    )
    const open: Processor = { ...sandbox, slots: { 'POST /v1/payments': { '/a': 'credential' } } }
    expect(() => fill(template({ a: { slot: 'credential' } }), open, fillings())).toThrow('headers alone')
  })

  test("refuses a slot at any place that the adapter's table does not name", () => {
    const places: Template[] = [
      template({ number: { slot: 'pan' } }),
      template({ card: { cvc: { slot: 'pan' } } }),
      template({ card: { number: { slot: 'pan' }, copy: { slot: 'pan' } } }),
      template({ card }, { path: '/v1/tokens' }),
      template({ card }, { path: '/v1/payments/x' }),
      template({ card }, { method: 'GET' }),
      template({ 'card/number': { slot: 'pan' } }),
      template({ constructor: { slot: 'pan' } }),
    ]
    for (const one of places)
      expect(() => fill(one, sandbox, fillings()), JSON.stringify(one)).toThrow('there may be no such slot')
  })

  test('refuses paths that could lead elsewhere', () => {
    for (const path of [
      '//evil.example/v1',
      '/../v1',
      '/v1/%2e%2e',
      '/v1?x=1',
      '/v1#x',
      'https://evil.example/',
      '/v1/a b',
      '',
    ]) {
      expect(() => fill(template({}, { path }), sandbox, fillings()), path).toThrow('not a plain path')
    }
  })

  test('the digits stand in the slots and nowhere else, whatever the rest of the template says', () => {
    const digits = fc
      .array(fc.integer({ min: 0, max: 9 }), { minLength: 12, maxLength: 19 })
      .map((list) => list.join(''))
    const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', '{', '/', '&', '=', '%', '\u2028', 'é', ' ') })
    fc.assert(
      fc.property(
        digits,
        text,
        text,
        fc.constantFrom('json' as const, 'form' as const),
        (pan, key, value, encoding) => {
          fc.pre(key !== 'card' && key !== '__proto__')
          const made = template({ [key]: value, card, [`${key}z`]: { [key]: value } }, { encoding })
          const body = fill(made, sandbox, fillings(cardOf(pan, '73'.padEnd(3, '7')))).body?.toString('utf8') ?? ''
          expect(body.split(pan)).toHaveLength(2)
          if (encoding === 'json') {
            expect(JSON.parse(body)).toEqual({
              [key]: value,
              card: { number: pan, exp_month: 3, exp_year: 2031, cvc: '737' },
              [`${key}z`]: { [key]: value },
            })
          } else expect(new URLSearchParams(body).get('card[number]')).toBe(pan)
          // The template is what an adapter can hold or print.
          expect(inspect(made, { depth: 9 })).not.toContain(pan)
        },
      ),
    )
  })
})
