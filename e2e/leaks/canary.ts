/** The secrets that are followed: made afresh for each run, so that they stand nowhere in the tree and nowhere before. */
import { randomBytes, randomInt } from 'node:crypto'
import { brandOf, isTestNumber, luhn } from '../../detect/cards.ts'
import { cvcCanaryBytes } from '../../crypto/card-bytes.ts'

export interface Canary {
  /** 16 digits with a right check digit, of no published test card. */
  pan: string
  /**
   * What stands in the code's place: 24 random bytes of those that JSON, HTML, a cookie and a header carry as they are.
   * The processor's request is JSON, so other bytes would not arrive as what they were.
   */
  cvc: string
  /** A link's whole address. What stands behind its `#` is the secret. */
  link: string
}

const checkDigit = (head: string): string => '0123456789'.split('').find((digit) => luhn(head + digit)) ?? ''

/** A tilde may be a plus sign in base64, which the names that an integrator chooses cannot hold. */
const printable = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)).filter(
  (character) => !'"\\&<>\'/%+=`;,~'.includes(character),
)

export const makeCanary = (link: string): Canary => ({ pan: makePan(), cvc: makeCode(), link })

/** An address of a link that nobody made, at a capture origin. */
export const linkOfNobody = (captureOrigin: string): string =>
  `${captureOrigin}/l#${randomBytes(16).toString('base64url')}`

export function makePan(): string {
  for (;;) {
    const head = `4${Array.from({ length: 14 }, () => randomInt(10)).join('')}`
    const pan = head + checkDigit(head)
    const odd = isTestNumber(pan) || brandOf(pan)?.brand !== 'visa' || /(\d)\1{3}/.test(pan)
    if (!odd) return pan
  }
}

/** Bytes above the largest multiple are thrown away, so that every character is as likely as every other. */
function makeCode(): string {
  const limit = 256 - (256 % printable.length)
  let code = ''
  while (code.length < cvcCanaryBytes) {
    const byte = randomBytes(1)[0] ?? 255
    if (byte < limit) code += printable[byte % printable.length]
  }
  return code
}

/** The same number with another last digit, as one mistypes it. */
export const mistyped = ({ pan }: Pick<Canary, 'pan'>): string => pan.slice(0, -1) + ((Number(pan.slice(-1)) + 1) % 10)
