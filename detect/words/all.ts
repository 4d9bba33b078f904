/** Every language that is shipped. English first: on a tie it is what is spoken. */
import { da } from './da.ts'
import { de } from './de.ts'
import { en } from './en.ts'
import { es } from './es.ts'
import { fr } from './fr.ts'
import { hi } from './hi.ts'
import { it } from './it.ts'
import { ja } from './ja.ts'
import type { Lexicon } from './lexicon.ts'
import { nl } from './nl.ts'
import { pl } from './pl.ts'
import { pt } from './pt.ts'
import { zh } from './zh.ts'

export const allLanguages: readonly Lexicon[] = [en, es, fr, de, pt, it, nl, pl, da, hi, ja, zh]
