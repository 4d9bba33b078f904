/** Every window of twelve to nineteen digits of a text, by the definition: quadratic, and nothing of a detector in it. */
import { anyNumber, printed } from './numbers.ts'
import { checkDigit, type Random, seeded } from './random.ts'
import type { Api } from './run.ts'
import type { Place } from './case.ts'

export const digitsUnder = (text: string, spans: readonly Place[]): string =>
  spans.map(({ start, end }) => text.slice(start, end).replace(/\D/g, '')).join('')

/** Whatever passes Luhn, wherever it begins. Prefixes are not asked for: that would be the detector's table. */
export function bruteForce(text: string): Set<string> {
  const digits = text.replace(/\D/g, '')
  const found = new Set<string>()
  for (let start = 0; start < digits.length; start += 1) {
    for (let length = 12; length <= 19 && start + length <= digits.length; length += 1) {
      const window = digits.slice(start, start + length)
      if (checkDigit(window.slice(0, -1)) === window.slice(-1)) found.add(window)
    }
  }
  return found
}

/** Words around a number as it is printed on a card, or groups of any size with any separators. */
export function randomStream(random: Random): { text: string; plain: string | null } {
  if (random.chance(0.25)) {
    const plain = anyNumber(random)
    const shown = printed(plain).join(random.pick([' ', '-', '']))
    return { text: `please use card ${shown} for this`, plain }
  }
  const groups = Array.from({ length: random.between(1, 9) }, () =>
    random.digits(random.pick([1, 2, 3, 4, 4, 4, 5, 6, 8, 12, 16])),
  )
  const separators = [' ', ' ', '-', '.', ', ', '/', ' and ', ' or ', '\n', ': ']
  return {
    text: groups.map((group, index) => (index === 0 ? group : random.pick(separators) + group)).join(''),
    plain: null,
  }
}

/** Numbers that a detector names and no window is, and numbers that stand alone and are not named. */
export function compare(
  api: Pick<Api, 'detect'>,
  seed: number,
  streams: number,
): { unsound: string[]; missed: string[]; planted: number } {
  const random = seeded(seed)
  const [unsound, missed]: [string[], string[]] = [[], []]
  let planted = 0
  for (let index = 0; index < streams; index += 1) {
    const { text, plain } = randomStream(random)
    const windows = bruteForce(text)
    const findings = api.detect(text)
    const numbers = findings.filter(({ kind }) => kind === 'pan').map((finding) => digitsUnder(text, finding.spans))
    for (const number of numbers) if (!windows.has(number)) unsound.push(`${text} → ${number}`)
    if (plain === null) continue
    planted += 1
    // Sixteen digits that pass, and three after them, are a number and its code as well: that hides as much.
    const hidden = findings.map((finding) => digitsUnder(text, finding.spans)).join('')
    if (!numbers.includes(plain) && hidden !== plain) missed.push(`${text} → ${plain}`)
  }
  return { unsound, missed, planted }
}
