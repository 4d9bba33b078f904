/** How long intake takes to answer to a card that it has seen before, beside one that it has not: over its real door. */
import { randomInt } from 'node:crypto'
import { TestFrame } from '../../testing/frame.ts'
import { startVault } from '../../testing/vault.ts'
import type { CardDoor } from '../card-door.ts'

/** Nobody is refused here: what is measured is known against new. */
export const plenty = { perAddress: 1e9, perBin: 1e9, unproven: 4e8 }
const known = '4242424242424242'
const perCardMax = 10

export interface Timed {
  /** Milliseconds. */
  known: number[]
  new: number[]
}

/** Pairs of a known and a new number, in turns which of them comes first. */
export async function timedPairs(pairs: number, cards?: (door: CardDoor) => CardDoor): Promise<Timed> {
  const vault = await startVault({ anyPan: true, keeper: false, cardLimits: plenty, ...(cards && { cards }) })
  const times: Timed = { known: [], new: [] }
  /** A card is known by a first submission that nobody times; and ten times in a window it may be tried. */
  let familiar = known
  const submit = async (number: string): Promise<number> => {
    const { id, clientSecret } = await vault.createCapture()
    const frame = new TestFrame(vault.intakeUrl, id)
    const { body: attached } = await frame.attach(clientSecret)
    const sealed = await frame.seal(attached, { number, cvc: '123' })
    const startMs = performance.now()
    const { status } = await frame.submit(attached, sealed)
    const ms = performance.now() - startMs
    if (status !== 200) throw new Error(`a card was not taken: ${status}`)
    return ms
  }
  try {
    for (let n = 0; n < 5; n += 1) await submit(newNumber())
    for (let n = 0; n < pairs; n += 1) {
      if (n % (perCardMax - 2) === 0) {
        familiar = newNumber()
        await submit(familiar)
      }
      const both = ['known', 'new'] as const
      for (const which of n % 2 === 0 ? both : [both[1], both[0]])
        times[which].push(await submit(which === 'known' ? familiar : newNumber()))
    }
  } finally {
    await vault.close()
  }
  return times
}

/** The same of the door for cards alone. A known card has another name before it would be tried too often. */
export async function timedDoor(door: CardDoor, pairs: number): Promise<Timed> {
  const times: Timed = { known: [], new: [] }
  const admit = async (card: string, n: number): Promise<number> => {
    const tried = { tenant: 'ten_timed', address: '198.51.100.1', bin: 'bin', fingerprint: `${card} ${n}`, pays: true }
    const startMs = performance.now()
    if (!(await door.admit(tried))) throw new Error('a card was not taken')
    return performance.now() - startMs
  }
  for (let n = 0; n < pairs; n += 1) {
    const familiar = Math.floor(n / (perCardMax - 2))
    if (n % (perCardMax - 2) === 0) await admit('known', familiar)
    const both = ['known', 'new'] as const
    for (const which of n % 2 === 0 ? both : [both[1], both[0]])
      times[which].push(await admit(which, which === 'known' ? familiar : n))
  }
  return times
}

/** The early return that a cache would be: who has been seen is not counted again. */
export const rememberingDoor = (door: CardDoor): CardDoor => {
  const seen = new Set<string>()
  return {
    ...door,
    admit: async (card) => {
      if (seen.has(card.fingerprint)) return true
      seen.add(card.fingerprint)
      return door.admit(card)
    },
  }
}

/**
 * Welch's t of two samples, without the slowest tenth of both together: collected garbage and other programs are there, and
 * would hide a difference rather than make one.
 */
export function welch(a: readonly number[], b: readonly number[]): number {
  const cut = [...a, ...b].sort((x, y) => x - y)[Math.floor((a.length + b.length) * 0.9)] ?? Infinity
  const [x, y] = [moments(a.filter((ms) => ms <= cut)), moments(b.filter((ms) => ms <= cut))]
  return (x.mean - y.mean) / Math.sqrt(x.variance / x.n + y.variance / y.n)
}

function moments(sample: readonly number[]): { n: number; mean: number; variance: number } {
  const n = sample.length
  const mean = sample.reduce((sum, ms) => sum + ms, 0) / n
  return { n, mean, variance: sample.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / (n - 1) }
}

/** Of sixteen digits that fit the check digit, made up anew each time. */
function newNumber(): string {
  const head = `400000${String(randomInt(1e9)).padStart(9, '0')}`
  const sum = [...head].reduce((total, digit, at) => {
    const doubled = Number(digit) * (at % 2 === 0 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return `${head}${(10 - (sum % 10)) % 10}`
}
