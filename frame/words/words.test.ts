/** Every sentence in every language, held against the English one. */
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { en } from './en.ts'
import { languages } from './languages.ts'

const fills = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort()
const english: Record<string, string> = en

test('there is a file for every language and a language for every file', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => /^[a-z]{2}(-[A-Z][a-z]{3})?\.ts$/.test(name))
  expect(files.map((name) => name.replace('.ts', ''))).toEqual(languages.map(({ lang }) => lang).sort())
})

describe.each(languages.map((language) => [language.lang, language] as const))('%s', (_lang, { words }) => {
  test('fills in what English fills in', () => {
    const differing = Object.keys(english).filter(
      (word) => `${fills(words[word] ?? '')}` !== `${fills(english[word] ?? '')}`,
    )
    expect(differing).toEqual([])
  })
  test('holds neither digits nor markup nor characters that are not seen', () => {
    const odd = Object.entries(words).filter(([, text]) =>
      /[\p{N}<>&\p{Cc}\p{Cf}]|\s\s|^\s|\s$/u.test(text.replaceAll(/\{\w+\}/g, 'x')),
    )
    expect(odd).toEqual([])
  })
})
