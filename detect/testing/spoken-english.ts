/** Numbers as a recogniser writes them down when people say them in English. */
import { type Case, joined, message, type Piece } from './case.ts'
import type { Flavor } from './flavor.ts'
import { cut, inGroupsOf, printed, spokenNumber } from './numbers.ts'
import { numerals } from './numerals.ts'
import type { Random } from './random.ts'
import type { Family } from './written-cards.ts'

const en = numerals.en
export const word = (digit: string): string => en.digits[Number(digit)]?.[0] ?? ''
const zero = (random: Random): string => random.pick(['zero', 'oh', 'o', 'nought'])

/** 10 to 99 as one number; 00 to 09 with a spoken zero. */
function pair(random: Random, two: string): string {
  if (two === '00') return random.pick(['double zero', 'zero zero', 'oh oh'])
  if (two.startsWith('0')) return `${random.pick(['oh', 'zero'])} ${word(two.slice(1))}`
  return en.pair(Number(two))
}

const around = (random: Random, flavor: Flavor, pieces: readonly Piece[], number: string): Case =>
  message(
    [
      random.pick(['', 'it is ', 'sure it’s ', ...flavor.before]).trimStart(),
      ...pieces,
      random.pick(['', ' okay?', ...flavor.after]),
    ],
    ['pan'],
    number,
  )

/** Words with one space between them. */
const said =
  (say: (random: Random, number: string) => readonly string[]): Family =>
  (random, flavor) => {
    const number = spokenNumber(random)
    return around(random, flavor, joined(say(random, number), ' '), number)
  }

const digitByDigit = (_random: Random, number: string): string[] => [...number].map(word)
const withOh = (random: Random, number: string): string[] =>
  [...number].map((digit) => (digit === '0' ? zero(random) : word(digit)))

/** Runs of two to four of one digit are said as one. */
function doubles(random: Random, number: string): string[] {
  const names: Readonly<Record<number, readonly string[]>> = {
    2: ['double'],
    3: ['triple', 'treble'],
    4: ['quadruple'],
  }
  return (number.match(/(\d)\1{0,3}/g) ?? []).map((run) => {
    const name = names[run.length]
    return name === undefined ? word(run[0] ?? '') : `${random.pick(name)} ${word(run[0] ?? '')}`
  })
}

const inPairs = (random: Random, number: string): string[] =>
  inGroupsOf(number, 2).map((two) => (two.length === 2 ? pair(random, two) : word(two)))

/** A group of four as a number: "four thousand two hundred forty two", "forty two hundred", or pair by pair. */
function thousands(random: Random, group: string): string {
  const [first = '', second = ''] = [group.slice(0, 2), group.slice(2)]
  if (group.length !== 4 || group.startsWith('0')) return [...group].map(word).join(' ')
  if (group.endsWith('000')) return `${word(group[0] ?? '')} thousand`
  if (second === '00') return `${en.pair(Number(first))} hundred`
  const rest = second.startsWith('0') ? word(second.slice(1)) : en.pair(Number(second))
  if (group[1] === '0') return `${word(group[0] ?? '')} thousand ${random.chance(0.5) ? 'and ' : ''}${rest}`
  return `${word(group[0] ?? '')} thousand ${word(group[1] ?? '')} hundred ${random.chance(0.5) ? 'and ' : ''}${rest}`
}

/** What recognisers write in place of the word, where a strong digit stands on both sides. */
const heardAs: Readonly<Record<string, readonly string[]>> = {
  '1': ['won'],
  '2': ['to', 'too'],
  '4': ['for'],
  '8': ['ate'],
}
function homophones(random: Random, number: string): string[] {
  const words = [...number].map(word)
  for (let at = 1; at < number.length - 1; at += random.between(2, 4)) {
    const heard = heardAs[number[at] ?? '']
    if (heard !== undefined) words[at] = random.pick(heard)
  }
  return words
}

