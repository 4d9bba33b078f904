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
  it('is read in every way that design systems write one', () => {
    const ways = {
      '#0a7': '#00aa77',
      '#00AA77': '#00aa77',
      white: '#ffffff',
      black: '#000000',
      'rgb(0, 170, 119)': '#00aa77',
      'rgb(0 170 119)': '#00aa77',
      'rgb(0% 66.67% 46.67% / 1)': '#00aa77',
      'rgba(0,170,119,1)': '#00aa77',
      'hsl(162, 100%, 33.333%)': '#00aa77',
      'hsl(162deg 100% 33.333% / 100%)': '#00aa77',
      'hsl(-198 100% 33.333%)': '#00aa77',
      // As browsers show them: Tailwind's indigo 600 and its slate 900, and a grey.
      'oklch(51.1% 0.262 276.966)': '#4f39f6',
      'oklch(20.8% .042 265.755)': '#0f172b',
      'oklch(0.5 0 none)': '#636363',
    }
    for (const [text, is] of Object.entries(ways)) expect(css(text), text).toBe(is)
  })

  it('is refused when it is none, when one could see through it, and when it asks for anything', () => {
    const none = [
      '',
      'red',
      'transparent',
      'currentcolor',
      '#12',
      '#12345',
      '#0a78',
      '#00aa7780',
      'rgb(0 170)',
      'rgb(0 170 119 / .5)',
      'rgb(0 170 119 1 1)',
      'rgb(a b c)',
      'rgb(0deg 1 1)',
      'hsl(162 100 33)',
      'hsl(10% 100% 33%)',
      'oklch(50%)',
      'color-mix(in srgb, red, blue)',
      'var(--x)',
      'url(https://example.test/x)',
      'rgb(0 170 119);background:url(//x)',
      'rgb(0 170 119) url(//x)',
      'expression(alert(1))',
      '#0a7 ',
      '__proto__',
      'constructor',
    ]
    for (const text of none) expect(parseColour(text), text).toBeNull()
  })

  it('comes back from what it was written as', () => {
    fc.assert(
      fc.property(colour, (one) => {
        expect(css(toCss(one))).toBe(toCss(one))
      }),
    )
  })

  it('is never anything but three parts between 0 and 1, whatever was written', () => {
    const words = fc.constantFrom(
      'rgb(',
      'hsl(',
      'oklch(',
      '1e9',
      '-5',
      '100%',
      'none',
      '400deg',
      ',',
      ' ',
      '/',
      ')',
      '#',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((all) => all.join('')),
        ),
        (text) => {
          const parsed = parseColour(text)
          if (parsed === null) return
          expect(parsed).toHaveLength(3)
          for (const value of parsed) expect(value >= 0 && value <= 1).toBe(true)
          expect(toCss(parsed)).toMatch(/^#[0-9a-f]{6}$/)
        },
      ),
      { numRuns: 2_000 },
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
