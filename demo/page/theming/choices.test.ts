import { describe, expect, it, test } from 'vitest'
import { languages } from '../../../frame/words/languages.ts'
import { meanings } from '../../../protocol/look/meanings.ts'
import { lookOf } from '../../../protocol/look/theme.ts'
import { tokenNames, tokens, type Token } from '../../../protocol/look/tokens.ts'
import { attributesText, cssText, formLanguages, restOf, told } from './choices.ts'
import { readyThemes } from './ready.ts'

describe('the CSS to copy', () => {
  it('says what was chosen, in the order of the table', () => {
    expect(cssText({ radius: '4px', accent: 'oklch(51% 0.26 277)' })).toBe(
      'sallyport-capture {\n  --sallyport-accent: oklch(51% 0.26 277);\n  --sallyport-radius: 4px;\n}',
    )
  })
  it('leaves out what the form does by itself, and is empty where nothing differs', () => {
    expect(cssText({ 'font-size': '16px', fields: 'outlined', 'label-weight': '500', accent: ' ' })).toBe('')
  })
  it('keeps a value that only one preset has by itself', () => {
    expect(told({ radius: '20px' })).toEqual([['radius', '20px']])
  })
  test.each(['red; } * { color: red', '#fff }', 'url("x")', '/* red', 'a'.repeat(121)])(
    'never holds what could end its rule: %s',
    (text) => {
      expect(cssText({ accent: text })).toBe('')
    },
  )
})

it('the attributes to copy are those that differ', () => {
  expect(attributesText({ preset: 'bubble', scheme: '', locale: 'en' })).toBe('')
  expect(attributesText({ preset: 'sheet', scheme: 'dark', locale: 'de' })).toBe(
    'preset="sheet" color-scheme="dark" locale="de"',
  )
})

describe('what stands where nothing is chosen', () => {
  test.each(tokenNames.filter((name) => 'min' in tokens[name]))('%s has a number within its bounds', (name) => {
    const token: Token = tokens[name]
    for (const preset of ['bubble', 'sheet', 'page'] as const) {
      const rest = restOf(name, preset)
      if ('min' in token) expect(rest >= token.min && rest <= token.max, `${preset}: ${rest}`).toBe(true)
    }
  })
  it('follows the preset as the table says', () => {
    const rests = (name: 'padding' | 'radius' | 'border') =>
      (['bubble', 'sheet', 'page'] as const).map((preset) => restOf(name, preset))
    expect(meanings.padding.otherwise).toBe('18px; 20px for a sheet, 36px for a page')
    expect(rests('padding')).toEqual([18, 20, 36])
    expect(rests('radius')).toEqual([20, 24, 24])
    expect(rests('border')).toEqual([1, 1, 1])
  })
})

test.each(readyThemes.map((ready) => [ready.name, ready] as const))(
  'the ready theme %s is worn as it says: nothing is mended or left out',
  (_name, { scheme, theme }) => {
    for (const each of scheme === '' ? (['light', 'dark'] as const) : [scheme])
      expect(lookOf(each, theme).notes).toEqual({})
    expect(told(theme)).toHaveLength(Object.keys(theme).length)
  },
)

it('offers the languages that the form speaks, each once', () => {
  expect([...formLanguages].sort()).toEqual(languages.map(({ lang }) => lang).sort())
})
