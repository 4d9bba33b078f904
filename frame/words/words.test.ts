/** Every sentence in every language, held against the English one. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { en } from './en.ts'
import { languages, translations } from './languages.ts'
import { fieldsMarkup } from '../fields/markup.ts'
import { pageIn, standsInHtml } from './page.ts'

const english: Record<string, string> = en
const fills = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort()

/** A sign of Chinese, Japanese or Korean is as wide as two letters. */
const lengthOf = (text: string): number => {
  const plain = text.replaceAll(/\{\w+\}/g, '').replaceAll(/\p{Cf}|\p{Mn}/gu, '')
  return plain.length + plain.replaceAll(/[^\u1100-\u11ff\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]/g, '').length
}
/** In letters, for what has one line at 320 px; a browser measures the rest (e2e/languages). */
const bounds: readonly (readonly [RegExp, number])[] = [
  [/^label_(expiry|cvc)$/, 18],
  [/^hint_/, 12],
  [/^(expiry|cvc)_/, 22],
  [/^(number|name|postal_code)_/, 44],
  [/^(submit|cancel|retry|optional|badge)/, 34],
  [/^trust$/, 42],
  [/^next_/, 130],
  // The page of a link has room for a paragraph; its buttons and headings are as short as others.
  [/^link_(go|none|again|chat_open)$/, 34],
  [/^link_(title|question|over|wrong|bare|browser|chat_title)$/, 44],
  [/^link_(\w+_more|lead|stop)$/, 150],
  [/./, 100],
]

/** What reads the same in two languages by chance, or because it is a name. */
const mayBeEnglish = /^(badge|done_(card|plain|pay)|hint_expiry|optional|form)$/

describe.each(Object.entries(translations))('%s', (_lang, words: Record<string, string>) => {
  test('has every sentence, and none besides', () => {
    expect(Object.keys(words).sort()).toEqual(Object.keys(english).sort())
    expect(Object.keys(words).filter((word) => words[word]?.trim() === '')).toEqual([])
  })
  test('says each in its own words', () => {
    expect(Object.keys(words).filter((word) => words[word] === english[word] && !mayBeEnglish.test(word))).toEqual([])
  })
})

describe.each(languages.map((language) => [language.lang, language] as const))('%s', (lang, { words, dir }) => {
  test('fills in what English fills in', () => {
    const differing = Object.keys(english).filter(
      (word) => `${fills(words[word] ?? '')}` !== `${fills(english[word] ?? '')}`,
    )
    expect(differing).toEqual([])
  })

  test('holds neither digits nor markup nor, but for the direction of a hint, characters that are not seen', () => {
    const odd = Object.entries(words).filter(([word, text]) => {
      const plain = word.startsWith('hint_') ? text.replace(/^\u2067(.*)\u2069$/, '$1') : text
      return /[\p{N}<>&\p{Cc}\p{Cf}]|\s\s|^\s|\s$/u.test(plain.replaceAll(/\{\w+\}/g, 'x'))
    })
    expect(odd).toEqual([])
  })

  test('keeps to the room that each sentence has', () => {
    const long = Object.entries(words).filter(([word, text]) => {
      const [, most] = bounds.find(([names]) => names.test(word)) ?? [/./, 0]
      return lengthOf(text) > most
    })
    expect(long).toEqual([])
  })

  test('needs one form for the counts of a security code', () => {
    const rules = new Intl.PluralRules(lang)
    expect(rules.select(3)).toBe(rules.select(4))
  })

  test('has a direction as its script has', () => {
    // The names of scripts that Unicode writes from right to left, of those that we speak.
    const { script } = new Intl.Locale(lang).maximize()
    expect(dir).toBe(script === 'Arab' || script === 'Hebr' ? 'rtl' : 'ltr')
  })
})

test('there is a file for every language and a language for every file: two dozen, and Chinese in both scripts', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => /^[a-z]{2}(-[A-Z][a-z]{3})?\.ts$/.test(name))
  expect(files.map((name) => name.replace('.ts', '')).sort()).toEqual(languages.map(({ lang }) => lang).sort())
  expect(files).toHaveLength(25)
})

describe("a page's text", () => {
  const html = readFileSync(join(import.meta.dirname, '..', 'index.html'), 'utf8')
  const german = languages.find(({ lang }) => lang === 'de')
  const spoken = german ?? { lang: 'de', dir: 'ltr' as const, words: {} }

  test('in its source is the English word that it names', () => {
    const named = [...html.matchAll(/<\w[^>]*\sdata-word="(\w+)"[^>]*>([^<]*)/g)]
    expect(named.length).toBeGreaterThan(5)
    for (const [, word, text] of named) expect(text, word).toBe(english[word ?? ''])
  })

  test('is written in its language, and every word is there as data', () => {
    const page = pageIn(html, spoken)
    expect(page).toContain('<html lang="de">')
    expect(page).toContain('>Nicht jetzt</button>')
    expect(page).not.toContain('Not now')
    const data = /<template id="words">(.*)<\/template>/
      .exec(page)?.[1]
      ?.replaceAll('&lt;', '<')
      .replaceAll('&amp;', '&')
    expect(JSON.parse(data ?? '')).toEqual(spoken.words)
    expect(pageIn(html, { ...spoken, dir: 'rtl' })).toContain('<html lang="de" dir="rtl">')
  })

  test('cannot end the element that it stands in', () => {
    const words = { ...spoken.words, cancel: '</button><script>', form: 'a & "b"' }
    const page = pageIn(html, { ...spoken, words })
    expect(page).not.toContain('</button><script>')
    expect(page).toContain('&lt;/button>&lt;script></button>')
    expect(page).toContain('<title data-word="form">a &amp; "b"</title>')
  })

  test('is left out of the data only where the HTML has it and the script never says it', () => {
    const folder = join(import.meta.dirname, '..')
    const scripts = readdirSync(folder)
      .filter((name) => name.endsWith('.ts') && !name.includes('.test'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\n')
    const out = Object.keys(english).filter(standsInHtml)
    expect(out.length).toBeGreaterThan(10)
    const whole = html + fieldsMarkup(en)
    expect(out.filter((word) => !new RegExp(`data-(word|hint)="${word}"`).test(whole))).toEqual([])
    expect(out.filter((word) => new RegExp(`(say\\(|notice\\(|\\[)'${word}'`).test(scripts))).toEqual([])
  })

  test('asks for no word that is not there', () => {
    expect(() => pageIn('<p data-word="nobody">x</p>', spoken)).toThrow('nobody')
  })
})
