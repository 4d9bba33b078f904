/** What goes with a card number: the security code and the expiry, by their label, beside a number, or as just asked. */
import type { Aside } from './asides.ts'
import { isExpiry } from './asides.ts'
import type { Automaton } from './automaton.ts'
import { type Item, placesOf, says } from './items.ts'
import { labelBehindMax } from './ledger.ts'
import type { Found, Run, Setting } from './run.ts'
import { type Digit, type Reading, readingsOf, textOf } from './readings.ts'
import { type Group, groupsOf } from './windows.ts'

/** So much other text may stand between a label and its number, and between a number and a label after it. */
const forwardMax = 32
const perishableReach = 48

interface Tail {
  run: Run
  aside: readonly (Aside | null)[]
  reading: Reading
  groups: readonly Group[]
  /** Places that a card number has taken. */
  pans: readonly Found[]
  setting: Setting
}

export function judgeTails(
  run: Run,
  aside: readonly (Aside | null)[],
  pans: readonly Found[],
  automaton: Automaton,
  setting: Setting,
): Found[] {
  const { armed, cvcTurn, expiryTurn } = setting
  const isAsked = setting.afterPan || cvcTurn || expiryTurn || armed.has('cvc') || armed.has('expiry')
  const isLabelled = run.items.some((item) => says(item, 'cvc') || says(item, 'expiry'))
  if (pans.length === 0 && !isAsked && !isLabelled) return []
  const set = aside.map((one) => one !== null)
  const [reading] = readingsOf(run.items, set, automaton, run.before, 1)
  if (reading === undefined) return []
  const tail: Tail = { run, aside, reading, groups: groupsOf(run.items, aside, reading.digits), pans, setting }
  const found: Found[] = []
  const add = (one: Found | null): void => {
    if (one === null || setting.without.has(one.rule)) return
    const taken = [...pans, ...found].some((other) => overlaps(one, other))
    if (!taken) found.push(one)
  }
  for (const [index, item] of run.items.entries()) {
    if (says(item, 'expiry')) add(labelledExpiry(tail, index, item))
    if (says(item, 'cvc')) add(labelledCvc(tail, index, item))
  }
  const trusted = pans.length > 0 || setting.afterPan
  for (const index of run.items.keys())
    if (
      aside[index] === 'expiry' &&
      aside[index + 1] === 'expiry' &&
      isExpiry(run.items[index], run.items[index + 1]) &&
      (trusted || setting.armed.has('expiry') || setting.expiryTurn)
    )
      if (follows(tail, run.items[index]))
        add(expiryOf(run.items.slice(index, index + 2), trusted ? 'EXP.near_pan' : 'EXP.armed'))
  for (const pan of pans) for (const one of afterPan(tail, pan)) add(one)
  if (pans.length === 0) add(alone(tail))
  return found
}

const startOf = (found: Found): number => found.digits[0]?.start ?? 0
const endOf = (found: Found): number => found.digits.at(-1)?.end ?? 0
const overlaps = (a: Found, b: Found): boolean => startOf(a) < endOf(b) && startOf(b) < endOf(a)

/** After the number it belongs to: what comes before has left already. */
const follows = (tail: Tail, item: Item | undefined): boolean =>
  tail.pans.length === 0 || tail.pans.some((pan) => startOf(pan) < (item?.start ?? 0))

const expiryOf = (items: readonly Item[], rule: string): Found => ({
  kind: 'expiry',
  rule,
  reasons: [rule, 'shape MM/YY'],
  digits: items.flatMap(placesOf),
})

const ofDigits = (kind: 'cvc' | 'expiry', rule: string, digits: readonly Digit[]): Found => ({
  kind,
  rule,
  reasons: [rule, `shape ${digits.length}`],
  digits: digits.map(({ start, end }) => ({ start, end })),
})

/** Groups after the item, up to where something else begins. */
function groupsAfter(tail: Tail, index: number, reach: number): Group[] {
  const { groups, reading, run } = tail
  const label = run.items[index]
  const found: Group[] = []
  for (const group of groups) {
    const digit = reading.digits[group.from]
    if (digit === undefined || digit.item <= index || label === undefined) continue
    if (found.length === 0 && (digit.start - label.end > reach || otherBetween(run.items, index, digit.item))) break
    if (found.length > 0 && group.strong) break
    found.push(group)
  }
  return found
}

const otherBetween = (items: readonly Item[], from: number, to: number): boolean =>
  items
    .slice(from + 1, to)
    .some((item) => says(item, 'cvc') || says(item, 'expiry') || says(item, 'order') || says(item, 'phone'))

const digitsIn = (tail: Tail, groups: readonly Group[]): Digit[] =>
  tail.reading.digits.slice(groups[0]?.from ?? 0, groups.at(-1)?.to ?? 0)

/** Three or four digits: one group, or as many spoken ones. */
function codeIn(tail: Tail, groups: readonly Group[]): Digit[] | null {
  const [first] = groups
  if (first === undefined) return null
  const size = first.to - first.from
  if (!first.spoken && size > 1) return size === 3 || size === 4 ? digitsIn(tail, [first]) : null
  const run: Group[] = []
  for (const group of groups) {
    if (!group.spoken && group.to - group.from > 1) break
    run.push(group)
  }
  const digits = digitsIn(tail, run)
  return digits.length === 3 || digits.length === 4 ? digits : null
}

