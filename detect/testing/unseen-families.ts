/**
 * Templates that the rules were not made with: only their rates are looked at, so that they say how a detector does with
 * what nobody thought of. Whoever writes a rule for one of them moves it to the others and thinks of a new one.
 */
import { type Case, joined, message, type Piece, talk } from './case.ts'
import { anyNumber, inGroupsOf, printed, sixteen, spokenNumber } from './numbers.ts'
import type { Random } from './random.ts'
import { word } from './spoken-english.ts'
import type { Family } from './written-cards.ts'

const say = (digits: string, between = ' '): string => [...digits].map(word).join(between)

/** Groups with something around each of them. */
const wrapped =
  (before: string, open: string, close: string, between: string): Family =>
  (random) => {
    const number = anyNumber(random)
    const pieces = printed(number).flatMap((group, index): Piece[] => [
      `${index === 0 ? before : between}${open}`,
      [group],
      close,
    ])
    return message(pieces, ['pan'], number)
  }

/** The groups, each written its own way, and text between them. */
const grouped =
  (write: (random: Random, group: string, index: number) => readonly Piece[], pick = spokenNumber): Family =>
  (random) => {
    const number = pick(random)
    return message(
      printed(number).flatMap((group, index) => write(random, group, index)),
      ['pan'],
      number,
    )
  }

const asides = ['sorry my dog is barking', 'hold on I cannot read it', 'let me get my glasses', 'it is worn off here']

const emphatic = grouped((random, group, index) => [
  index === 0 ? 'so ' : random.pick([', yes, ', ', again ', ' and finally ', ', got that, ']),
  [group],
])
const withAside = grouped((random, group, index) => [
  index === 0 ? '' : index === 2 ? ` ${random.pick(asides)} ` : ' ',
  [say(group)],
])
const eitherWay = grouped((random, group, index) => [
  index === 0 ? '' : ' ',
  [random.pick([group, say(group), inGroupsOf(group, 2).join(' '), say(group, '-')])],
])

const amountBefore: Family = (random) => {
  const number = spokenNumber(random)
  const before = random.pick([
    'charge fifty dollars to ',
    'pay 20 euros with ',
    'for two people, card ',
    'order 12345, card ',
  ])
  return message([before, [random.chance(0.5) ? say(number) : printed(number).join(' ')]], ['pan'], number)
}

/** A digit a message, as somebody who is careful, or who tries to get around a filter. */
const oneByOne: Family = (random): Case => {
  const number = sixteen(random)
  return talk(
    [...number].map((digit) => ({ speaker: 'customer', pieces: [[digit]] })),
    ['pan'],
    number,
  )
}
const lineByLine: Family = (random) => {
  const number = anyNumber(random)
  return message(['here:\n', ...joined([...number], '\n')], ['pan'], number)
}

/** The last group said wrong, then right; the wrong one lies inside. */
const groupCorrected: Family = (random) => {
  const number = spokenNumber(random)
  const groups = printed(number)
  const last = groups.at(-1) ?? ''
  const wrong = `${last.slice(0, -1)}${(Number(last.at(-1)) + 3) % 10}`
  const shown = [...groups.slice(0, -1), wrong].join(' ')
  return message([[`${shown} ${random.pick(['sorry', 'no,', 'I mean'])} ${last}`]], ['pan', 'pan_suspect'], number)
}

const record: Family = (random) => {
  const number = anyNumber(random)
  const [before, after] = random.pick([
    ['{"cc":{"num":"', '","brand":"visa"}}'],
    ['Smith,John,', ',Main Street 5'],
    ["INSERT INTO cards VALUES ('", "', 'x')"],
    ['<say-as interpret-as="digits">', '</say-as>'],
    ['https://pay.example/?pan=', '&lang=en'],
    ['card_number: ', '\nname: J Smith'],
  ] as const)
  return message([before, [number], after], ['pan'], number)
}

const softBreak: Family = (random) => {
  const number = sixteen(random)
  return message(['Card: ', [`${number.slice(0, 8)}=\n${number.slice(8)}`]], ['pan'], number)
}

export const unseenFamilies: Readonly<Record<string, Family>> = {
  'unseen: table': wrapped('| ', '', '', ' | '),
  'unseen: brackets': wrapped('', '[', ']', ''),
  'unseen: parentheses': wrapped('card ', '(', ')', ' '),
  'unseen: quotes': wrapped('', '"', '"', ', '),
  'unseen: cells': wrapped('<tr>', '<td>', '</td>', ''),
  'unseen: bold': wrapped('my card *', '', '', '* *'),
  'unseen: emphatic': emphatic,
  'unseen: an aside in the middle': withAside,
  'unseen: each group its own way': eitherWay,
  'unseen: an amount before': amountBefore,
  'unseen: a digit a message': oneByOne,
  'unseen: a digit a line': lineByLine,
  'unseen: upper-case words': grouped((_random, group, index) => [index === 0 ? '' : ' ', [say(group).toUpperCase()]]),
  'unseen: hyphenated words': grouped((_random, group, index) => [index === 0 ? '' : ' ', [say(group, '-')]]),
  'unseen: words with full stops': grouped((_random, group, index) => [index === 0 ? '' : '. ', [say(group, '. ')]]),
  'unseen: last group corrected': groupCorrected,
  'unseen: records': record,
  'unseen: soft line break': softBreak,
}
