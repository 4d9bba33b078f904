import { expect, test } from 'vitest'
import { en } from '../frame/words/en.ts'
import { translations } from '../frame/words/languages.ts'
import { failureFor, languagesOfWidget, ownWords } from './words.ts'

test("the widget's own sentences are there in every language of the form", () => {
  expect([...languagesOfWidget].sort()).toEqual(['en', ...Object.keys(translations)].sort())
  for (const lang of languagesOfWidget) {
    const { title, failure, isEnglish } = ownWords(lang)
    expect([title, failure].join('').length, lang).toBeGreaterThan(12)
    expect([title, failure].join(''), lang).not.toMatch(/[\p{N}<>{}\p{Cf}]/u)
    expect(isEnglish, lang).toBe(lang === 'en')
    // A frame is called as the form calls itself.
    if (!isEnglish) expect(title, lang).toBe(translations[lang]?.form)
  }
})

test.each([
  ['de-AT', 'Kartenformular'],
  ['NO', 'Kortskjema'],
  ['zh-TW', '信用卡表單'],
  ['zh-CN', '银行卡表单'],
  ['sw-KE', 'Secure card form'],
  ['constructor', 'Secure card form'],
])('the frame is called for %s: %s', (tag, title) => {
  expect(ownWords(tag).title).toBe(title)
})

test('what a person can mend has a sentence of its own in English, and one stands for all elsewhere', () => {
  expect(failureFor('channel.timeout', 'en-GB')).toBe('The card form did not answer in time.')
  expect(failureFor('channel.blocked', 'en')).toBe('The card form could not load. Please go on in the chat.')
  expect(failureFor('channel.timeout', 'fi')).toBe('Korttilomaketta ei voitu ladata. Jatka chatissa.')
})

test('nothing that the widget finds out by itself tells a person to try again: only the server may', () => {
  const own = ['blocked', 'timeout', 'csp', 'offline', 'lost', 'version', 'origin'] as const
  const asksAgain = /\b(?:again|retry|once more|repeat|type)\b/i
  for (const code of own)
    for (const lang of ['en', 'en-GB', '']) expect(failureFor(`channel.${code}`, lang), code).not.toMatch(asksAgain)
  // The control: the form says so, where intake has not taken a card.
  expect(en.unanswered).toMatch(asksAgain)
})
