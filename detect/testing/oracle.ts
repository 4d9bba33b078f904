/**
 * Finds card numbers the slow way: every reading of the whole text, every way to read each part of it, every window of
 * twelve to nineteen digits. It judges what the detector released, so it imports nothing of it: not its tables, not its
 * Luhn, not its words. It may find more than there is; it is asked about numbers that were planted.
 */
import { fold, readings, textOf } from './oracle-cells.ts'
import { type Part, partsIn } from './oracle-parts.ts'

export interface OracleTurn {
  speaker: string
  text: string
}

export interface OracleNumber {
  speaker: string
  digits: string
  /** From the first to the last character that carries a digit, one a turn. */
  places: { turn: number; start: number; end: number }[]
}

/** ISO/IEC 7812-1 annex B, written as the standard says it. */
function passesLuhn(digits: string): boolean {
  const products = [...digits].reverse().map((digit, index) => Number(digit) * (index % 2 === 0 ? 1 : 2))
  return products.reduce((sum, product) => sum + Math.floor(product / 10) + (product % 10), 0) % 10 === 0
}
/** First digits of payment cards, broadly: banking, travel, and the schemes that lie outside. */
const headed = /^(1\d{14}$|2[0-7]|3|4|5|6|8[126]|9[78])/

/** Steps that a search may take from one part on: words that may be none double the ways. */
const stepsMax = 4_000

interface Window {
  digits: string
  first: number
  last: number
}

function windowsFrom(parts: readonly Part[], first: number): Window[] {
  const found: Window[] = []
  let steps = 0
  const walk = (at: number, said: readonly string[]): void => {
    const part = parts[at]
    if (part === undefined || (part.hidden && at > first)) return
    // "no", "sorry": up to four parts before it may be meant back.
    const before = part.corrects && at > first ? [0, 1, 2, 3, 4].filter((back) => back < said.length) : [0]
    for (const back of before) {
      for (const digits of part.digits) {
        steps += 1
        if (steps > stepsMax) return
        const now = [...said.slice(0, said.length - back), digits]
        const all = now.join('')
        if (all.length > 19) continue
        if (digits !== '' && all.length > 11 && headed.test(all) && passesLuhn(all))
          found.push({ digits: all, first, last: at })
        walk(at + 1, now)
      }
    }
  }
  walk(first, [])
  return found
}

/** Every number that some reading of the turns of one speaker holds. */
export function findNumbers(turns: readonly OracleTurn[]): OracleNumber[] {
  const found = new Map<string, OracleNumber>()
  for (const speaker of new Set(turns.map((turn) => turn.speaker))) {
    const own = turns.map((turn, index) => ({ ...turn, index })).filter((turn) => turn.speaker === speaker)
    for (const reading of readings(own.map(({ text }) => text).join('\n'))) {
      const cells = fold(reading)
      for (const parts of partsIn(cells)) {
        for (let first = 0; first < parts.length; first += 1) {
          for (const window of windowsFrom(parts, first)) {
            const places = parts.slice(window.first, window.last + 1).map((part) => ({
              start: cells[part.start]?.start ?? 0,
              end: cells[part.end - 1]?.end ?? 0,
            }))
            const number = { speaker, digits: window.digits, places: byTurn(places, own) }
            found.set(JSON.stringify(number), number)
          }
        }
      }
    }
  }
  return [...found.values()]
}

/** Places in the joined text, as places in its turns; a line break stands between two of them. */
function byTurn(places: readonly { start: number; end: number }[], own: readonly { text: string; index: number }[]) {
  let offset = 0
  return own.flatMap(({ text, index }) => {
    const start = offset
    offset += text.length + 1
    const inside = places.filter((place) => place.start < offset && place.end > start)
    const [first, last] = [inside[0], inside.at(-1)]
    if (first === undefined || last === undefined) return []
    return [{ turn: index, start: Math.max(0, first.start - start), end: Math.min(text.length, last.end - start) }]
  })
}

/** PCI DSS 3.4.1 lets the first six and the last four be seen: seven in a row are more. */
const tooMany = 7

/**
 * Whether a text shows seven digits of the number in a row, with whatever between them but a mask.
 * @param digits a number whose sevens cannot come about by its head standing before its tail or itself: see `tellable`.
 */
export function shows(digits: string, text: string): boolean {
  const wanted = new Set(Array.from({ length: digits.length - tooMany + 1 }, (_, at) => digits.slice(at, at + tooMany)))
  const all = readings(text)
  // The digits of an escape are its own: where a reading without escapes is there, the others say nothing more.
  const plain = all.filter((reading) => !escapes.test(textOf(reading)))
  const some = plain.length > 0 ? plain : all
  return some.some((reading) => partsIn(fold(reading)).some((parts) => holdsOne(parts, wanted)))
}
const escapes = /\\u[\da-f]{4}|\\x[\da-f]{2}|&#x?[\da-f]+;|%[0-7][\da-f]/i

function holdsOne(parts: readonly Part[], wanted: ReadonlySet<string>): boolean {
  const begins = new Set(
    [...wanted].flatMap((run) => Array.from({ length: run.length }, (_, end) => run.slice(0, end + 1))),
  )
  let steps = 0
  const walk = (at: number, said: string): boolean => {
    const part = parts[at]
    if (part === undefined || (part.hidden && said !== '')) return false
    return part.digits.some((digits) => {
      steps += 1
      if (steps > stepsMax * 10) return false
      if (said === '') {
        // A run may begin anywhere in the first part.
        const tails = Array.from({ length: digits.length }, (_, from) => digits.slice(from))
        return tails.some((tail) => wanted.has(tail.slice(0, tooMany)) || (begins.has(tail) && walk(at + 1, tail)))
      }
      const now = said + digits
      if (wanted.has(now.slice(0, tooMany))) return true
      return begins.has(now) && walk(at + 1, now)
    })
  }
  return parts.some((_, at) => walk(at, ''))
}

/** False of 4242…: its own first six, said twice, or before its last four, already show seven of it. */
export function tellable(digits: string): boolean {
  const [head, tail] = [digits.slice(0, 6), digits.slice(-4)]
  const sevens = Array.from({ length: digits.length - tooMany + 1 }, (_, at) => digits.slice(at, at + tooMany))
  return !sevens.some((seven) => [head + head, head + tail, tail + head].some((other) => other.includes(seven)))
}
