/** Every language of the form. A sentence that one of them does not have yet is said in English. */
import type { Spoken } from '../../protocol/capture-http.ts'
import { de } from './de.ts'
import { en, type Words } from './en.ts'

const translations: Record<string, Partial<Words>> = { de }
const rightToLeft = ['ar', 'he']

export const languages: readonly Spoken[] = Object.entries({ en, ...translations }).map(([lang, words]) => ({
  lang,
  dir: rightToLeft.includes(lang) ? 'rtl' : 'ltr',
  words: { ...en, ...words },
}))
