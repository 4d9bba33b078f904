import { describe, expect, test } from 'vitest'
import { makeId } from '../../protocol/ids.ts'
import { outcomeOf } from './charge-outcomes.ts'

describe('what a processor said, out of the feed', () => {
  const tenant = makeId('ten_')
  const charge = makeId('chg_')
  const token = makeId('tok_test_')
  const event = (type: string, data: object): unknown => ({
    specversion: '1.0',
    id: makeId('evt_'),
    source: `/tenants/${tenant}`,
    subject: charge,
    time: '2030-01-01T00:00:00.000Z',
    sequence: 2,
    datacontenttype: 'application/json',
    type,
    data: { token, amount_minor: 100, currency: 'EUR', operation: 'sale', ...data },
  })
  const captured = { state: 'captured', amount_captured_minor: 100 }
  const declined = {
    state: 'declined',
    code: 'processor.declined',
    category: 'processor',
    retryable: false,
    who: 'customer',
  }

  test('is an approval, or a decline', () => {
    expect(outcomeOf(tenant, event('charge.captured', captured))).toEqual({ tenant, charge, token, declined: false })
    expect(outcomeOf(tenant, event('charge.declined', declined))).toEqual({ tenant, charge, token, declined: true })
  })

  test('is told once of an authorization that is captured later', () => {
    expect(
      outcomeOf(tenant, event('charge.authorized', { state: 'authorized', operation: 'authorize' })),
    ).not.toBeNull()
    expect(outcomeOf(tenant, event('charge.captured', { ...captured, operation: 'authorize' }))).toBeNull()
  })

  test('is nothing for an event of a later version, which holds up no other', () => {
    expect(outcomeOf(tenant, event('charge.disputed', {}))).toBeNull()
    expect(outcomeOf(tenant, null)).toBeNull()
  })
})
