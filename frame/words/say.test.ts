import { describe, expect, test } from 'vitest'
import { en } from './en.ts'
import { languages } from './languages.ts'
import { voiceFor } from './say.ts'

const german = languages.find(({ lang }) => lang === 'de') ?? { lang: 'de', dir: 'ltr' as const, words: {} }
const taiwan = { lang: 'zh-Hant', dir: 'ltr' as const, words: en }

test.each([
  ['de-AT', german, 'de-AT'],
  ['DE-ch', german, 'DE-ch'],
  ['sw-KE', german, 'de-KE'],
  ['en', german, 'de-US'],
  ['', german, 'de'],
  [null, german, 'de'],
  ['nonsense tag', german, 'de'],
  ['zh-TW', taiwan, 'zh-TW'],
  ['de-AT', taiwan, 'zh-Hant-AT'],
])('asked for %j, amounts are written in the language of the sentences, for the region', (tag, spoken, locale) => {
  expect(voiceFor(spoken, tag).locale).toBe(locale)
})

test('the first tag that is one decides', () => {
  expect(voiceFor(german, undefined, '!', 'de-LI', 'de-AT').locale).toBe('de-LI')
})

describe('a sentence', () => {
  const voice = voiceFor({ lang: 'en', dir: 'ltr', words: en })
  test('is filled in once: what is filled in is no pattern', () => {
    expect(voice.say('title_pay', { business: '{business} {amount} $&' })).toBe('Pay {business} {amount} $&')
    expect(voice.say('cvc_too_long', { count: '4' })).toBe('Enter 4 digits.')
    expect(voice.say('title_pay')).toBe('Pay ')
  })
  test('comes in pieces, words and values by turns', () => {
    expect(voice.pieces('done_pay', { card: 'Visa', amount: '€1' })).toEqual(['', 'Visa', ' · ', '€1', ''])
    expect(voice.pieces('cancel')).toEqual(['Not now'])
  })
})
