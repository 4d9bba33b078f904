/**
 * What of a turn's end must not go on whole, where the turn cannot wait for the next one. The guard holds whatever may be
 * the beginning of a number; of that, most are telephone numbers, times and "for two people". Crossed out is what follows the
 * form of a card (groups of four, or four and six, or twelve digits in one), and anything where a card is the matter.
 */
import { type Item, numeric, PARTED, placesOf, says } from './items.ts'
import { exposed, type Ledger } from './ledger.ts'
import { lengthMax, lengthMin } from './iin.ts'

interface Place {
  start: number
  end: number
}

const isSure = (item: Item): boolean => item.kind === 'digits' || (item.entry?.strong ?? false)
const sizeOf = (item: Item): number =>
  item.kind === 'digits' ? item.digits.length : says(item, 'number') ? 2 : isSure(item) ? 1 : 0

/**
 * @param from the oldest place that the guard would hold.
 * @param turn where the turn began and ends.
 * @param asked whether a card is the matter: asked for, or named in one of the last turns.
 */
export function crossedPlaces(ledger: Ledger, from: number, turn: Place, asked: boolean): Place[] {
  const first = ledger.starts[ledger.first] ?? from
  const run = ledger.items.filter((item) => numeric(item) && item.end > Math.min(first, from))
  const isNumber = ledger.digits.length - ledger.first > exposed || ledger.armed
  const items =
    isNumber && (asked || goesOn(run, turn) || isCardLike(run, ledger)) ? trimmed(run) : run.filter(isTail(ledger))
  return items.flatMap(placesOf).filter(({ start }) => start >= from)
}

/** "For" and "to" are digits between digits alone. */
function trimmed(items: readonly Item[]): Item[] {
  const first = items.findIndex(isSure)
  const last = items.findLastIndex(isSure)
  return items.slice(Math.max(first, 0), last + 1).filter((item, index, all) => {
    const [before, after] = [all[index - 1], all[index + 1]]
    return isSure(item) || (isNear(before, item) && isNear(item, after))
  })
}
const near = 2
const isNear = (one: Item | undefined, next: Item | undefined): boolean =>
  one !== undefined && next !== undefined && next.start - one.end <= near

/** Three or four digits by themselves, behind the word for a code or an end, or where one was asked for. */
const isTail =
  ({ labelled }: Ledger) =>
  (item: Item): boolean =>
    item.start >= labelled &&
    isSure(item) &&
    (item.kind !== 'digits' || item.digits.length > 1) &&
    (item.parted & PARTED.colon) === 0

/** Nothing was said but digits, and digits before that: somebody dictates. */
function goesOn(run: readonly Item[], turn: Place): boolean {
  const own = run.filter(({ start }) => start >= turn.start)
  const [first, last] = [own[0], own.at(-1)]
  if (first === undefined || last === undefined || own.length === run.length) return false
  const digits = own.reduce((sum, { start, end }) => sum + end - start, 0)
  return isSure(first) && turn.end - turn.start - digits <= own.length + bareMax
}
/** "Ok, " before them, or "pls" behind. */
const bareMax = 4

/** Figures with no words between. */
function inOne(run: readonly Item[]): boolean {
  let sum = 0
  let end = Number.NEGATIVE_INFINITY
  for (const item of run) {
    if (item.kind !== 'digits' || item.start - end > figuresGapMax) sum = 0
    if (item.kind === 'digits') sum += item.digits.length
    end = item.end
    if (sum > lengthMax) return false
  }
  return sum > lengthMin
}
const figuresGapMax = 3

function isCardLike(run: readonly Item[], ledger: Ledger): boolean {
  if (inOne(run)) return true
  const amex = ledger.digits[ledger.first] === 3 && [4, 7].includes(ledger.digits[ledger.first + 1] ?? 0)
  const fits = (sum: number): boolean => sum % 4 === 0 || (amex && sum === 10)
  let sum = 0
  let spoken = 0
  let turn = run[0]?.turn
  for (const item of run) {
    if (item.turn !== turn && !fits(sum)) return false
    if (item.turn !== turn) spoken = 0
    turn = item.turn
    const size = sizeOf(item)
    sum += size
    if (item.kind !== 'digits') spoken += size
    else if (size < lengthMin && !fits(sum)) return false
    if (spoken >= lengthMin || (item.kind === 'digits' && size >= lengthMin)) return true
  }
  return sum > exposed && fits(sum)
}
