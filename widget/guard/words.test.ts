import { expect, test } from 'vitest'
import { translations as formWords } from '../../frame/words/languages.ts'
import { fileFor } from './languages.ts'
import { guardLanguages } from './translations.ts'
import { english } from './words.ts'

test('the guard speaks every language of the form, each sentence in two', () => {
  expect(guardLanguages.map(({ lang }) => lang).sort()).toEqual(
    Object.keys(formWords)
      .filter((lang) => lang !== 'en')
      .sort(),
  )
  for (const { lang, words, rtl } of [...guardLanguages, { lang: 'en', words: english, rtl: undefined }]) {
    expect(Object.keys(words), lang).toEqual(Object.keys(english))
    expect(Object.values(words).join(''), lang).not.toMatch(/[\p{N}<>{}\p{Cf}]/u)
    expect(words.removed, lang).toMatch(/^[^.。]+[.。].+[.。]$/)
    expect(rtl ?? false, lang).toBe(['ar', 'he'].includes(lang))
  }
})

test.each([
  ['de-AT', 'de'],
  ['NO', 'nb'],
  ['nn-NO', 'nb'],
  ['zh-TW', 'zh-Hant'],
  ['zh-CN', 'zh'],
  ['en-GB', undefined],
  ['sw', undefined],
  ['constructor', undefined],
  ['', undefined],
])('the file for %s is %s', (tag, name) => {
  expect(fileFor(tag, Object.fromEntries(guardLanguages.map(({ lang }) => [lang, '']))), tag).toBe(name)
})
