/**
 * Whoever hears the hints, and when, learns no more of the number's length than its scheme tells: two guessers are
 * trained on 2,000 simulated captures and guess as if by a coin. People type at their own pace, in groups, with slips,
 * pauses, paste and autofill; the number of digits is all that differs between what is to be told apart.
 */
import { describe, expect, it } from 'vitest'
import { FieldSet } from './fields/field-set.ts'
import { auc, crossValidated, logistic, tree } from './guessers.test-kit.ts'
import { Pace } from './pace.ts'
import { Progress } from './progress.ts'

const schemes: Record<string, { prefix: string; lengths: readonly number[] }> = {
  visa: { prefix: '4', lengths: [13, 16, 18, 19] },
  unionpay: { prefix: '62', lengths: [14, 15, 16, 17, 18, 19] },
  discover: { prefix: '6011', lengths: [16, 17, 18, 19] },
  diners: { prefix: '36', lengths: [14, 15, 16, 17, 18, 19] },
  jcb: { prefix: '3530', lengths: [16, 17, 18, 19] },
  maestro: { prefix: '5018', lengths: [12, 13, 14, 15, 16, 17, 18, 19] },
}
const names = Object.keys(schemes)

/** mulberry32: the same people every time. */
function chance(seed: number) {
  let state = seed >>> 0
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return { random, around: (median: number, spread: number): number => median * Math.exp(spread * normal()) }
}

