/** Real dialogue through a guard, talk by talk: what is found when turns are joined, and how much of it waits. */
import { describe, expect, test } from 'vitest'
import * as api from './index.ts'
import { isThere, talksOf } from './testing/shared-data.ts'

describe.skipIf(!isThere)('real dialogue, talk by talk', () => {
  test.each([
    ['taskmaster4', 6, 32],
    ['sgd', 6, 32],
  ] as const)(
    '%s, every talk in %i: no finding over several turns, and of 99 words in a hundred at most %i code units wait',
    (name, every, heldMax) => {
      const [alarms, held]: [string[], number[]] = [[], []]
      const talks = talksOf(name).filter((_, index) => index % every === 0)
      for (const talk of talks) {
        const guard = api.createGuard()
        for (const [turn, { speaker, text }] of talk.entries()) {
          // Word by word, as a model or a recogniser gives it.
          const words = text.split(/(?<=\s)/)
          for (const [index, word] of words.entries()) {
            const pushed = guard.push(word, { turn, speaker, final: index === words.length - 1 })
            held.push(pushed.held)
            if (pushed.findings.length > 0) alarms.push(text)
          }
        }
        if (guard.flush().findings.length > 0) alarms.push(talk.map(({ text }) => text).join(' | '))
      }
      const p99 = held.sort((one, other) => one - other)[Math.floor(held.length * 0.99)] ?? Number.NaN
      console.log(
        `${name}, talk by talk: ${talks.length} talks, ${held.length} words, held p99 ${p99}, most ${held.at(-1)}`,
      )
      expect(talks.length).toBeGreaterThan(500)
      expect(alarms).toEqual([])
      expect(p99).toBeLessThanOrEqual(heldMax)
    },
    60_000,
  )
})
