/**
 * The languages of the form as the build left them: a page and the words of each, read once at the start. Which one a
 * request gets depends on nothing but what it says itself.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Spoken } from '../../protocol/capture-http.ts'
import { SallyportError } from '../../protocol/errors.ts'
import type { LinkWords } from '../../protocol/link.ts'
import { type Compressed, compressed } from '../compressed.ts'

const fallback = 'en'
/** A person lists a handful; a header of thousands is nobody's. */
const acceptedMax = 20

/** Macrolanguages and neighbours that read what we have: Norwegian is sent as `no`, and read by who writes Nynorsk. */
const readers: Record<string, string> = { no: 'nb', nn: 'nb', yue: 'zh' }

export class Languages {
  readonly #folder: string
  readonly #spoken: ReadonlyMap<string, Spoken>

  constructor(folder: string, spoken: readonly Spoken[]) {
    this.#folder = folder
    this.#spoken = new Map(spoken.map((one) => [one.lang, one]))
  }

  /** The language that a tag such as `de-AT` or `zh-TW` is served with, or null. */
  of(tag: unknown): string | null {
    if (typeof tag !== 'string' || tag.length > 64) return null
    try {
      const { language, script } = new Intl.Locale(tag).maximize()
      const own = readers[language] ?? language
      return [`${own}-${script}`, own].find((one) => this.#spoken.has(one)) ?? null
    } catch {
      return null // no language tag
    }
  }

  /** What the host page asks for, else what the browser accepts, best first, else English. */
  choose(asked: unknown, accepted: readonly string[]): string {
    for (const tag of [asked, ...accepted.slice(0, acceptedMax)]) {
      const lang = this.of(tag)
      if (lang !== null) return lang
    }
    return fallback
  }

  spoken(lang: string): Spoken | undefined {
    return this.#spoken.get(lang)
  }

  /** The pages of one name, by a language that `choose` gave: `index.html` is English, `index.de.html` German. */
  pages(name: string): (lang: string) => Compressed {
    const read = (file: string): Compressed => compressed(readFileSync(join(this.#folder, `${file}.html`)))
    const english = read(name)
    const others = new Map(
      [...this.#spoken.keys()].filter((lang) => lang !== fallback).map((lang) => [lang, read(`${name}.${lang}`)]),
    )
    return (lang) => others.get(lang) ?? english
  }
}

/**
 * The agent may know better than the browser what the person speaks: then the words of that language come with the
 * answer to `attach`, without a request of their own. `lang` is what the page speaks.
 */
export function inOtherWords(
  languages: Languages,
  locale: string | undefined,
  lang: string | undefined,
): { spoken?: Spoken } {
  const wanted = languages.of(locale)
  const spoken = wanted === null || lang === undefined || wanted === lang ? undefined : languages.spoken(wanted)
  return spoken === undefined ? {} : { spoken }
}

/** What a chat says beside a link, in the language that the agent has named. */
export function linkWordsIn(languages: Languages, locale: string | undefined): LinkWords {
  const spoken = languages.spoken(languages.of(locale) ?? fallback)
  if (spoken === undefined) throw new SallyportError('system.internal')
  const { lang, dir, words } = spoken
  const word = (name: string): string => words[`link_chat_${name}`] ?? ''
  return {
    lang,
    dir,
    title: word('title'),
    phrase: word('phrase'),
    open: word('open'),
    scan: word('scan'),
    next: word('next'),
  }
}

/** @param folder the build of the frame: its pages, and the words of each language below `words/`. */
export function readLanguages(folder: string): Languages {
  const words = join(folder, 'words')
  return new Languages(
    folder,
    // Sound: our own build wrote them.
    readdirSync(words).map((name) => JSON.parse(readFileSync(join(words, name), 'utf8')) as Spoken),
  )
}