const luhnEnd = (head: string): string => {
  const sum = [...head].reverse().reduce((total, digit, at) => {
    const doubled = Number(digit) * (at % 2 === 0 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return head + String((10 - (sum % 10)) % 10)
}

interface Heard {
  scheme: number
  isLong: boolean
  keys: number
  /** Milliseconds of each thing told, since the form was there. */
  told: { what: string; at: number }[]
  sentAt: number
}

/** One person and one form, in a time of their own: the real fields and the real hints. */
async function capture(seed: number, paced: boolean): Promise<Heard> {
  const { random, around } = chance(seed)
  const scheme = seed % names.length
  const { prefix, lengths } = schemes[names[scheme] ?? ''] ?? { prefix: '4', lengths: [16] }
  const length = lengths[Math.floor(random() * lengths.length)] ?? 16
  let now = 0
  let timer: { at: number; run(): void } | null = null
  const told: Heard['told'] = []
  const pace = new Pace(() => now)
  const progress = new Progress({
    send: async () => {},
    tellHost: ({ field, status, level, code }) =>
      told.push({ what: `${field} ${status} ${level ?? code ?? ''}`, at: now }),
    setTimeout: (run, ms) => {
      timer = { at: now + ms, run }
      return timer
    },
    clearTimeout: () => {
      timer = null
    },
    pace: paced ? pace : { holds: false, stepMs: 0, untilMarkMs: 0 },
  })
  const fields = new FieldSet({
    now: () => new Date(2026, 5, 15),
    tell: (item) => progress.add(item),
    say: () => {},
    cardChanged: (card, digits) => pace.numberEdited(digits, card?.lengths.length === 1),
  })
  fields.ask(['number', 'expiry', 'cvc'])
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 6; turn += 1) await null
  }
  const wait = async (ms: number): Promise<void> => {
    const until = now + ms
    for (let due = timer; due !== null && due.at <= until; due = timer as typeof due | null) {
      now = due.at
      timer = null
      due.run()
      await settled()
    }
    now = until
  }
  // Keystroke-level model: about 0.28 s a key, a look at the card before each group; each person slower or quicker by half.
  const slowness = around(1, 0.4)
  const key = (): number => slowness * around(280, 0.35)
  const think = (median: number, spread = 0.6): number => slowness * around(median, spread)
  const interrupted = async (odds: number): Promise<void> => wait(random() < odds ? think(15_000, 0.8) : 0)

  let number = prefix
  while (number.length < length - 1) number += String(Math.floor(random() * 10))
  number = luhnEnd(number)
  let keys = 0
  const way = random()
  await wait(think(4_000, 0.8))
  if (way >= 0.15) fields.enter('number')
  if (way < 0.21) {
    await wait(think(1_500))
    fields.edit('number', number, way >= 0.15)
    keys = number.length
  } else {
    // Some tap first and then look for the card.
    await wait(random() < 0.5 ? think(600) : think(6_000))
    for (let typed = 1; typed <= number.length; typed += 1) {
      if (typed > 1 && typed % 4 === 1) await wait(think(800, 0.5))
      if (random() < 0.02) {
        fields.edit('number', `${number.slice(0, typed - 1)}0`, true)
        await wait(key() + think(500))
        fields.edit('number', number.slice(0, typed - 1), true)
        await wait(key())
        keys += 2
      }
      fields.edit('number', number.slice(0, typed), true)
      keys += 1
      await wait(key())
    }
    if (random() < 0.05) {
      fields.edit('number', number.slice(0, -1), true)
      await wait(think(500))
      fields.leave('number')
      await wait(think(3_000))
      fields.edit('number', number, true)
    }
  }
  await interrupted(0.08)
  await wait(think(500))
  fields.leave('number')
  for (const [name, text] of [
    ['expiry', '1230'],
    ['cvc', '123'],
  ] as const) {
    fields.enter(name)
    await wait(think(name === 'cvc' ? 2_200 : 1_200))
    for (let typed = 1; typed <= text.length; typed += 1) {
      await wait(key())
      fields.edit(name, text.slice(0, typed), true)
    }
    await wait(think(400))
    fields.leave(name)
  }
  if (random() < 0.5) await wait(think(4_000, 0.4))
  await wait(think(2_500))
  await interrupted(0.15)
  fields.check()
  void progress.flush()
  await settled()
  const middle = ((lengths[0] ?? 0) + (lengths.at(-1) ?? 0)) / 2
  return { scheme, isLong: length > middle, keys, told, sentAt: now }
}

/** Everything there is to hear: of each kind of hint how often, when first and when last; how many; and when it was sent. */
function features(all: readonly Heard[]): number[][] {
  const kinds = [...new Set(all.flatMap(({ told }) => told.map(({ what }) => what)))].sort()
  return all.map(({ scheme, told, sentAt }) => {
    const began = told[0]?.at ?? 0
    const since = (at: number | undefined): number => (at === undefined ? 0 : Math.log1p(Math.max(0, at - began)))
    return [
      ...names.map((_, at) => (at === scheme ? 1 : 0)),
      ...kinds.flatMap((kind) => {
        const own = told.filter(({ what }) => what === kind)
        return [own.length, since(own[0]?.at), since(own.at(-1)?.at)]
      }),
      told.length,
      since(sentAt),
      Math.log1p(sentAt),
    ]
  })
}

const people = async (paced: boolean): Promise<Heard[]> => {
  const all: Heard[] = []
  for (let seed = 0; seed < 2_000; seed += 1) all.push(await capture(seed, paced))
  return all
}
const guesses = (rows: number[][], all: readonly Heard[]): { logistic: number; tree: number } => {
  const labels = all.map(({ isLong }) => isLong)
  return {
    logistic: auc(crossValidated(rows, labels, logistic), labels),
    tree: auc(crossValidated(rows, labels, tree), labels),
  }
}

describe('the length of the number', () => {
  it('is guessed no better than by a coin from what is told, how often and when', async () => {
    const all = await people(true)
    const found = guesses(features(all), all)
    for (const one of Object.values(found)) {
      expect(one).toBeGreaterThan(0.45)
      expect(one).toBeLessThan(0.55)
    }
    // The control: who counts keys knows.
    const counted = guesses(
      all.map(({ scheme, keys }) => [...names.map((_, at) => (at === scheme ? 1 : 0)), keys]),
      all,
    )
    expect(counted.logistic).toBeGreaterThan(0.9)
    expect(counted.tree).toBeGreaterThan(0.9)
  }, 60_000)

  it('would be told by hints as they happen, each in 300 ms', async () => {
    const all = await people(false)
    const { logistic: linear } = guesses(features(all), all)
    expect(linear).toBeGreaterThan(0.55)
  }, 60_000)
})
