import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeId } from '../../protocol/ids.ts'
import { isCardShaped } from './card-shaped.ts'

const cards = [
  '4242424242424242',
  '378282246310005',
  '5555555555554444',
  '30569309025904',
  '6200000000000005',
  '4222222222222',
]

describe("a card number in an id of the caller's own", () => {
  it.each(cards)('is seen in %s, whole, in groups, and with other numbers beside it', (card) => {
    for (const separator of ['', ' ', '-', '.', '_', ':', '/']) {
      const grouped = card.match(/.{1,4}/g)?.join(separator) ?? ''
      for (const text of [grouped, `a${grouped}b`, `order-${grouped}`, `1:${grouped}:1`, `2030/01/01/${grouped}`]) {
        expect(isCardShaped(text), text).toBe(true)
      }
    }
  })
  it('is not seen in times, counters, UUIDs and our own ids', () => {
    for (const text of [
      '1735689600000',
      '1735689600000123',
      '2030-01-01T00:00:00.000Z',
      '20300101-000017',
      '+49 30 901820',
      'order-17',
    ]) {
      expect(isCardShaped(text), text).toBe(false)
    }
    for (let count = 0; count < 200; count += 1) expect(isCardShaped(makeId('cap_'))).toBe(false)
  })
  it('is hardly ever seen in a UUID', () => {
    const uuids = fc.sample(fc.uuid(), 2_000)
    expect(uuids.filter(isCardShaped).length).toBeLessThan(4)
  })
  it('is looked for in time that grows with the text alone', () => {
    const began = performance.now()
    isCardShaped('4-'.repeat(8_000))
    isCardShaped('4'.repeat(16_000))
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})
