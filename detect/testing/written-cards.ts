/** Numbers as people type and paste them. Each family: a seed's random choices and a flavor give one case. */
import { type Case, joined, message, type Piece } from './case.ts'
import type { Flavor } from './flavor.ts'
import { anyNumber, cut, inGroupsOf, printed } from './numbers.ts'
import type { Random } from './random.ts'
import { decorated, decorations, inScript, invisible, lookAlikes, zeros } from './scripts.ts'

export type Family = (random: Random, flavor: Flavor) => Case

const around = (random: Random, flavor: Flavor, pieces: readonly Piece[], number: string): Case =>
  message([random.pick(flavor.before), ...pieces, random.pick(flavor.after)], ['pan'], number)

const spaces = [' ', '  ', '\t', '\n', '\r\n', '\u00a0', '\u2009', '\u3000', '\n\n']
const dashes = ['-', '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212', ' - ', ' \u2013 ', '--']
const others = [
  '.',
  ',',
  ', ',
  '/',
  ' / ',
  '_',
  '|',
  ' | ',
  '\u00b7',
  '\u2022',
  ':',
  ';',
  '; ',
  '~',
  '+',
  "'",
  '*',
  '. ',
  '\u30fb',
  '\u3001',
]

const groupings: readonly ((number: string) => string[])[] = [
  printed,
  printed,
  (number) => inGroupsOf(number, 2),
  (number) => inGroupsOf(number, 1),
  (number) => cut(number, [8, 8]),
  (number) => inGroupsOf(number, 3),
  (number) => inGroupsOf(number, 5),
]

const separated =
  (separators: readonly string[]): Family =>
  (random, flavor) => {
    const number = anyNumber(random)
    return around(random, flavor, joined(random.pick(groupings)(number), random.pick(separators)), number)
  }

/** Every group with a separator of its own. */
const mixedSeparators: Family = (random, flavor) => {
  const number = anyNumber(random)
  const pieces = printed(number).flatMap((group, index): Piece[] => [
    ...(index === 0 ? [] : [random.pick([...spaces, ...dashes, ...others])]),
    [group],
  ])
  return around(random, flavor, pieces, number)
}

const plain: Family = (random, flavor) => {
  const number = anyNumber(random)
  return around(random, flavor, [[number]], number)
}

const glued: Family = (random) => {
  const number = anyNumber(random)
  const [before, after] = random.pick([
    ['card', 'exp'],
    ['visa:', ';'],
    ['(', ')'],
    ['"card_number":"', '"'],
    ['pan=', '&amount=12'],
    ['<td>', '</td>'],
    ['no', 'x'],
    ['#', '#'],
  ])
  return message([before ?? '', [number], after ?? ''], ['pan'], number)
}

const scripts: Family = (random, flavor) => {
  const number = anyNumber(random)
  const zero = random.pick(zeros)
  return around(
    random,
    flavor,
    joined(
      random.pick([[number], printed(number)]).map((part) => inScript(part, zero)),
      ' ',
    ),
    number,
  )
}

const decoration: Family = (random, flavor) => {
  const number = anyNumber(random)
  const row = decorations[random.pick(Object.keys(decorations))] ?? []
  return around(
    random,
    flavor,
    joined(
      random.pick([[number], printed(number)]).map((part) => decorated(part, row)),
      ' ',
    ),
    number,
  )
}

const mixedScripts: Family = (random, flavor) => {
  const number = anyNumber(random)
  const text = [...number].map((digit) => inScript(digit, random.pick(zeros))).join('')
  return around(random, flavor, [[text]], number)
}

/** The mark stands between digits only: what carries ends with its last digit. */
const ignorable: Family = (random, flavor) => {
  const number = anyNumber(random)
  const mark = random.pick(invisible)
  return around(
    random,
    flavor,
    joined(random.pick([[...number], printed(number)]), random.chance(0.2) ? mark + mark : mark),
    number,
  )
}

const lookAlike: Family = (random, flavor) => {
  const number = anyNumber(random)
  const text = number.replace(/\d/g, (digit) => {
    const letters = lookAlikes[digit]
    return letters !== undefined && random.chance(0.5) ? random.pick(letters.filter((letter) => letter !== '|')) : digit
  })
  return around(random, { ...flavor, before: ['my card is ', 'card: '] }, [[text]], number)
}

const wordsBetween: Family = (random, flavor) => {
  const number = anyNumber(random)
  const same = random.pick(flavor.between)
  const pieces = printed(number).flatMap((group, index): Piece[] => [
    ...(index === 0 ? [] : [random.chance(0.7) ? same : random.pick(flavor.between)]),
    [group],
  ])
  return around(random, flavor, pieces, number)
}

const labelled: Family = (random, flavor) => {
  const number = anyNumber(random)
  const label = random.pick(flavor.labels)
  const end = random.pick(['\n', ', ', ' '])
  const pieces = printed(number).flatMap((group, index): Piece[] => [
    `${index === 0 ? '' : end}${label.replace('#', String(index + 1))}`,
    [group],
  ])
  return message(pieces, ['pan'], number)
}

const ordinals: Family = (random, flavor) => {
  const number = random.pick(['4242424242424242', '5555555555554444', '4988438843884305', '4217651111111119'])
  const phrases = random.pick(flavor.ordinals)
  const pieces = printed(number).flatMap((group, index): Piece[] => [(phrases[index] ?? '').replace('#', ''), [group]])
  return message(pieces, ['pan'], number)
}

/** Two in one message: each is found. */
const two: Family = (random, flavor) => {
  const [one, other] = [anyNumber(random), anyNumber(random)]
  const head = `${random.pick(flavor.before)}`
  const middle = random.pick([' or ', ' and my other card ', '\n', ' / '])
  const places = [
    { turn: 0, start: head.length, end: head.length + one.length },
    {
      turn: 0,
      start: head.length + one.length + middle.length,
      end: head.length + one.length + middle.length + other.length,
    },
  ]
  return {
    turns: [{ speaker: 'customer', text: `${head}${one}${middle}${other}` }],
    expected: places.map((place, index) => ({
      kinds: ['pan'] as const,
      places: [place],
      digits: index === 0 ? one : other,
    })),
  }
}

export const writtenCards: Readonly<Record<string, Family>> = {
  'written: plain': plain,
  'written: glued to letters': glued,
  'written: two numbers': two,
  'written: spaces': separated(spaces),
  'written: dashes': separated(dashes),
  'written: other marks': separated(others),
  'written: mixed separators': mixedSeparators,
  'written: every script': scripts,
  'written: decorated digits': decoration,
  'written: scripts mixed': mixedScripts,
  'written: ignorable characters': ignorable,
  'written: look-alike letters': lookAlike,
  'written: words between': wordsBetween,
  'written: labelled parts': labelled,
  'written: ordinals': ordinals,
}
