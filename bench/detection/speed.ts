/** Megabytes a second over chat messages, one call a message, beside a bare sum of their code units in the same run. */
import * as api from '../../detect/index.ts'
import { casesOf, families, sets } from '../../detect/testing/families.ts'
import { corpora, corpusLines, isThere, talksOf } from '../../detect/testing/shared-data.ts'
import { percentile } from '../percentile.ts'
import type { Detector } from './detectors.ts'

export interface Speed {
  name: string
  megabytesPerSecond: number
  /** Of the bare sum's. */
  share: number
}
export interface Pushes {
  tokens: number
  p50Us: number
  p99Us: number
  heldMean: number
  heldP99: number
  heldMax: number
}

/** A string of its own, as a message is; a line cut out of a file is read through it. */
const flat = (text: string): string => Buffer.from(text).toString()

/** Real dialogue; where it is not beside the project, generated talk, which has a card in nearly every message. */
export const messages: readonly string[] = isThere
  ? corpora.flatMap(corpusLines).map(flat)
  : Object.keys(families).flatMap((name) =>
      casesOf(name, sets.development, 100).flatMap(({ turns }) => turns.map(({ text }) => text)),
    )
export const messagesAre = isThere ? 'dialogue, a call a message' : 'generated talk (no corpora beside the project)'

const bytes = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)

/** So that no run is optimised away. */
let sink = 0
/** The loop alone, without a call a message: what reading each code unit once costs. */
function bareSum(texts: readonly string[]): void {
  for (const text of texts) for (let at = 0; at < text.length; at += 1) sink = (sink + text.charCodeAt(at)) | 0
}

/** As they come: a detector that answers at once is not awaited, for that costs more than some take. */
async function read({ finds }: Detector, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    const found = finds(text)
    if (typeof found !== 'boolean') await found
  }
}

const partOf = 1_000
/**
 * The least seconds of each thousand messages over the rounds, added up: where others use the machine too, a long stretch
 * is never undisturbed, and a sum that takes a quarter of the time would seem faster than it is.
 */
class Stopwatch {
  private readonly least: number[] = []
  private readonly texts: readonly string[]
  constructor(texts: readonly string[]) {
    this.texts = texts
  }
  async round(work: (part: readonly string[]) => Promise<void> | void): Promise<void> {
    for (let from = 0; from < this.texts.length; from += partOf) {
      const part = this.texts.slice(from, from + partOf)
      const began = performance.now()
      const done = work(part)
      if (done !== undefined) await done
      const took = (performance.now() - began) / 1_000
      const index = from / partOf
      this.least[index] = Math.min(this.least[index] ?? took, took)
    }
  }
  get megabytesPerSecond(): number {
    return bytes(this.texts) / 1e6 / this.least.reduce((sum, seconds) => sum + seconds, 0)
  }
}

/** As many messages as the detector reads in about half a second, a few rounds of them. */
async function measure(detector: Detector, between: () => Promise<void>): Promise<number> {
  const work = (part: readonly string[]): Promise<void> => read(detector, part)
  let some = messages.slice(0, 200)
  const isQuick = async (): Promise<boolean> => {
    const began = performance.now()
    await work(some)
    return performance.now() - began < 500
  }
  // Its first call compiles its words.
  await work(some)
  while ((await isQuick()) && some.length < messages.length) some = messages.slice(0, some.length * 4)
  const watch = new Stopwatch(some)
  for (let round = 0; round < (some.length === messages.length ? 9 : 2); round += 1) {
    await watch.round(work)
    await between()
  }
  return watch.megabytesPerSecond
}

export async function measureSpeed(detectors: readonly Detector[]): Promise<Speed[]> {
  const sum = new Stopwatch(messages)
  const sumUp = (): Promise<void> => sum.round(bareSum)
  await sumUp()
  const speeds: [string, number][] = []
  // Between every two rounds, so that a slow moment of the machine falls on both.
  for (const detector of detectors) speeds.push([detector.name, await measure(detector, sumUp)])
  const bare = sum.megabytesPerSecond
  return [['a bare sum of charCodeAt', bare] as const, ...speeds].map(([name, megabytesPerSecond]) => ({
    name,
    megabytesPerSecond,
    share: megabytesPerSecond / bare,
  }))
}

const talks = (isThere ? corpora.flatMap((name) => talksOf(name).slice(0, 1_500)) : casesAsTalks()).map((talk) =>
  talk.map(({ speaker, text }) => ({ speaker, words: text.match(/\S+\s*/g) ?? [] })),
)
function casesAsTalks(): (readonly { speaker: string; text: string }[])[] {
  return Object.keys(families).flatMap((name) => casesOf(name, sets.development, 20).map(({ turns }) => turns))
}

/** A word at a time, as a model or a recogniser gives them: what one push takes, and what is held after it. */
export function measurePushes(): Pushes {
  const [times, held]: [number[], number[]] = [[], []]
  const run = (keep: boolean): void => {
    for (const talk of talks) {
      const guard = api.createGuard()
      for (const [turn, { speaker, words }] of talk.entries()) {
        for (const [index, word] of words.entries()) {
          const began = performance.now()
          const pushed = guard.push(word, { turn, speaker, final: index === words.length - 1 })
          if (!keep) continue
          times.push((performance.now() - began) * 1_000)
          held.push(pushed.held)
        }
      }
      guard.flush()
    }
  }
  run(false)
  run(true)
  return {
    tokens: times.length,
    p50Us: percentile(times, 0.5),
    p99Us: percentile(times, 0.99),
    heldMean: held.reduce((sum, units) => sum + units, 0) / held.length,
    heldP99: percentile(held, 0.99),
    heldMax: held.reduce((most, units) => Math.max(most, units), 0),
  }
}
