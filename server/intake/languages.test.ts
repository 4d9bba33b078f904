import { expect, test } from 'vitest'
import { languages as spoken } from '../../frame/words/languages.ts'
import { linkWords } from '../../protocol/agent-http.ts'
import { inOtherWords, Languages, linkWordsIn } from './languages.ts'

const languages = new Languages(
  '',
  ['en', 'de', 'nb', 'he', 'zh', 'zh-Hant'].map((lang) => ({ lang, dir: 'ltr', words: {} })),
)

test.each([
  ['de', 'de'],
  ['de-AT', 'de'],
  ['DE-at-u-nu-latn', 'de'],
  ['no', 'nb'],
  ['nn-NO', 'nb'],
  ['iw', 'he'],
  ['zh', 'zh'],
  ['zh-SG', 'zh'],
  ['zh-TW', 'zh-Hant'],
  ['zh-HK', 'zh-Hant'],
  ['zh-Hans-HK', 'zh'],
  ['sw-KE', null],
  ['', null],
  ['*', null],
  ['de_AT', null],
  ['../../etc', null],
  ['4242424242424242', null],
  [`de-${'x'.repeat(70)}`, null],
  [['de', 'fr'], null],
  [{ de: 'de' }, null],
  [undefined, null],
])('the tag %j is served in %s', (tag, lang) => {
  expect(languages.of(tag)).toBe(lang)
})

test('the host page is asked first, then the browser, best first; nonsense is passed over', () => {
  expect(languages.choose('de', ['nb', 'en'])).toBe('de')
  expect(languages.choose('sw', ['nb', 'en'])).toBe('nb')
  expect(languages.choose(['de'], ['sw', '*', 'he-IL'])).toBe('he')
  expect(languages.choose(undefined, [])).toBe('en')
})

test('a header of thousands of tags is not read to its end', () => {
  const junk = Array.from({ length: 5_000 }, () => 'qq')
  expect(languages.choose('', [...junk, 'de'])).toBe('en')
  expect(languages.choose('', [...junk.slice(0, 19), 'de'])).toBe('de') // control
})

test('words come with a capture only where its language is ours, and not what the page speaks', () => {
  expect(inOtherWords(languages, 'de-AT', 'en').spoken?.lang).toBe('de')
  expect(inOtherWords(languages, 'de-AT', 'de')).toEqual({})
  expect(inOtherWords(languages, 'sw', 'en')).toEqual({})
  expect(inOtherWords(languages, undefined, 'en')).toEqual({})
  expect(inOtherWords(languages, 'de', undefined)).toEqual({})
})

test("what stands beside a link is said in the language of the capture's locale, else in English, and fits its shape", () => {
  const all = new Languages('', spoken)
  for (const { lang } of spoken) expect(linkWords.parse(linkWordsIn(all, lang))).toMatchObject({ lang })
  expect(linkWordsIn(all, 'de-AT').open).toBe('Seite öffnen')
  expect(linkWordsIn(all, 'ar')).toMatchObject({ lang: 'ar', dir: 'rtl' })
  for (const locale of ['sw-KE', undefined]) expect(linkWordsIn(all, locale).open).toBe('Open the page')
})
