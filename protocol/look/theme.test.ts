import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Colour, contrast, parseColour, toCss } from './colour.ts'
import { lookOf } from './theme.ts'
import { colourNames, lengthNames, type Theme, type TokenName, tokenNames, tokens } from './tokens.ts'

const schemes = ['light', 'dark'] as const

/** What stands on what in frame.css, and how much it has to stand out. */
const pairs: [over: string, ground: string, least: number][] = [
  ['text', 'surface', 4.5],
  ['muted', 'surface', 4.5],
  ['quiet-text', 'quiet', 4.5],
  ['quiet-muted', 'quiet', 4.5],
  ['field-text', 'field', 4.5],
  ['field-muted', 'field', 4.5],
  ['accent-text', 'accent', 4.5],
  ['accent-text', 'accent-hover', 4.5],
  ['error', 'surface', 4.5],
  ['error-quiet-text', 'error-quiet', 4.5],
  ['badge-text', 'badge', 4.5],
  ['field-line', 'surface', 3],
  ['accent-line', 'surface', 3],
  ['focus', 'surface', 3],
  ['success', 'surface', 3],
  ['error-line', 'surface', 3],
]
const ratio = (properties: Record<string, string>, over: string, ground: string): number => {
  const [a, b] = [properties[over], properties[ground]].map((text) => parseColour(text ?? ''))
  if (a == null || b == null) throw new Error(`${over} or ${ground} is no colour`)
  return contrast(a, b)
}

const colour = fc
  .tuple(...[0, 1, 2].map(() => fc.integer({ min: 0, max: 255 })))
  .map((parts) => toCss(parts.map((part) => part / 255) as unknown as Colour)) // three parts
const themes: fc.Arbitrary<Theme> = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...colourNames), colour, { maxKeys: 12 }),
    fc.constantFrom(...tokens.fields.values),
  )
  .map(([colours, fields]) => ({ ...colours, fields }))

describe('a theme', () => {
  it('leaves every text and every edge of the form readable, whatever colours it asks for', () => {
    fc.assert(
      fc.property(themes, fc.constantFrom(...schemes), (theme, scheme) => {
        const { properties } = lookOf(scheme, theme)
        for (const [over, ground, least] of pairs)
          expect(ratio(properties, over, ground), `${over} on ${ground}`).toBeGreaterThanOrEqual(least)
      }),
      { numRuns: 500 },
    )
  })

  it('that could be read is taken as it is, without a note', () => {
    const theme: Theme = { accent: '#0b6b5d', surface: '#fffaf2', text: '#2a2118', error: '#9b1c1c', focus: '#0b6b5d' }
    const { properties, notes } = lookOf('light', theme)
    expect(properties).toMatchObject(theme)
    expect(properties['accent-text']).toBe('#ffffff')
    expect(notes).toEqual({})
  })

  it('that could not be read is mended, and says which tokens were', () => {
    const { properties, notes } = lookOf('light', { text: '#cccccc', 'accent-text': '#777777', accent: '#888888' })
    expect(notes).toEqual({ text: 'low_contrast', 'accent-text': 'low_contrast' })
    expect(properties['text']).not.toBe('#cccccc')
    expect(properties['accent']).toBe('#888888')
  })

  it('of a few colours is completed from them', () => {
    const { properties, scheme, notes } = lookOf('light', { surface: '#10243b' })
    expect(scheme).toBe('dark')
    expect(notes).toEqual({})
    expect(properties['text']).not.toBe('#14171c')
  })

  it('that says nothing is the same as none, and needs no mending', () => {
    for (const scheme of schemes) expect(lookOf(scheme, {})).toEqual(lookOf(scheme))
    expect(lookOf('dark').notes).toEqual({})
    expect(lookOf('dark').scheme).toBe('dark')
    expect(lookOf('light').scheme).toBe('light')
  })
})

describe('a token', () => {
  /** Each kind with values that are taken, and what they become; the last one of a kind is out of range. */
  const taken: Record<string, [token: TokenName, text: string, is: string][]> = {
    length: [
      ['padding', '20px', '20px'],
      ['border', '1.5px', '1.5px'],
    ],
    radius: [
      ['radius', '0px', '0px'],
      ['button-radius', '24px', '24px'],
    ],
    weight: [['label-weight', '550', '550']],
  }
  for (const [kind, cases] of Object.entries(taken)) {
    it(`of kind ${kind} is parsed and written anew`, () => {
      for (const [token, text, is] of cases) {
        const { properties, notes } = lookOf('light', { [token]: text })
        expect(properties[token], text).toBe(is)
        expect(notes).toEqual({})
      }
    })
  }

  it('out of its bounds is brought to the nearest that works, and says so', () => {
    for (const name of tokenNames) {
      const token = tokens[name]
      if (!('min' in token)) continue
      const unit = token.kind === 'weight' ? '' : 'px'
      for (const [value, is] of [
        [token.max + 1, token.max],
        [token.max, token.max],
        [token.min, token.min],
        [Math.max(0, token.min - 1), token.min === 0 ? 0 : token.min],
      ] as const) {
        const { properties, notes } = lookOf('light', { [name]: `${value}${unit}` })
        expect(properties[name]).toBe(`${is}${unit}`)
        expect(notes).toEqual(value === is ? {} : { [name]: 'out_of_range' })
      }
    }
  })

  it('of an enum is one of its words', () => {
    for (const name of ['font', 'fields'] as const) {
      for (const value of tokens[name].values) expect(lookOf('light', { [name]: value }).choices[name]).toBe(value)
      expect(lookOf('light', { [name]: 'Comic Sans' })).toMatchObject({
        choices: { [name]: undefined },
        notes: { [name]: 'malformed' },
      })
    }
  })

  it('with any other text is left out and named; no text of a host is ever passed on', () => {
    const hostile = fc.oneof(
      fc.string({ maxLength: 32 }),
      fc.constantFrom(
        'url(https://evil.test/a.png)',
        '12px;background:url(//x)',
        'calc(1px * 9999)',
        'var(--x)',
        'expression(1)',
        '12em',
        '-1px',
        '1e9px',
        'Infinity',
        '0x10px',
        '12 px',
        'inherit',
        'constructor',
      ),
    )
    fc.assert(
      fc.property(fc.constantFrom(...tokenNames), hostile, fc.constantFrom(...schemes), (name, text, scheme) => {
        const { properties, choices, notes } = lookOf(scheme, { [name]: text })
        for (const value of Object.values(properties)) expect(value).toMatch(/^(#[0-9a-f]{6}|\d{1,3}(\.\d+)?(px)?)$/)
        for (const [choice, value] of Object.entries(choices))
          if (value !== undefined) expect(tokens[choice as 'font'].values).toContain(value)
        for (const one of Object.keys(notes)) expect(one).toBe(name)
      }),
      { numRuns: 500 },
    )
  })

  it('is one of about twenty-four', () => {
    expect(tokenNames.length).toBeGreaterThanOrEqual(24)
    expect(Object.keys(tokens)).toEqual([...tokenNames])
    for (const name of tokenNames) {
      const { kind } = tokens[name]
      expect(colourNames.some((one) => one === name)).toBe(kind === 'colour')
      expect(lengthNames.some((one) => one === name)).toBe(kind === 'length' || kind === 'radius')
    }
  })
})
