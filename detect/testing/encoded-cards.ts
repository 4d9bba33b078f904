/** Numbers in the encodings that chats, logs and web pages put them into. An encoded run counts whole. */
import { joined, message, type Piece } from './case.ts'
import { anyNumber, printed } from './numbers.ts'
import type { Family } from './written-cards.ts'

const hex = (text: string): string => [...text].map((one) => one.charCodeAt(0).toString(16).padStart(2, '0')).join('')
const each = (number: string, encode: (digit: string) => string): Piece[] => [[[...number].map(encode).join('')]]
const code = (digit: string): number => digit.charCodeAt(0)

/** ASCII alone, so that no runtime's own function is needed. */
export function base64(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  let encoded = ''
  for (let at = 0; at < text.length; at += 3) {
    const [one, two, three] = [text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2)]
    const bits = (one << 16) | ((two || 0) << 8) | (three || 0)
    const letters = [18, 12, 6, 0].map((shift) => alphabet[(bits >> shift) & 63]).join('')
    encoded += Number.isNaN(two)
      ? `${letters.slice(0, 2)}==`
      : Number.isNaN(three)
        ? `${letters.slice(0, 3)}=`
        : letters
  }
  return encoded
}

const perDigit =
  (encode: (digit: string) => string): Family =>
  (random, flavor) => {
    const number = anyNumber(random)
    return message(
      [random.pick(flavor.before), ...each(number, encode), random.pick(['', ' ', '\n', ' .'])],
      ['pan'],
      number,
    )
  }

/** The encoder of a whole sentence with the number in it. */
const whole =
  (encode: (text: string) => string): Family =>
  (random, flavor) => {
    const number = anyNumber(random)
    const sentence = random.pick([
      number,
      printed(number).join(' '),
      `${random.pick(flavor.before)}${number}`,
      `{"number":"${number}"}`,
    ])
    return message(
      [
        random.pick(['', 'data: ', 'body=']),
        [encode(sentence.replace(/[^ -~]/g, ''))],
        random.pick(['', '\n', ' end']),
      ],
      ['pan'],
      number,
    )
  }

const between =
  (separators: readonly string[], wrap: (group: string) => Piece[] = (group) => [[group]]): Family =>
  (random) => {
    const number = anyNumber(random)
    const separator = random.pick(separators)
    const pieces = printed(number).flatMap((group, index) => [...(index === 0 ? [] : [separator]), ...wrap(group)])
    return message(['card ', ...pieces, ' ok'], ['pan'], number)
  }

export const encodedCards: Readonly<Record<string, Family>> = {
  'encoded: decimal entities': perDigit((digit) => `&#${code(digit)};`),
  'encoded: hexadecimal entities': perDigit((digit) => `&#x${code(digit).toString(16)};`),
  'encoded: entities between': between(['&nbsp;', '&#32;', '&ndash;', '&#x20;', '&thinsp;', '&#8211;', '&#45;']),
  'encoded: percent': perDigit((digit) => `%${hex(digit)}`),
  'encoded: percent between': between(['%20', '+', '%2D', '%09', '%C2%A0']),
  'encoded: \\u': perDigit((digit) => `\\u00${hex(digit)}`),
  'encoded: \\x': perDigit((digit) => `\\x${hex(digit)}`),
  'encoded: escapes between': between(['\\u0020', '\\n', '\\t', '\\u00a0', '\\u002d']),
  'encoded: tags between': between([' ', ''], (group) => ['<b>', [group], '</b>']),
  'encoded: base64': whole(base64),
  'encoded: hex of ASCII': whole(hex),
  'encoded: quoted-printable': perDigit((digit) => `=${hex(digit)}`),
  'encoded: reversed': (random) => {
    const number = anyNumber(random)
    return message(
      ['read it backwards: ', ...joined([[...number].reverse().join('')], ''), ' (reversed)'],
      ['pan'],
      number,
    )
  },
}
