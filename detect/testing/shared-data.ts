/**
 * Data that lies beside the project and not in it: dialogue without cards (SGD, CC BY-SA 4.0; Taskmaster-4, CC BY 4.0) and
 * the development suite. Where it is not there, who needs it says so and skips.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Turn } from './case.ts'
import { findNumbers } from './oracle.ts'

const folder = join(import.meta.dirname, '..', '..', '..', 'shared')
const file = (...path: readonly string[]): string => join(folder, ...path)

export const corpora = ['sgd', 'taskmaster4'] as const
export const isThere =
  existsSync(file('vectors', 'detection.dev.jsonl')) &&
  corpora.every((name) => existsSync(file('corpora', `${name}.txt`)))

/** Lines, each one utterance with its speaker before it, as `user: …`. */
export const corpusLines = (name: (typeof corpora)[number]): string[] =>
  readFileSync(file('corpora', `${name}.txt`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')

/** Talks stand apart by an empty line. A line says its speaker (SGD), or two take turns (Taskmaster). */
export const talksOf = (name: (typeof corpora)[number]): Turn[][] =>
  readFileSync(file('corpora', `${name}.txt`), 'utf8')
    .split(/\n\s*\n/)
    .map((talk) =>
      talk
        .split('\n')
        .filter((line) => line !== '')
        .map((line, index): Turn => {
          const [, speaker, text = line] = /^(user|agent): (.*)$/s.exec(line) ?? []
          const isAgent = speaker === undefined ? index % 2 === 1 : speaker === 'agent'
          return { speaker: isAgent ? 'agent' : 'customer', text }
        }),
    )

export interface SuiteCase {
  id: string
  kind: string
  turns: Turn[]
  clean: boolean
  pans: string[]
  cvc: boolean
  expiry: boolean
}

/** Parsed as far as it is used; a line that is not of this form throws. */
export function developmentSuite(): SuiteCase[] {
  const lines = readFileSync(file('vectors', 'detection.dev.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  return lines.map((line): SuiteCase => {
    const { id, kind, text, turns, pans, cvv, expiry, expect } = JSON.parse(line)
    if (expect !== 'detect' && expect !== 'clean') throw new Error(`${id}: neither detect nor clean`)
    const said: string[] = turns ?? [text]
    return {
      id,
      kind,
      pans,
      clean: expect === 'clean',
      cvc: cvv !== undefined,
      expiry: expiry !== undefined,
      turns: said.map((one) =>
        one.startsWith('agent: ') ? { speaker: 'agent', text: one.slice(7) } : { speaker: 'customer', text: one },
      ),
    }
  })
}

/** Where the oracle sees a number of a case: from its first digit to its last, one place a turn. */
export const placesOf = (one: SuiteCase, digits: string) =>
  findNumbers(one.turns)
    .filter((number) => number.digits === digits)
    .map(({ places }) => places)
