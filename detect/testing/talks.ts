/** Numbers that come in several messages, with others talking between; and what the agent reads back. */
import { type Case, joined, message, type Piece, type Said, talk } from './case.ts'
import type { Flavor } from './flavor.ts'
import { anyNumber, cut, inGroupsOf, printed, spokenNumber } from './numbers.ts'
import type { Random } from './random.ts'
import { word } from './spoken-english.ts'
import type { Family } from './written-cards.ts'

const customer = (...pieces: Piece[]): Said => ({ speaker: 'customer', pieces })
const agent = (...pieces: Piece[]): Said => ({ speaker: 'agent', pieces })
const spoken = (digits: string): string => [...digits].map(word).join(' ')

/** The agent may speak between any two. */
function withInterjections(random: Random, flavor: Flavor, said: readonly Said[], share: number): Said[] {
  return said.flatMap((one, index) =>
    index > 0 && random.chance(share) ? [agent(random.pick(flavor.interjections)), one] : [one],
  )
}

const parts =
  (
    cutUp: (random: Random, number: string) => readonly string[],
    share: number,
    say = (digits: string): string => digits,
  ): Family =>
  (random, flavor) => {
    const number = anyNumber(random)
    const said = cutUp(random, number).map((part, index) =>
      customer(index === 0 ? random.pick(flavor.before) : '', [say(part)]),
    )
    return talk(withInterjections(random, flavor, said, share), ['pan'], number)
  }

/** Anywhere, as somebody who presses Enter too early. */
const anywhere = (random: Random, number: string): string[] => {
  const at = random.between(3, number.length - 3)
  return [number.slice(0, at), number.slice(at)]
}

/** A quarter each, spoken, the cut not at a group. */
const spokenCuts: Family = (random, flavor) => {
  const number = spokenNumber(random)
  const sizes = random.pick([
    [3, 6, 5, 5],
    [7, 9],
    [5, 5, 6],
    [4, 4, 4, 4],
  ])
  return talk(
    withInterjections(
      random,
      flavor,
      cut(number, sizes).map((part) => customer([spoken(part)])),
      0.4,
    ),
    ['pan'],
    number,
  )
}

/** "six zero one one" – "sorry?" – all again from the start. */
const misheard: Family = (random) => {
  const number = spokenNumber(random)
  const head = number.slice(0, random.between(3, 6))
  const [one, other] = [number.slice(0, 8), number.slice(8)]
  return talk(
    [customer(spoken(head)), agent('sorry, what was that?'), customer([spoken(one)]), customer([spoken(other)])],
    ['pan'],
    number,
  )
}

/** The customer's and the agent's are two findings: two speakers' digits are never one. */
const readBack: Family = (random, flavor) => {
  const number = anyNumber(random)
  const own = random.chance(0.5) ? joined(printed(number), ' ') : joined([...number].map(word), ' ')
  const back = random.chance(0.5) ? joined(printed(number), ' ') : joined([...number].map(word), ' ')
  return talk(
    [
      customer(random.pick(flavor.before), ...own),
      agent(random.pick(flavor.readBacks), ...back, ', right?'),
      customer('yes'),
    ],
    ['pan'],
    number,
  )
}

/** Group by group, each one repeated by the agent. */
const echoed: Family = (random, flavor) => {
  const number = anyNumber(random)
  const said = printed(number).flatMap((group) => [customer([group]), agent([group], random.pick(['', ', ok', '?']))])
  return talk([customer(random.pick(flavor.before)), ...said], ['pan'], number)
}

const sameMessageSpoken: Family = (random, flavor) => {
  const number = spokenNumber(random)
  return message([random.pick(flavor.before), ...joined(printed(number).map(spoken), '\n')], ['pan'], number)
}

export const talks: Readonly<Record<string, Family>> = {
  'split: two halves': parts((_random, number) => cut(number, [8, 8, 8]), 0),
  'split: cut anywhere': parts(anywhere, 0),
  'split: a group a message': parts((_random, number) => printed(number), 0),
  'split: with talk of the agent between': parts((_random, number) => printed(number), 0.7),
  'split: pairs, talk between': parts(
    (_random, number) => inGroupsOf(number, 4),
    0.5,
    (digits) => inGroupsOf(digits, 2).join(' '),
  ),
  'split: spoken': spokenCuts,
  'split: misheard and said again': misheard,
  'split: spoken, a line a group': sameMessageSpoken,
  'read-back: whole': readBack,
  'read-back: group by group': echoed,
}

/** A digit that a recogniser got wrong: Luhn fails, and context or an armed guard still says card. */
export function withOneDigitWrong(random: Random, number: string): string {
  const at = random.between(6, number.length - 1)
  const wrong = String((Number(number[at]) + random.between(1, 9)) % 10)
  return number.slice(0, at) + wrong + number.slice(at + 1)
}

const suspect =
  (say: (random: Random, number: string) => Piece[], armed: boolean): Family =>
  (random, flavor): Case => {
    const wrong = withOneDigitWrong(random, spokenNumber(random))
    const said = say(random, wrong)
    // A wrong digit may make a shorter number right, with a code after it: what matters is that it is found.
    const kinds = ['pan_suspect', 'pan'] as const
    if (!armed) return message(['my card number is ', ...said], kinds, wrong)
    const found = talk([agent(random.pick(flavor.cardQuestions)), customer(...said)], kinds, wrong)
    return { ...found, armed: 'pan' }
  }

export const suspects: Readonly<Record<string, Family>> = {
  'suspect: one wrong digit, spoken, armed': suspect((_random, number) => joined([...number].map(word), ' '), true),
  'suspect: one wrong digit, figures, armed': suspect((_random, number) => joined(printed(number), ' '), true),
  'suspect: one wrong digit, spoken, after "my card number is"': suspect(
    (_random, number) => joined([...number].map(word), ' '),
    false,
  ),
  'suspect: one wrong digit, figures, after "my card number is"': suspect(
    (_random, number) => joined(printed(number), ' '),
    false,
  ),
}
