/** Against every window of a stream of groups, read the slow way: what is called a number is one, and the plain ones are found. */
import { expect, test } from 'vitest'
import * as api from './index.ts'
import { compare } from './testing/brute-force.ts'

test('every number that is found is a window that passes Luhn, and each one that stands alone is found: 4,000 streams', () => {
  const { unsound, missed, planted } = compare(api, 1, 4_000)
  expect(unsound).toEqual([])
  expect(planted).toBeGreaterThan(500)
  expect(missed).toEqual([])
})
