import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Field, lp } from './lp.ts'
import { lp as lpNode } from './lp-node.ts'

const field: fc.Arbitrary<Field> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'ascii', 'é', '€', '🂡', '\ud800'),
  fc.maxSafeInteger(),
  fc.uint8Array({ maxLength: 90 }),
)

test('Node’s way of joining gives the bytes of the browser’s, whatever the fields', () => {
  fc.assert(
    fc.property(fc.array(field, { maxLength: 12 }), (fields) => {
      expect(new Uint8Array(lpNode(...fields))).toEqual(lp(...fields))
    }),
  )
})

test.each([1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])(
  '%s has no one spelling, and is refused by both',
  (value) => {
    expect(() => lp(value)).toThrow(RangeError)
    expect(() => lpNode(value)).toThrow(RangeError)
  },
)
