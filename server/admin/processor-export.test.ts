import { describe, expect, test } from 'vitest'
import { readExport } from './processor-export.ts'

const charge = 'chg_abcdefghijklmnopqrstuvwxyz'
const token = 'tok_test_abcdefghijklmnopqrstuvwxyz'

describe('an export of a processor', () => {
  test('is read from CSV and JSON alike, in our words, without what is not ours', () => {
    const csv = [
      'Reference,ID,Status,Amount,Currency,Captured,Refunded,Token,Order,Operation',
      `${charge} , pay_1,succeeded,8000,EUR,8000,1000,${token},"order-1, or so",sale`,
      'another shop,pay_2,succeeded,10,EUR,10,0,,,',
    ].join('\r\n')
    const read = readExport(csv)
    expect(read).toEqual([
      {
        charge,
        payment: 'pay_1',
        token,
        order: 'order-1, or so',
        operation: 'sale',
        amount: 8_000,
        currency: 'EUR',
        state: 'captured',
        captured: 8_000,
        refunded: 1_000,
      },
    ])
    const row = { reference: charge, id: 'pay_1', status: 'captured', amount: 8_000, currency: 'EUR' }
    const json = { ...row, amount_captured: 8_000, amount_refunded: 1_000, vault_token: token, order: 'order-1, or so' }
    expect(readExport(JSON.stringify({ data: [json] }))).toEqual(read)
  })

  test('of which later lines replace earlier ones, and a decline says so in our words', () => {
    const line = (status: string) => JSON.stringify({ reference: charge, id: 'p', status, amount: 1, currency: 'EUR' })
    expect(readExport(`${line('pending')}\n${line('refused')}`)).toMatchObject([
      { state: 'declined', captured: 0, error: { code: 'processor.declined', who: 'customer' } },
    ])
  })

  test.each([
    ['a file of another kind', 'hello'],
    ['nothing', ''],
    ['a list of none', '{"data":[]}'],
    ['payments of another shop alone', 'reference,id,status,amount,currency\norder-1,pay_2,succeeded,10,EUR'],
    ['a head without amounts', 'reference,id,status\na,b,c'],
    [
      'a status that nobody knows',
      JSON.stringify({ reference: charge, id: 'p', status: 'wat', amount: 1, currency: 'EUR' }),
    ],
    [
      'an amount that is none',
      JSON.stringify({ reference: charge, id: 'p', status: 'captured', amount: -1, currency: 'EUR' }),
    ],
    [
      'more refunded than captured',
      JSON.stringify({ reference: charge, id: 'p', status: 'captured', amount: 5, currency: 'EUR', refunded: 6 }),
    ],
    [
      'an id that is a card',
      JSON.stringify({ reference: charge, id: '4242424242424242', status: 'captured', amount: 5, currency: 'EUR' }),
    ],
  ])('is refused with a sentence that repeats nothing of it: %s', (_what, text) => {
    let said = ''
    try {
      readExport(text)
    } catch (error) {
      said = error instanceof Error ? error.message : ''
    }
    expect(said.length).toBeGreaterThan(20)
    for (const word of ['hello', 'wat', '4242424242424242', charge]) expect(said).not.toContain(word)
  })
})
