import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { makeId } from '../protocol/ids.ts'
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
      for (const text of [grouped, `pan${grouped}x`, `order-${grouped}`, `1:${grouped}:1`, `2030/01/01/${grouped}`]) {
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
  it('is not seen in UUIDs and hashes, which keys are made of', () => {
    // Each of these has a run of digits that a card could have.
    const unlucky = [
      'bf13cdcd-d472-4948-8460-61478b9aef55',
      'c326d726-9c3b-4598-8662-22480133a7a0',
      '40146029-0480-4704-ba48-a234f0f83917',
      '361361a6-c867-4035-9093-34478fd3db25',
    ]
    for (const text of unlucky) {
      expect(isCardShaped(text), text).toBe(false)
      expect(isCardShaped(`order:${text.toUpperCase()}:1`), text).toBe(false)
    }
    for (let count = 0; count < 20_000; count += 1) {
      const uuid = randomUUID()
      expect(isCardShaped(uuid), uuid).toBe(false)
      expect(isCardShaped(uuid.replaceAll('-', '')), uuid).toBe(false)
    }
  })
  it('is seen beside a UUID', () => {
    expect(isCardShaped(`${randomUUID()}-4242424242424242`)).toBe(true)
    expect(isCardShaped(`4242424242424242:${randomUUID()}`)).toBe(true)
  })
  it('is looked for in time that grows with the text alone', () => {
    const began = performance.now()
    isCardShaped('4-'.repeat(8_000))
    isCardShaped('4'.repeat(16_000))
    isCardShaped('f-4'.repeat(5_000))
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})
