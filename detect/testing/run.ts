/** Runs a detector over cases, whole and in pieces. Takes the detector as it is: from source, or as it is built. */
import type { Case } from './case.ts'
import type { Found } from './score.ts'

interface Pushed {
  release: string
  findings: readonly Found[]
}
interface Guard {
  push(
    chunk: string,
    options?: { turn?: number; speaker?: string; final?: boolean; replaces?: boolean },
  ): Pushed & { held: number; amend: readonly Found['spans'][number][] }
  flush(): Pushed
  arm(kind: 'pan' | 'cvc' | 'expiry', options: { turns: number }): void
}

/** The part of DESIGN §9 that is run here. */
export interface Api {
  detect(text: string): readonly Found[]
  redact(text: string): { text: string; findings: readonly Found[] }
  createGuard(): Guard
}

export interface Streamed {
  /** In order of their places, since they may be said as soon as they are known. */
  findings: readonly Found[]
  /** Everything that was let through, in the order in which it was. */
  release: string
  /**
   * Of one speaker, what had been let through after each of its pushes, the last one after the end; messages stand on lines
   * of their own, for a word that ends one and a word that begins the next are two.
   */
  prefixes: ReadonlyMap<string, readonly string[]>
  /** The most code units that were held after a push. */
  heldMax: number
}

const key = ({ kind, spans }: Found): string =>
  `${spans.map(({ turn, start, end }) => [turn, start, end].map((at) => String(at).padStart(7, '0')).join(' ')).join()} ${kind}`
export const sorted = (findings: readonly Found[]): Found[] =>
  [...findings].sort((one, other) => (key(one) < key(other) ? -1 : 1))

/** One way to cut a text: its pieces, joined, are the text. */
export type Cut = (text: string) => readonly string[]
export const whole: Cut = (text) => [text]
export const singles: Cut = (text) => text.split('')
export const at =
  (...places: readonly number[]): Cut =>
  (text) =>
    [0, ...places].map((place, index) => text.slice(place, places[index] ?? text.length))

export function stream(api: Api, { turns, armed }: Case, cut: Cut = whole): Streamed {
  const guard = api.createGuard()
  if (armed !== undefined) guard.arm(armed, { turns: turns.length + 1 })
  const findings: Found[] = []
  const prefixes = new Map<string, string[]>()
  let [release, heldMax] = ['', 0]
  for (const [turn, { speaker, text }] of turns.entries()) {
    const pieces = cut(text)
    for (const [index, piece] of pieces.entries()) {
      const pushed = guard.push(piece, { turn, speaker, final: index === pieces.length - 1 })
      release += pushed.release
      const before = prefixes.get(speaker) ?? []
      const line = index === 0 && before.length > 0 ? '\n' : ''
      prefixes.set(speaker, [...before, `${before.at(-1) ?? ''}${line}${pushed.release}`])
      findings.push(...pushed.findings)
      heldMax = Math.max(heldMax, pushed.held)
    }
  }
  const last = guard.flush()
  // Whose it is, the end does not say.
  for (const [speaker, texts] of prefixes) prefixes.set(speaker, [...texts, `${texts.at(-1) ?? ''}${last.release}`])
  return { findings: sorted([...findings, ...last.findings]), release: release + last.release, prefixes, heldMax }
}

/** As somebody with the whole talk would ask: one message by `detect`, several by a guard. */
export function findIn(api: Api, one: Case): readonly Found[] {
  const [only] = one.turns
  if (one.turns.length === 1 && only !== undefined && one.armed === undefined) return sorted(api.detect(only.text))
  return stream(api, one).findings
}
