/** Every language that is shipped. English first: on a tie it is what is spoken. */
import { en } from './en.ts'
import type { Lexicon } from './lexicon.ts'

export const allLanguages: readonly Lexicon[] = [en]
