import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { black, type Colour, contrast, luminance, mend, mix, parseColour, toCss, white } from './colour.ts'

const part = fc.integer({ min: 0, max: 255 }).map((value) => value / 255)
const colour: fc.Arbitrary<Colour> = fc.tuple(part, part, part)
const css = (text: string): string | null => {
  const parsed = parseColour(text)
  return parsed && toCss(parsed)
}

describe('a colour', () => {
  it('is six digits and nothing else', () => {
    expect(css('#00aa77')).toBe('#00aa77')
    const none = ['', 'red', 'transparent', '#0a7', '#00AA77', '#00aa7780', '#00aa77 ', 'rgb(0 170 119)', 'var(--x)']
    const hostile = ['url(//x)', '#00aa77;background:url(//x)', '#00aa77) url(//x', 'expression(1)', '__proto__']
    for (const text of [...none, ...hostile]) expect(parseColour(text), text).toBeNull()
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseColour(text) === null || /^#[0-9a-f]{6}$/.test(text)).toBe(true)
      }),
    )
  })

  it('comes back from what it was written as', () => {
    fc.assert(
      fc.property(colour, (one) => {
        expect(css(toCss(one))).toBe(toCss(one))
      }),
    )
  })
})

describe('contrast', () => {
  it('is that of WCAG', () => {
    expect(contrast(white, black)).toBeCloseTo(21, 5)
    expect(contrast(parseColour('#767676') ?? black, white)).toBeCloseTo(4.54, 2)
    expect(luminance(white)).toBeCloseTo(1, 10)
    expect(toCss(mix(white, black, 0.5))).toBe('#808080')
  })

  it('is enough after mending, on every ground, and a colour that had it is left alone', () => {
    fc.assert(
      fc.property(colour, colour, fc.constantFrom(3, 4.5), (one, ground, least) => {
        const better = mend(one, ground, least)
        expect(contrast(better, ground)).toBeGreaterThanOrEqual(least)
        if (contrast(one, ground) >= least) expect(toCss(better)).toBe(toCss(one))
      }),
      { numRuns: 3_000 },
    )
  })
})
