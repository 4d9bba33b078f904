/** Strings that look like cards and are none: how often they are taken for one, without context. */
import { describe, expect, test } from 'vitest'
import * as api from './index.ts'
import { falseAlarms, quietClasses } from './testing/noise-classes.ts'

/** `npm run bench` and the report take 3,000 of each, `npm run soak` 10,000 with a seed of the moment. */
describe('of 1,000 strings of each of the 28 classes', () => {
  const shares = falseAlarms(28, 1_000, (text) => api.detect(text).length > 0)
  test('one in a hundred is taken for a card, over all classes', () => {
    const all = [...shares.values()]
    const mean = all.reduce((sum, share) => sum + share, 0) / all.length
    console.log(`noise: ${(100 * mean).toFixed(2)} % of 28 classes taken for cards`)
    expect(mean, JSON.stringify(Object.fromEntries(shares))).toBeLessThanOrEqual(0.01)
  })
  test.each(quietClasses)('of %s one in a thousand at the most', (name) => {
    expect(shares.get(name)).toBeLessThanOrEqual(0.001)
  })
})
