import { en, type Word, type Words } from './en.ts'

/** The languages there are; what is missing falls back to English. Loaded with the page while there is one. */
const languages: Record<string, Words> = { en }

export interface Voice {
  /** For `lang`: the language of the sentences. */
  language: string
  /** For amounts: the person's own, whether or not we have its sentences. */
  locale: string
  say(word: Word, values?: Record<string, string>): string
}

export function voiceFor(locale: string): Voice {
  const language = locale.split('-')[0]?.toLowerCase() ?? 'en'
  const words = languages[language] ?? en
  const say: Voice['say'] = (word, values = {}) =>
    words[word].replaceAll(/\{(\w+)\}/g, (_whole, name: string) => values[name] ?? '')
  return {
    language: words === en ? 'en' : language,
    locale,
    say,
  }
}

/** A locale that Intl knows, or the next one; a tag that nobody supports must not break the form. */
export function usableLocale(...wanted: (string | undefined)[]): string {
  for (const locale of wanted) {
    if (locale === undefined) continue
    try {
      if (Intl.NumberFormat.supportedLocalesOf(locale).length > 0) return locale
    } catch {
      // Not a language tag: the next one.
    }
  }
  return 'en'
}
