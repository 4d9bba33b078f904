import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalDigest, canonicalJson, type Json } from './canonical.ts'

const json = fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' }) as fc.Arbitrary<Json>

/** The same value with its members put in another order at every level. */
function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member ?? null)]),
  )
}

describe('canonical JSON', () => {
  it('writes the example of RFC 8785 §3.2.2', () => {
    const example = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    }
    expect(canonicalJson(example)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
  })
  it('sorts members by UTF-16 code units, as RFC 8785 §3.2.3 shows', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6']
    const value = Object.fromEntries(names.map((name) => [name, 0]))
    expect(Object.keys(JSON.parse(canonicalJson(value)))).toEqual([
      '1',
      '\r',
      '\u0080',
      '\u00f6',
      '\u20ac',
      '\ud83d\ude00',
      '\ufb33',
    ])
  })
  it('parses back to the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
  it('gives one digest whatever the order of members', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalDigest(reversed(value))).toBe(canonicalDigest(value))
      }),
    )
  })
  it('tells null from an absent member, and takes undefined as absent', () => {
    expect(canonicalDigest({ a: 1, b: null })).not.toBe(canonicalDigest({ a: 1 }))
    expect(canonicalDigest({ a: 1, b: undefined })).toBe(canonicalDigest({ a: 1 }))
  })
  it('keeps a member named __proto__', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}')
  })
  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], ['\ud800']])('refuses %s, which JSON cannot say', (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError)
  })
  it('refuses a value deeper than any shape instead of running out of stack', () => {
    const deep: Json = JSON.parse('['.repeat(5000) + ']'.repeat(5000))
    expect(() => canonicalJson(deep)).toThrow('too deep')
  })
})
