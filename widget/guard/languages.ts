/**
 * Other languages than English, each a file beside the script: what the guard says, and the words that the detector knows.
 * The script tag's `integrity` covers the script alone, so the hash of each file is inside it.
 */
import type { Lexicon } from '../../detect/words/lexicon.ts'
import type { GuardWords } from './words.ts'

export interface GuardLanguage {
  /** BCP 47, as `de` or `zh-Hant`. */
  lang: string
  rtl?: boolean
  words: GuardWords
  /** Number words and the words around cards; where the detector has none of this language, digits alone are found. */
  lexicon?: Lexicon
}

declare const __SALLYPORT_GUARD_FILES__: Readonly<Record<string, string>> | undefined
/** `sha256-…` by the name of a language; empty where the guard comes from the package and not from a script of its own. */
const files = typeof __SALLYPORT_GUARD_FILES__ === 'object' ? __SALLYPORT_GUARD_FILES__ : {}

/** The file that a tag such as `de-AT` is in; undefined for English and for what nobody speaks. */
export function fileFor(tag: string, known: Readonly<Record<string, unknown>> = files): string | undefined {
  const lower = tag.toLowerCase()
  const language = lower.replace(/-.*/, '').replace(/^n[no]$/, 'nb')
  const name = /^zh-(hant|tw|hk|mo)/.test(lower) ? 'zh-Hant' : language
  return Object.hasOwn(known, name) ? name : undefined
}

const loaded = new Map<string, Promise<GuardLanguage | null>>()

/** Null where it cannot be had, or is not what was published: the guard goes on in English. */
export function load(name: string): Promise<GuardLanguage | null> {
  let language = loaded.get(name)
  if (language === undefined) {
    language = fetchFile(name).catch(() => null)
    loaded.set(name, language)
  }
  return language
}

async function fetchFile(name: string): Promise<GuardLanguage | null> {
  const integrity = files[name]
  if (integrity === undefined) return null
  const here = import.meta.url
  const address = new URL(`guard/${name}.json`, here)
  const response = await fetch(address, { integrity, credentials: 'omit', referrerPolicy: 'no-referrer' })
  return response.json()
}
