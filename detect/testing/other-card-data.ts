/** Security codes, expiry dates and magnetic stripes: what surrounds a number, or comes without it. */
import { type Case, joined, message, type Piece, talk } from './case.ts'
import { anyNumber, printed, sixteen, spokenNumber } from './numbers.ts'
import { numerals } from './numerals.ts'
import type { Random } from './random.ts'
import { word } from './spoken-english.ts'
import type { Family } from './written-cards.ts'

const placed = (phrase: string, pieces: readonly Piece[]): Piece[] => {
  const [before = '', after = ''] = phrase.split('#')
  return [before, ...pieces, after]
}

const code = (random: Random): string => random.digits(random.chance(0.8) ? 3 : 4)
const codeInWays = (random: Random, digits: string): Piece[] =>
  random.pick([[[digits]], joined([...digits], ' '), joined([...digits].map(word), ' ')])

const cvcPhrase: Family = (random, flavor) =>
  message(placed(random.pick(flavor.cvc), codeInWays(random, code(random))), ['cvc'])

const cvcAnswer: Family = (random, flavor) => {
  const found = talk(
    [
      { speaker: 'agent', pieces: [random.pick(flavor.cvcQuestions)] },
      {
        speaker: 'customer',
        pieces: [random.pick(['', 'it is ', 'uh ', 'sure, ']), ...codeInWays(random, code(random))],
      },
    ],
    ['cvc'],
  )
  return random.chance(0.5) ? { ...found, armed: 'cvc' } : found
}

/** Number, expiry and code in one breath: three findings. */
const all: Family = (random) => {
  const number = anyNumber(random)
  const month = String(random.between(1, 12)).padStart(2, '0')
  const expiry = random.pick([
    `${month}/${random.between(27, 34)}`,
    `${month}/20${random.between(27, 34)}`,
    `${month}-${random.between(27, 34)}`,
  ])
  const cvc = random.digits(/^3[47]/.test(number) ? 4 : 3)
  const shown = random.pick([number, printed(number).join(' ')])
  const [first, second] = random.pick([
    [' ', ' '],
    [', exp ', ', cvc '],
    ['\n', '\n'],
    [' / ', ' / '],
  ]) as [string, string] // two each, as written
  const starts = [0, shown.length + first.length, shown.length + first.length + expiry.length + second.length] as const
  const place = (start: number, text: string) => [{ turn: 0, start, end: start + text.length }]
  return {
    turns: [{ speaker: 'customer', text: `${shown}${first}${expiry}${second}${cvc}` }],
    expected: [
      { kinds: ['pan'], places: place(starts[0], shown), digits: number },
      { kinds: ['expiry'], places: place(starts[1], expiry) },
      { kinds: ['cvc'], places: place(starts[2], cvc) },
    ],
  }
}

const months = 'January February March April May June July August September October November December'.split(' ')

/** `12/27`, `12 2027`, "twelve twenty-seven", "oh five twenty eight", "March 2029". */
function expiryInWays(random: Random): Piece[] {
  const [month, year] = [random.between(1, 12), random.between(27, 34)]
  const padded = String(month).padStart(2, '0')
  const spokenMonth = month < 10 ? `${random.pick(['oh', 'zero'])} ${word(String(month))}` : numerals.en.pair(month)
  return random.pick<Piece[]>([
    [[`${padded}/${year}`]],
    [[`${padded}/20${year}`]],
    [[`${padded} ${year}`]],
    [[`${padded}-20${year}`]],
    [[`${spokenMonth} ${numerals.en.pair(year)}`]],
    [[`${spokenMonth} twenty ${numerals.en.pair(year)}`]],
    // A name carries no digit: only the year does.
    [`${months[month - 1]} `, [`20${year}`]],
  ])
}
const expiryPhrase: Family = (random, flavor) =>
  message(placed(random.pick(flavor.expiry), expiryInWays(random)), ['expiry'])
const expiryAnswer: Family = (random, flavor): Case => ({
  ...talk(
    [
      { speaker: 'agent', pieces: [random.pick(flavor.expiryQuestions)] },
      { speaker: 'customer', pieces: expiryInWays(random) },
    ],
    ['expiry'],
  ),
  armed: 'expiry',
})

const spokenAll: Family = (random) => {
  const number = spokenNumber(random)
  const shown = [...number].map(word).join(' ')
  const middle = random.pick([' and it expires ', ' expiry '])
  const expiry = `${numerals.en.pair(random.between(10, 12))} ${numerals.en.pair(random.between(27, 34))}`
  const before = random.pick(['. The security code is ', ' and the cvc is '])
  const cvc = [...random.digits(/^3[47]/.test(number) ? 4 : 3)].map(word).join(' ')
  const at = shown.length + middle.length
  const last = at + expiry.length + before.length
  return {
    turns: [{ speaker: 'customer', text: `${shown}${middle}${expiry}${before}${cvc}` }],
    expected: [
      { kinds: ['pan'], places: [{ turn: 0, start: 0, end: shown.length }], digits: number },
      { kinds: ['expiry'], places: [{ turn: 0, start: at, end: at + expiry.length }] },
      { kinds: ['cvc'], places: [{ turn: 0, start: last, end: last + cvc.length }] },
    ],
  }
}

/** From the first digit of the stripe to its last: sentinels and letters outside of them carry none. */
const whole = (before: string, track: string, number: string, after = ''): Case => {
  const [, head = '', digits = '', tail = ''] = /^(\D*)(.*\d)(\D*)$/s.exec(track) ?? []
  return message([before + head, [digits], tail + after], ['track', 'pan'], number)
}
const service = (random: Random): string =>
  `${random.between(27, 34)}${String(random.between(1, 12)).padStart(2, '0')}${random.pick(['101', '201', '121', '221'])}`

const tracks =
  (write: (random: Random, number: string) => string): Family =>
  (random) => {
    const number = random.chance(0.5)
      ? sixteen(random)
      : random.pick(['4242424242424242', '5555555555554444', '378282246310005'])
    return whole(random.pick(['', 'swipe: ', 'T=']), write(random, number), number, random.pick(['', ' ', '\n']))
  }

/** EMV Book 3, annex B: tag, length, value. What carries is the value: a tag's own digits are none of the card. */
const tlv: Family = (random) => {
  const number = sixteen(random)
  const data = `${number}D${service(random)}${random.digits(10)}`
  const padded = data.length % 2 === 0 ? data : `${data}F`
  const length = (padded.length / 2).toString(16).toUpperCase().padStart(2, '0')
  const before = random.pick(['', 'EMV '])
  return random.pick([
    () => whole(`${before}57${length}`, padded, number),
    () => whole(`${before}57 ${length} `, padded, number),
    () => whole(`${before}5A08`, number, number),
  ])()
}

export const otherCardData: Readonly<Record<string, Family>> = {
  'cvc: label': cvcPhrase,
  'cvc: answer': cvcAnswer,
  'expiry: label': expiryPhrase,
  'expiry: answer': expiryAnswer,
  'number, expiry and cvc': all,
  'number, expiry and cvc, spoken': spokenAll,
  'track 1': tracks((random, number) => `%B${number}^DOE/JOHN^${service(random)}${random.digits(12)}?`),
  'track 2': tracks((random, number) => `;${number}=${service(random)}${random.digits(10)}?`),
  'track 2 of a chip': tracks(
    (random, number) => `${number}D${service(random)}${random.digits(10)}${random.pick(['F', ''])}`,
  ),
  'EMV data objects': tlv,
}
