/** The name of what judged: SHA-256 over schemes, rules, thresholds and words, so that any finding can be replayed. */
import { brandInfo, brands } from './brands.ts'
import { rules, shapes, thresholds } from './rules.ts'
import { sha256 } from './sha256.ts'
import type { Lexicon } from './words/lexicon.ts'

/** Rises when code that is no data changes what is found. */
const version = 2

export const rulesetOf = (languages: readonly Lexicon[]): string =>
  sha256(
    JSON.stringify([version, brands.map((brand) => [brand, brandInfo(brand)]), rules, shapes, thresholds, languages]),
  )
