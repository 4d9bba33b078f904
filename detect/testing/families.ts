/** Every positive family by its name, and the seeds and flavors of the two sets: development and held out. */
import type { Case } from './case.ts'
import { encodedCards } from './encoded-cards.ts'
import { development, type Flavor, heldOut } from './flavor.ts'
import { otherCardData } from './other-card-data.ts'
import { seeded } from './random.ts'
import { spokenEnglish } from './spoken-english.ts'
import { spokenLanguages } from './spoken-languages.ts'
import { suspects, talks } from './talks.ts'
import { unseenFamilies } from './unseen-families.ts'
import { type Family, writtenCards } from './written-cards.ts'

export const families: Readonly<Record<string, Family>> = {
  ...writtenCards,
  ...encodedCards,
  ...spokenEnglish,
  ...spokenLanguages,
  ...talks,
  ...otherCardData,
  ...suspects,
}

export interface CaseSet {
  name: string
  seed: number
  flavor: Flavor
}
export const sets = {
  development: { name: 'development', seed: 20_260_730, flavor: development },
  heldOut: { name: 'held out', seed: 77_003, flavor: heldOut },
} as const satisfies Record<string, CaseSet>

/** A seed of its own for each family, so that one more choice in one changes no case of another. */
export function casesOf(name: string, { seed, flavor }: CaseSet, count: number): Case[] {
  const family = families[name] ?? unseenFamilies[name]
  if (family === undefined) throw new Error(`there is no family of the name ${name}`)
  const own = [...name].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, seed)
  const random = seeded(own)
  return Array.from({ length: count }, () => family(random, flavor))
}