function labelledCvc(tail: Tail, index: number, label: Item): Found | null {
  const rule = 'CVC.label'
  const forward = codeIn(tail, groupsAfter(tail, index, forwardMax))
  if (forward) return ofDigits('cvc', rule, forward)
  // Only what the guard has held back for this: figures alone, or behind a number.
  const before = tail.groups.filter((group) => (tail.reading.digits[group.from]?.item ?? 0) < index)
  if (tail.pans.length === 0 && (tail.reading.digits.length > 4 || before.some((group) => group.spoken))) return null
  for (let count = 1; count <= 4; count += 1) {
    const groups = before.slice(-count)
    const digits = digitsIn(tail, groups)
    const last = digits.at(-1)
    if (digits.length < 3 || last === undefined) continue
    if (label.start - last.end > labelBehindMax || digits.length > 4) return null
    const outer = before[before.length - count - 1]
    const apart = outer === undefined || groups[0]?.strong || !groups[0]?.spoken
    return apart ? ofDigits('cvc', rule, digits) : null
  }
  return null
}

const yearText = /^(20)?[2-5]\d$/
const expiryText = /^(0?[1-9]|1[0-2])(20)?[2-5]\d$/
const fullExpiryText = /^(0[1-9]|1[0-2])(20)?[2-5]\d$/

function labelledExpiry(tail: Tail, index: number, label: Item): Found | null {
  const { run, aside } = tail
  if (!tail.setting.without.has('VETO.PERISHABLE') && perishes(tail, label)) return null
  for (let at = index + 1; at < run.items.length; at += 1) {
    const item = run.items[at]
    if (item === undefined || item.start - label.end > forwardMax) break
    if (aside[at] === 'expiry') return expiryOf(run.items.slice(at, at + 2), 'EXP.label')
    if (aside[at] !== null || says(item, 'cvc')) break
    if (says(item, 'month')) return monthAndYear(tail, at)
    if (item.kind === 'digits' || item.entry?.strong) break
    // `exp points 1227`: other words may come between only where the talk is of a card.
    if (item.kind === 'text' && !ofCard(tail)) return null
  }
  const groups = longest(tail, groupsAfter(tail, index, forwardMax), 6, expiryText)
  const rule = groups.some((group) => group.spoken) ? 'EXP.spoken' : 'EXP.label'
  return groups.length > 0 ? ofDigits('expiry', rule, digitsIn(tail, groups)) : null
}

/** December 2027, Dec 27. */
function monthAndYear(tail: Tail, index: number): Found | null {
  const groups = longest(tail, groupsAfter(tail, index, 12), 4, yearText)
  return groups.length > 0 ? ofDigits('expiry', 'EXP.label', digitsIn(tail, groups)) : null
}

/** As many of the first groups as read like this together, at the most so many. */
function longest(tail: Tail, groups: readonly Group[], most: number, pattern: RegExp): readonly Group[] {
  for (let count = most; count > 0; count -= 1) {
    const own = groups.slice(0, count)
    if (pattern.test(textOf(digitsIn(tail, own)))) return own
  }
  return []
}

const ofCard = ({ pans, run, setting }: Tail): boolean =>
  pans.length > 0 || setting.cardTurn || [...run.before, ...run.items].some((item) => says(item, 'card'))

/** Something else expires: a passport, milk, an offer. */
function perishes(tail: Tail, label: Item): boolean {
  if (tail.pans.length > 0) return false
  const near = [...tail.run.before, ...tail.run.items].filter(
    (item) => Math.abs(item.start - label.start) <= perishableReach && item !== label,
  )
  return (
    near.some((item) => says(item, 'perishable')) &&
    !near.some((item) => says(item, 'card') && !says(item, 'perishable'))
  )
}

/** An expiry and a code that follow a number without a word. */
function afterPan(tail: Tail, pan: Found): Found[] {
  const groups: Group[] = []
  for (const group of tail.groups) {
    const digit = tail.reading.digits[group.from]
    if (digit === undefined || digit.start < endOf(pan)) continue
    if (groups.length === 0 && (digit.start - endOf(pan) > forwardMax || group.words > 0)) break
    if (groups.length > 0 && group.apart) break
    groups.push(group)
  }
  const found: Found[] = []
  const expiry = groups[0]?.expiry ? [] : longest(tail, groups, 4, fullExpiryText)
  if (expiry.length > 0) found.push(ofDigits('expiry', 'EXP.near_pan', digitsIn(tail, expiry)))
  const rest = groups.slice(expiry.length)
  const code = codeIn(tail, rest)
  // Of more than a code it is none.
  if (code && code.at(-1) === digitsIn(tail, rest).at(-1)) found.push(ofDigits('cvc', 'CVC.after_pan', code))
  return found
}

/** Nothing but a code or an expiry, where one was just asked for or a number has just been given. */
function alone(tail: Tail): Found | null {
  const { setting, groups, reading } = tail
  if (groups.length === 0 || groups.some((group) => group.strong)) return null
  const digits = reading.digits
  const text = textOf(digits)
  const asked = setting.armed.has('expiry') || setting.expiryTurn
  const named = [...tail.run.before.slice(-1), ...tail.run.items].some((item) => says(item, 'month'))
  if (asked && named && yearText.test(text)) return ofDigits('expiry', 'EXP.armed', digits)
  const exact = digits.length === 4 || digits.length === 6 || groups.length > 1
  if ((asked || (setting.afterPan && !setting.cvcTurn)) && exact && expiryText.test(text) && digits.length > 3)
    return ofDigits('expiry', setting.afterPan ? 'EXP.near_pan' : 'EXP.armed', digits)
  if (!setting.armed.has('cvc') && !setting.cvcTurn && !setting.afterPan) return null
  const code = codeIn(tail, groups)
  if (code === null || code.length !== digits.length) return null
  return ofDigits('cvc', setting.afterPan ? 'CVC.after_pan' : 'CVC.armed', code)
}
