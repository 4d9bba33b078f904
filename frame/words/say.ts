/**
 * The page's language, spoken. The words come with the page, as data in a template; a capture whose agent asks for
 * another language brings the words of that one (`attach`), so that nothing is requested for it.
 */
import type { Spoken } from '../../protocol/capture-http.ts'
import type { Word } from './en.ts'

export interface Voice extends Spoken {
  /** For amounts: the language of the sentences as the person's region writes it. */
  locale: string
  say(word: Word, values?: Record<string, string>): string
  /** The same in pieces: words and values by turns, beginning with words, so that values can be kept apart. */
  pieces(word: Word, values?: Record<string, string>): string[]
}

export function voiceFor(spoken: Spoken, ...wanted: (string | null | undefined)[]): Voice {
  const { lang, words } = spoken
  const pieces: Voice['pieces'] = (word, values = {}) =>
    // By a group, a name stands at every second place.
    (words[word] ?? '').split(/\{(\w+)\}/).map((piece, at) => (at % 2 === 0 ? piece : (values[piece] ?? '')))
  const say: Voice['say'] = (word, values) => pieces(word, values).join('')
  return {
    ...spoken,
    locale: regional(lang, wanted),
    pieces,
    say,
  }
}

/** What the page itself speaks. */
export function pageWords(document: Document): Spoken {
  const { lang, dir } = document.documentElement
  const template = document.getElementById('words') as HTMLTemplateElement // our own static document
  return { lang, dir: dir === 'rtl' ? dir : 'ltr', words: JSON.parse(template.content.textContent) }
}

/** The static texts of the document in another language than it came in. */
export function translate(document: Document, { lang, dir, words }: Spoken): void {
  const root = document.documentElement
  root.lang = lang
  root.dir = dir
  const each = (name: 'word' | 'hint', write: (element: HTMLElement, text: string) => void): void => {
    for (const element of document.querySelectorAll<HTMLElement>(`[data-${name}]`))
      write(element, (words[element.dataset[name] ?? ''] ?? '').replace('{count}', '3'))
  }
  each('word', (element, text) => {
    element.textContent = text
  })
  each('hint', (element, text) => element.setAttribute('placeholder', text))
}

/**
 * The first wanted tag that Intl knows. One of another language lends its region: a sentence in English writes an amount
 * as English does in Kenya, whoever asked for Swahili.
 */
function regional(lang: string, wanted: readonly (string | null | undefined)[]): string {
  const own = new Intl.Locale(lang)
  for (const tag of wanted) {
    try {
      const { language, region } = new Intl.Locale(tag ?? '').maximize()
      if (language === own.language) return tag ?? lang
      if (region !== undefined) return new Intl.Locale(lang, { region }).toString()
    } catch {
      // Not a language tag: the next one.
    }
  }
  return lang
}

/** The regions to write amounts for, where the agent names none: the host page's, then the browser's. */
export const hostLocales = ({ location }: Document): (string | null)[] => [
  new URLSearchParams(location.search).get('lang'),
  navigator.language,
]
