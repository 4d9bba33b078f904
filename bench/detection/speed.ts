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
function bareSum(texts: readonly string[]): number {
  const began = performance.now()
  for (const text of texts) for (let at = 0; at < text.length; at += 1) sink = (sink + text.charCodeAt(at)) | 0
  return (performance.now() - began) / 1_000
}

/** Seconds for all of them, as they come: a detector that answers at once is not awaited, for that costs more than some take. */
async function seconds({ finds }: Detector, texts: readonly string[]): Promise<number> {
  const began = performance.now()
  for (const text of texts) {
    const found = finds(text)
    if (typeof found !== 'boolean') await found
  }
  return (performance.now() - began) / 1_000
}

/** As many messages as the detector reads in about a second, the best of a few rounds. */
async function measure(detector: Detector): Promise<number> {
  let some = messages.slice(0, 200)
  for (
    let took = await seconds(detector, some);
    took < 0.5 && some.length < messages.length;
    took = await seconds(detector, some)
  ) {
    some = messages.slice(0, some.length * 4)
  }
  const rounds: number[] = []
  for (let round = 0; round < (some.length === messages.length ? 7 : 2); round += 1)
    rounds.push(await seconds(detector, some))
  return bytes(some) / 1e6 / Math.min(...rounds)
}

export async function measureSpeed(detectors: readonly Detector[]): Promise<Speed[]> {
  // Around every detector, so that a slow moment of the machine falls on both.
  const sums: number[] = []
  const sum = (): void => {
    for (let round = 0; round < 3; round += 1) sums.push(bytes(messages) / 1e6 / bareSum(messages))
  }
  sum()
  const speeds: [string, number][] = []
  for (const detector of detectors) {
    speeds.push([detector.name, await measure(detector)])
    sum()
  }
  const bare = Math.max(...sums)
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
