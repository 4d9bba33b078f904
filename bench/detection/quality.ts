/** What each detector finds and what it takes for a card: the development suite, our own held-out cases, noise, dialogue. */
import { casesOf, families, sets } from '../../detect/testing/families.ts'
import { noiseClasses } from '../../detect/testing/noise-classes.ts'
import { anyNumber } from '../../detect/testing/numbers.ts'
import { seeded } from '../../detect/testing/random.ts'
import { corpora, corpusLines, developmentSuite, isThere } from '../../detect/testing/shared-data.ts'
import type { Detector } from './detectors.ts'

export interface Quality {
  name: string
  /** Null where the suite is not beside the project. */
  suite: { found: number; cards: number; alarms: number; clean: number } | null
  heldOut: { found: number; cards: number }
  /** Mean of the 28 classes, a share. */
  noise: number
  dialogue: { alarms: number; lines: number } | null
  /** Of the numbers that it finds whole, the share that it finds cut into two anywhere. */
  cut: number
}

type Turns = readonly { speaker: string; text: string }[]

async function inTurns({ finds, findsInTurns }: Detector, turns: Turns): Promise<boolean> {
  if (findsInTurns !== undefined) return findsInTurns(turns)
  for (const { text } of turns) if (await finds(text)) return true
  return turns.length > 1 && (await finds(turns.map(({ text }) => text).join(' ')))
}

const count = async <T>(all: readonly T[], holds: (one: T) => Promise<boolean> | boolean): Promise<number> => {
  let found = 0
  for (const one of all) if (await holds(one)) found += 1
  return found
}

async function suite(detector: Detector): Promise<Quality['suite']> {
  if (!isThere) return null
  const all = developmentSuite()
  const [cards, clean] = [all.filter((one) => !one.clean), all.filter((one) => one.clean)]
  return {
    found: await count(cards, ({ turns }) => inTurns(detector, turns)),
    cards: cards.length,
    alarms: await count(clean, ({ turns }) => inTurns(detector, turns)),
    clean: clean.length,
  }
}

/** No peer knows of an agent that has just asked: what only an armed guard can tell is left out. */
const heldOut = Object.keys(families).flatMap((name) =>
  name.startsWith('suspect') ? [] : casesOf(name, sets.heldOut, 5).filter(({ armed }) => armed === undefined),
)

async function noise(detector: Detector): Promise<number> {
  // The slowest peer takes three milliseconds a text.
  const perClass = detector.findsInTurns === undefined ? 150 : 3_000
  const shares: number[] = []
  for (const make of Object.values(noiseClasses)) {
    const random = seeded(28)
    const texts = Array.from({ length: perClass }, () => make(random))
    shares.push((await count(texts, (text) => detector.finds(text))) / perClass)
  }
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}

/** Peers only read the lines with twelve figures or more: in others none of them can see a number. */
async function dialogue(detector: Detector): Promise<Quality['dialogue']> {
  if (!isThere) return null
  const lines = corpora.flatMap(corpusLines)
  const read =
    detector.findsInTurns === undefined ? lines.filter((line) => (line.match(/\d/g)?.length ?? 0) >= 12) : lines
  return { alarms: await count(read, (line) => detector.finds(line)), lines: lines.length }
}

async function cut(detector: Detector): Promise<number> {
  const random = seeded(2)
  const numbers = Array.from({ length: 12 }, () => anyNumber(random))
  const pieces: Turns[] = []
  for (const number of numbers) {
    const text = `my card is ${number}, thanks`
    if (!(await detector.finds(text))) continue
    const [start, end] = [text.indexOf(number), text.indexOf(number) + number.length]
    for (let at = start + 1; at < end; at += 1) {
      pieces.push([text.slice(0, at), text.slice(at)].map((piece) => ({ speaker: 'customer', text: piece })))
    }
  }
  const found = await count(pieces, async (turns) => {
    if (detector.findsInTurns !== undefined) return detector.findsInTurns(turns)
    for (const { text } of turns) if (await detector.finds(text)) return true
    return false
  })
  return found / Math.max(1, pieces.length)
}

export const measureQuality = async (detector: Detector): Promise<Quality> => ({
  name: detector.name,
  suite: await suite(detector),
  heldOut: { found: await count(heldOut, ({ turns }) => inTurns(detector, turns)), cards: heldOut.length },
  noise: await noise(detector),
  dialogue: await dialogue(detector),
  cut: await cut(detector),
})
