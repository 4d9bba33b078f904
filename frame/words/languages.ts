/** Every language of the form, each with every sentence. */
import type { Spoken } from '../../protocol/capture-http.ts'
import { ar } from './ar.ts'
import { cs } from './cs.ts'
import { da } from './da.ts'
import { de } from './de.ts'
import { el } from './el.ts'
import { en, type Words } from './en.ts'
import { es } from './es.ts'
import { fi } from './fi.ts'
import { fr } from './fr.ts'
import { he } from './he.ts'
import { hu } from './hu.ts'
import { it } from './it.ts'
import { ja } from './ja.ts'
import { ko } from './ko.ts'
import { nb } from './nb.ts'
import { nl } from './nl.ts'
import { pl } from './pl.ts'
import { pt } from './pt.ts'
import { ro } from './ro.ts'
import { sk } from './sk.ts'
import { sv } from './sv.ts'
import { tr } from './tr.ts'
import { uk } from './uk.ts'
import { zh } from './zh.ts'
import { zhHant } from './zh-Hant.ts'

/** By the tag that `lang` takes; the regions of a language differ in amounts alone, and those are Intl's. */
export const translations: Readonly<Record<string, Words>> = {
  ar,
  cs,
  da,
  de,
  el,
  es,
  fi,
  fr,
  he,
  hu,
  it,
  ja,
  ko,
  nb,
  nl,
  pl,
  pt,
  ro,
  sk,
  sv,
  tr,
  uk,
  zh,
  'zh-Hant': zhHant,
}
const rightToLeft = ['ar', 'he']

export const languages: readonly Spoken[] = Object.entries({ en, ...translations }).map(([lang, words]) => ({
  lang,
  dir: rightToLeft.includes(lang) ? 'rtl' : 'ltr',
  words,
}))
