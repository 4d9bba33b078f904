/**
 * Card testers and customers, simulated against the real door for cards on a real database; the clock alone is made up
 * (`Date`, by vitest). Nobody's number is in it: a card is a name.
 */
import { seeded } from '../../testing/seeded.ts'
import type { CardDoor } from '../card-door.ts'

export interface SimulatedCard {
  atMs: number
  address: string
  bin: string
  card: string
  /** Null: nobody charges it. */
  approved: boolean | null
  /** From the token to what the processor says. */
  lagMs: number
}

const addressOf = (n: number): string => `100.${64 + ((n >> 16) & 63)}.${(n >> 8) & 255}.${n & 255}`
const hourMs = 3_600_000

/** `bins` of one: a sweep through an issuer's numbers; of many: a list that was bought. Two in a hundred are good. */
export function attack(options: { cards: number; addresses: number; bins: number; hours: number; seed: number }) {
  const random = seeded(options.seed)
  return Array.from(
    { length: options.cards },
    (_, n): SimulatedCard => ({
      atMs: (n / options.cards) * options.hours * hourMs,
      address: addressOf(n % options.addresses),
      bin: `bin ${Math.floor(random() * options.bins)}`,
      card: `tried ${n}`,
      approved: random() < 0.02,
      lagMs: 2_000 + random() * 2_000,
    }),
  )
}

/**
 * A day of a shop: three times as much in the evening as at night; a third of the customers behind 40 addresses of mobile
 * networks; the largest issuer has a sixteenth of the cards; one in seven is declined and, half the time, tried again with
 * the same card; one in twelve goes away before it is charged; the processor is asked two to forty seconds later.
 */
export function customers(options: { captures: number; seed: number; hours?: number }): SimulatedCard[] {
  const random = seeded(options.seed)
  const hours = options.hours ?? 24
  const cards: SimulatedCard[] = []
  while (cards.length < options.captures) {
    const part = random()
    if (random() > (2 - Math.cos(2 * Math.PI * part)) / 3) continue
    const n = cards.length
    const approved = random() < 1 / 12 ? null : random() > 1 / 7
    const one: SimulatedCard = {
      atMs: part * hours * hourMs,
      address: random() < 1 / 3 ? addressOf(4_000_000 + Math.floor(random() * 40)) : addressOf(n),
      bin: `bin ${Math.floor(16 * random() ** -0.8)}`,
      card: `customer ${n}`,
      approved,
      lagMs: 2_000 + random() * 38_000,
    }
    cards.push(one)
    if (approved === false && random() < 0.5 && cards.length < options.captures)
      cards.push({ ...one, atMs: one.atMs + 90_000, approved: random() < 0.5 })
  }
  return cards.sort((a, b) => a.atMs - b.atMs)
}

/**
 * Plays cards in the order of their times; returns how many were admitted.
 * @param now sets the clock
 * @param silent nobody hears what processors say (a control)
 */
export async function play(
  door: CardDoor,
  cards: readonly SimulatedCard[],
  options: { tenant: string; startMs: number; now: (ms: number) => void; silent?: boolean },
): Promise<number> {
  const { tenant, startMs, now } = options
  const waiting: { atMs: number; token: string; declined: boolean }[] = []
  let admitted = 0
  const hear = async (untilMs: number): Promise<void> => {
    waiting.sort((a, b) => a.atMs - b.atMs)
    while (waiting[0] !== undefined && waiting[0].atMs <= untilMs) {
      const outcome = waiting.shift()
      if (outcome === undefined) return
      now(startMs + outcome.atMs)
      const { token, declined } = outcome
      await door.heard({ tenant, charge: `charge of ${token}`, token, declined })
    }
  }
  for (const [n, { atMs, address, bin, card, approved, lagMs }] of cards.entries()) {
    await hear(atMs)
    now(startMs + atMs)
    if (!(await door.admit({ tenant, address, bin, fingerprint: card, pays: true }))) continue
    admitted += 1
    const token = `${tenant} ${n}`
    await door.made(token)
    if (approved !== null && options.silent !== true) waiting.push({ atMs: atMs + lagMs, token, declined: !approved })
  }
  return admitted
}
