import { expect, type Page } from '@playwright/test'
import { type Doors, openDoors } from './capture-door.ts'
import { randomCard, randomFrom, type Told, TypingHost } from './typed-cards.ts'

/** A number's own digits stand in seven or more of these in a row nowhere. */
const window7 = 7
/** So many cards before the host's side is read as a whole. */
const lookEvery = 250

/** What the host may count: the marks of its own messages, and the height of the frame. */
const countable = ['sp', 'seq', 'height']

/** Every piece of seven digits in a text, whatever stands between them but letters. */
export function piecesOf(text: string): Set<string> {
  const pieces = new Set<string>()
  for (const [run] of text.replaceAll(/(?<=\d)[\s-]+(?=\d)/g, '').matchAll(/\d{7,}/g))
    for (let at = 0; at + window7 <= run.length; at += 1) pieces.add(run.slice(at, at + window7))
  return pieces
}

export const holdsPieceOf = (pieces: ReadonlySet<string>, number: string): boolean =>
  Array.from({ length: number.length - window7 + 1 }, (_, at) => number.slice(at, at + window7)).some((piece) =>
    pieces.has(piece),
  )

/** Values of messages, but for what may be counted: a code must not be among them. */
export function valuesOf(messages: readonly string[]): string[] {
  return messages.flatMap((message) =>
    Object.entries(JSON.parse(message) as Record<string, unknown>)
      .filter(([name]) => !countable.includes(name))
      .map(([, value]) => String(value)),
  )
}

/** Pearson's r; 0 where one of the two does not vary. */
export function correlation(pairs: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1): number => pairs.reduce((sum, pair) => sum + pair[at], 0) / pairs.length
  const [x, y] = [mean(0), mean(1)]
  let [xy, xx, yy] = [0, 0, 0]
  for (const [a, b] of pairs) {
    xy += (a - x) * (b - y)
    xx += (a - x) ** 2
    yy += (b - y) ** 2
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy)
}

/** Within one scheme, so that what the scheme itself tells is left out. */
export function keysAgainstMessages(told: readonly Told[], brand: string): number {
  return correlation(
    told.filter(({ card }) => card.brand === brand).map(({ keys, messages }) => [keys, messages.length]),
  )
}

/** Types `count` cards and holds all of it: see the names of the expectations. */
export async function hostLearnsNothing(page: Page, count: number, seed: number): Promise<Told[]> {
  const doors: Doors = await openDoors()
  try {
    const random = randomFrom(seed)
    const host = await TypingHost.open(page, doors)
    const told: Told[] = []
    const before = await host.standing()
    let sinceLook: Told[] = []
    for (let at = 0; at < count; at += 1) {
      const card = randomCard(random)
      const one = await host.type(card, Math.floor(random() * 2 ** 32))
      told.push(one)
      sinceLook.push(one)
      const last4 = card.number.slice(-4)
      const values = valuesOf(one.messages).filter((value) => value !== last4)
      expect(values, 'the code is no value of any message').not.toContain(card.cvc)
      if (sinceLook.length < lookEvery && at < count - 1) continue
      const pieces = piecesOf(await host.everything())
      const found = sinceLook.filter((other) => holdsPieceOf(pieces, other.card.number))
      expect(found.length, 'no seven digits of a number in a row, anywhere on the host’s side').toBe(0)
      expect(await host.standing(), 'nothing else on the host’s side changes, or grows').toEqual(before)
      sinceLook = []
    }
    return told
  } finally {
    await doors.close()
  }
}
