/**
 * Card numbers to plant: those that processors publish for their sandboxes, and numbers below 4000 00 and 4000 05, Stripe's
 * own test issuers, which nobody has either. A few schemes publish none: theirs are the scheme's prefix, zeros and a tail.
 */
import { checkDigit, type Random } from './random.ts'

export const published: readonly string[] = (
  '4242424242424242 4000056655665556 5555555555554444 2223003122003222 5200828282828210 5105105105105100 ' +
  '378282246310005 371449635398431 378734493671000 6011111111111117 6011000990139424 6011981111111113 ' +
  '3056930009020004 36227206271667 30569309025904 38520000023237 6555900000604105 3566002020360505 3530111333300000 ' +
  '6200000000000005 6205500000000000004 4111111111111111 4988438843884305 4166676667666746 4646464646464644 ' +
  '4012888888881881 4012000033330026 4217651111111119 4500600000000061 4005519200000004 4009348888881881 ' +
  '4222222222222 4444333322221111 5555341244441115 5136333333333335 5585558555855583 2222410740360010 ' +
  '5424180279791732 5454545454545454 374251033270007 343434343434343 6011601160116611 6445644564456445 ' +
  '36259600000004 36700102000000 3569990010095841 6771798021000008 6759649826438453 6062826786276634 ' +
  '5019555544445555 5895626746595650 4571000000000001 6250946000000016 8171999927660000 9792030000000000 2200000000000004'
).split(' ')

/** Schemes whose processors publish nothing, or too little of the length. */
const prefixes: readonly (readonly [prefix: string, length: number])[] = [
  ['650002', 16],
  ['506099', 19],
  ['353600', 19],
  ['601100', 19],
  ['400000', 19],
  ['220410', 19],
  ['508500', 16],
  ['653000', 16],
  ['636368', 16],
  ['509000', 16],
]

const filled = (random: Random, prefix: string, length: number): string => {
  const payload = `${prefix}${random.digits(length - 1 - prefix.length)}`
  return payload + checkDigit(payload)
}

/** Any scheme. */
export const anyNumber = (random: Random): string => {
  const roll = random.below(10)
  if (roll < 6) return random.pick(published)
  if (roll < 8) return sixteen(random)
  const [prefix, length] = random.pick(prefixes)
  return filled(random, `${prefix}000`, length)
}

/** Sixteen digits of a test issuer, any digits after its prefix. */
export const sixteen = (random: Random): string => filled(random, random.pick(['400000', '400005']), 16)

/** Of the big schemes, sixteen digits: what people say aloud most. */
export const spokenNumber = (random: Random): string =>
  random.chance(0.4)
    ? sixteen(random)
    : random.pick(published.filter((number) => /^(4|5[1-5]|2[2-7]|6011|3[47])/.test(number)))

/** As it is printed on the card: fours, or 4-6-5 and 4-6-4 of the short ones that begin with 3. */
export function printed(number: string): string[] {
  const sizes =
    number.length === 15 && number.startsWith('3') ? [4, 6, 5] : number.length === 14 ? [4, 6, 4] : [4, 4, 4, 4, 4]
  return cut(number, sizes)
}

/** In groups of these sizes, the last one with what is left. */
export function cut(number: string, sizes: readonly number[]): string[] {
  const groups: string[] = []
  let at = 0
  for (const size of sizes) {
    if (at < number.length) groups.push(number.slice(at, at + size))
    at += size
  }
  if (at < number.length) groups.push(number.slice(at))
  return groups
}

export const inGroupsOf = (number: string, size: number): string[] => cut(number, Array(20).fill(size))