/** "4 one 1 1 1 1 eleven 1": a recogniser that changes its mind. */
function mixed(random: Random, number: string): string[] {
  const parts: string[] = []
  for (let at = 0; at < number.length; ) {
    const roll = random.below(5)
    const two = number.slice(at, at + 2)
    if (roll === 0 && two.length === 2 && !two.startsWith('0')) parts.push(en.pair(Number(two)))
    else if (roll === 1) parts.push(number.slice(at, at + 4))
    else parts.push(random.chance(0.5) ? word(number[at] ?? '') : (number[at] ?? ''))
    at += roll === 0 && two.length === 2 && !two.startsWith('0') ? 2 : roll === 1 ? 4 : 1
  }
  return parts
}

const fillers: Family = (random, flavor) => {
  const number = spokenNumber(random)
  const pieces = [...number].flatMap((digit, index): Piece[] => {
    const filler = index > 0 && random.chance(0.2) ? ` ${random.pick(flavor.fillers)}` : ''
    const pause = random.chance(0.15) ? ',' : ''
    return [...(index === 0 ? [] : [`${pause}${filler} `]), [word(digit)]]
  })
  return around(random, flavor, pieces, number)
}

const capitalised = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
const titled: Family = (random) => {
  const number = spokenNumber(random)
  const style = random.below(3)
  const groups = printed(number).map((group) => [...group].map(word).join(', '))
  const text =
    style === 0
      ? groups.map(capitalised).join('. ')
      : style === 1
        ? [...number].map((digit) => capitalised(word(digit))).join(' ')
        : groups.map((group) => group.split(', ').map(capitalised).join(', ')).join('. ')
  return message([random.pick(['', 'Yes. ', 'It is ']), [text], '.'], ['pan'], number)
}

/** Said wrong, then right: what is wrong lies inside what is found. */
const corrected: Family = (random, flavor) => {
  const number = spokenNumber(random)
  const wrongAt = random.between(4, number.length - 4)
  const wrong = String((Number(number[wrongAt]) + random.between(1, 9)) % 10)
  const words = [...number].map(word)
  words[wrongAt] =
    `${word(wrong)} ${random.pick(flavor.corrections.filter((one) => !/again/.test(one)))} ${words[wrongAt]}`
  return around(random, flavor, [[words.join(' ')]], number)
}

/** The second one is right; only it is asked for. */
const startedAgain: Family = (random) => {
  const number = spokenNumber(random)
  const start = random.between(2, 5)
  const head = [...number.slice(0, start)].map(word).join(' ')
  const again = random.pick(['sorry let me start again', 'wait I start over', 'no scratch that'])
  return message([`${head} ${again} `, [[...number].map(word).join(' ')]], ['pan'], number)
}

const gluedWords: Family = (random, flavor) => {
  const number = spokenNumber(random)
  return around(
    random,
    flavor,
    joined(
      printed(number).map((group) => [...group].map(word).join('')),
      ' ',
    ),
    number,
  )
}

const labelled: Family = (random) => {
  const number = spokenNumber(random)
  const names = ['first', 'second', 'third', 'fourth', 'fifth']
  const thing = random.pick(['group', 'part', 'set', 'four digits'])
  const groups = thing === 'four digits' ? cut(number, [4, 4, 4, 4]) : printed(number)
  const pieces = groups.flatMap((group, index): Piece[] => [
    `${index === 0 ? '' : ', '}${names[index]} ${thing} `,
    [[...group].map(word).join(' ')],
  ])
  return message(pieces, ['pan'], number)
}

export const spokenEnglish: Readonly<Record<string, Family>> = {
  'spoken en: digits': said(digitByDigit),
  'spoken en: oh': said(withOh),
  'spoken en: double and triple': said(doubles),
  'spoken en: pairs': said(inPairs),
  'spoken en: hundreds and thousands': said((random, number) =>
    printed(number).map((group) => thousands(random, group)),
  ),
  'spoken en: homophones': said(homophones),
  'spoken en: words and figures mixed': said(mixed),
  'spoken en: figures of a recogniser': said((random, number) =>
    random.pick([
      inGroupsOf(number, 2),
      [...number],
      printed(number),
      printed(number).map((group) => [...group].join('-')),
    ]),
  ),
  'spoken en: fillers': fillers,
  'spoken en: title case, pauses': titled,
  'spoken en: correction': corrected,
  'spoken en: started again': startedAgain,
  'spoken en: glued words': gluedWords,
  'spoken en: labelled parts': labelled,
}
