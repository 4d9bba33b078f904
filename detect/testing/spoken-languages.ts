/** The same in eleven more languages: digit by digit, in pairs where people do that, with doubles and with fillers. */
import { joined, message, type Piece } from './case.ts'
import { development } from './flavor.ts'
import { inGroupsOf, spokenNumber } from './numbers.ts'
import { heldOutWords, type Language, numerals } from './numerals.ts'
import type { Random } from './random.ts'
import type { Family } from './written-cards.ts'

type Way = 'digits' | 'pairs' | 'doubles and fillers'

const languages: readonly Language[] = ['es', 'fr', 'de', 'pt', 'it', 'nl', 'pl', 'da', 'hi', 'ja', 'zh']
const joints: Partial<Record<Language, readonly string[]>> = { ja: ['、', '', ' '], zh: ['', ' ', '，'] }

const single = (random: Random, language: Language, digit: string): string =>
  random.pick(numerals[language].digits[Number(digit)] ?? [''])

/** One form of every digit through the whole number, as a person has one way to say it. */
function digitWords(random: Random, language: Language, number: string): string[] {
  const forms = Array.from({ length: 10 }, (_, digit) => single(random, language, String(digit)))
  if (language === 'ja' || language === 'zh') {
    // All in kana or all in Han: nobody changes the script from digit to digit.
    const han = '〇一二三四五六七八九'
    if (random.chance(0.5)) return [...number].map((digit) => han[Number(digit)] ?? '')
    const column = language === 'ja' ? random.below(2) * 0 : 0
    return [...number].map((digit) => numerals[language].digits[Number(digit)]?.[column] ?? '')
  }
  return [...number].map((digit) => forms[Number(digit)] ?? '')
}

function spoken(random: Random, language: Language, way: Way, number: string): Piece[] {
  const { pair, twice, joint, digits } = numerals[language]
  const between = random.pick(joints[language] ?? [joint])
  if (way === 'digits') return joined(digitWords(random, language, number), between)
  if (way === 'pairs') {
    const parts = inGroupsOf(number, 2).map((two) =>
      two.length === 2 && !two.startsWith('0')
        ? pair(Number(two))
        : [...two].map((digit) => digits[Number(digit)]?.[0] ?? '').join(' '),
    )
    return joined(parts, random.pick([' ', ', ']))
  }
  const runs = number.match(/(\d)\1?/g) ?? []
  return runs.flatMap((run, index): Piece[] => {
    const name = digits[Number(run[0])]?.[0] ?? ''
    const doubled = run.length === 2 && twice.length > 0 && random.chance(0.6)
    return [
      ...(index === 0 ? [] : [between]),
      [doubled ? `${random.pick(twice)} ${name}` : run.length === 2 ? `${name}${between}${name}` : name],
    ]
  })
}

const family =
  (language: Language, way: Way): Family =>
  (random, flavor) => {
    const words = flavor === development ? numerals[language] : heldOutWords[language]
    const number = spokenNumber(random)
    const pieces = spoken(random, language, way, number)
    const withFillers =
      way !== 'doubles and fillers'
        ? pieces
        : pieces.map((piece) =>
            typeof piece === 'string' && random.chance(0.15)
              ? `${piece}${random.pick(words.fillers)}${numerals[language].joint}`
              : piece,
          )
    const space = language === 'ja' || language === 'zh' ? '' : ' '
    const after = random.pick(words.after)
    return message(
      [random.pick(words.before), space, ...withFillers, after === '' ? '' : `${space || '。'}${after}`],
      ['pan'],
      number,
    )
  }

export const spokenLanguages: Readonly<Record<string, Family>> = Object.fromEntries(
  languages.flatMap((language) => {
    const ways: Way[] = [
      'digits',
      ...(numerals[language].pair(10) === '' ? [] : (['pairs'] as const)),
      'doubles and fillers',
    ]
    return ways.map((way) => [`spoken ${language}: ${way}`, family(language, way)] as const)
  }),
)
