/** What words say as numbers: in which language they are heard, and how many digits they can be at the most. */
import { isNumber, type Meaning } from './automaton.ts'
import type { Item } from './items.ts'

/**
 * The language that explains most of the spoken numbers; ties go to the first. A word that says something else in
 * another language (`um` is a pause in English) speaks for none.
 */
export function languageOf(items: readonly Item[], languages: number): number {
  const votes = new Array<number>(languages).fill(0)
  for (const item of items) {
    const meanings = item.entry?.meanings ?? []
    const plain = meanings.every(isNumber)
    const voted = new Set<number>()
    for (const meaning of meanings) {
      if (!plain || !isNumber(meaning) || voted.has(meaning.language)) continue
      voted.add(meaning.language)
      votes[meaning.language] = (votes[meaning.language] ?? 0) + (meaning.kind === 'weak' ? 1 : 2)
    }
  }
  return votes.indexOf(Math.max(...votes, 0))
}

/** What a word says as a number in this language, or where that language has no such word, in any other. */
export function numberIn(item: Item, language: number): Meaning | null {
  const own = item.entry?.meanings.filter((meaning) => meaning.language === language) ?? []
  const number = own.find(isNumber)
  if (number) return number
  if (own.length > 0) return null
  return item.entry?.meanings.find((one) => isNumber(one) && one.kind !== 'weak') ?? null
}

/** Ten itself takes no unit. */
export const isTens = (value: number): boolean => value % 10 === 0 && value > 10

/** At the most so many digits are in these items, however they are read. */
export function digitsAtMost(items: readonly Item[], aside: readonly boolean[]): number {
  let count = 0
  let isRepeated = false
  for (const [index, { kind, digits, entry }] of items.entries()) {
    if (aside[index]) continue
    if (kind === 'digits') count += digits.length
    else if (entry?.numeric) {
      isRepeated ||= entry.kinds.has('times')
      for (const one of entry.meanings) if (isNumber(one)) count += String(one.value).length
    }
  }
  return isRepeated ? count * timesMax : count
}
const timesMax = 4
