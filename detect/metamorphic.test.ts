/** What a person may change without changing the card keeps the finding; one digit changed takes it away, or makes it a suspect. */
import { describe, expect, test } from 'vitest'
import * as api from './index.ts'
import { type Case, joined, message, type Piece } from './testing/case.ts'
import { printed, published, spokenNumber } from './testing/numbers.ts'
import { type Random, seeded } from './testing/random.ts'
import { findIn } from './testing/run.ts'
import { score } from './testing/score.ts'
import { inScript, invisible, zeros } from './testing/scripts.ts'
import { word } from './testing/spoken-english.ts'
import { withOneDigitWrong } from './testing/talks.ts'

const say = (digits: string): string => [...digits].map(word).join(' ')
const numbers = (random: Random): string[] => Array.from({ length: 60 }, () => spokenNumber(random))

const changes: Readonly<Record<string, (random: Random, groups: readonly string[]) => Piece[]>> = {
  'other separators': (random, groups) =>
    joined(groups, random.pick([' ', '-', ' - ', '.', '\u00a0', '\u2013', '\t', '  '])),
  'no separators': (_random, groups) => joined([groups.join('')], ''),
  'ignorable characters between': (random, groups) => joined([...groups.join('')], random.pick(invisible)),
  'another script': (random, groups) =>
    joined(
      groups.map((group) => inScript(group, random.pick(zeros))),
      ' ',
    ),
  'words in place of digits': (_random, groups) => joined([...groups.join('')].map(word), ' '),
  'words for one group': (random, groups) => {
    const spoken = random.below(groups.length)
    return joined(
      groups.map((group, index) => (index === spoken ? say(group) : group)),
      ' ',
    )
  },
  'double for two equal digits': (_random, groups) =>
    joined(
      (groups.join('').match(/(\d)\1?/g) ?? []).map((run) =>
        run.length === 2 ? `double ${word(run[0] ?? '')}` : word(run),
      ),
      ' ',
    ),
  'a filler between': (random, groups) => joined(groups.map(say), random.pick([' uh ', ', um, ', ' then ', ' and '])),
  'line breaks': (_random, groups) => joined(groups, '\n'),
}

describe.each(Object.entries(changes))('%s', (_name, change) => {
  test('keeps the finding, with every digit in it', () => {
    const random = seeded(42)
    const missed: string[] = []
    for (const number of numbers(random)) {
      const changed = message(['my card is ', ...change(random, printed(number))], ['pan'], number)
      if (score(changed, findIn(api, changed)).covered === 0) missed.push(changed.turns[0]?.text ?? '')
    }
    expect(missed).toEqual([])
  })
})

test('a turn break at any digit keeps the finding', () => {
  for (const number of published.slice(0, 12)) {
    for (let place = 2; place < number.length - 1; place += 1) {
      const [head, tail] = [number.slice(0, place), number.slice(place)]
      const turns: Case['turns'] = [head, tail].map((text) => ({ speaker: 'customer', text }))
      const places = [head, tail].map((text, turn) => ({ turn, start: 0, end: text.length }))
      const split: Case = { turns, expected: [{ kinds: ['pan'], places }] }
      expect(score(split, findIn(api, split)), `${head} | ${tail}`).toMatchObject({ covered: 1 })
    }
  }
})

describe('one digit changed', () => {
  const changed = (): string[] => {
    const random = seeded(8)
    return numbers(random).map((number) => withOneDigitWrong(random, number))
  }

  test('is nothing in bare chat', () => {
    const found = changed().flatMap((wrong) =>
      [wrong, printed(wrong).join(' ')].filter((text) => api.detect(text).length > 0),
    )
    expect(found).toEqual([])
  })

  test.each([
    ['figures', (wrong: string) => printed(wrong).join(' ')],
    ['words', say],
  ])('is covered where the agent has just asked, in %s, and nine of ten times called a suspect', (_name, write) => {
    const findings = changed().map((wrong) => {
      const text = write(wrong)
      const asked: Case = { armed: 'pan', turns: [{ speaker: 'customer', text }], expected: [] }
      return { text, found: findIn(api, asked) }
    })
    // A wrong digit may make thirteen of the sixteen right, and a code of the rest: that hides as much.
    const open = findings.filter(({ text, found }) => {
      const hidden = found.flatMap(({ spans }) => spans).reduce((sum, { start, end }) => sum + end - start, 0)
      return hidden < text.length - found.length
    })
    expect(open.map(({ text }) => text)).toEqual([])
    const suspects = findings.filter(({ found }) => found.some(({ kind }) => kind === 'pan_suspect'))
    expect(suspects.length / findings.length).toBeGreaterThanOrEqual(0.9)
  })
})
