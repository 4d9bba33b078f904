import { describe, expect, test } from 'vitest'
import vectors from './detector.vectors.json' with { type: 'json' }
import { createGuard, detect } from './index.ts'
import { ruleReasons, shapeReasons } from './rule-reasons.ts'
import { rules, shapes } from './rules.ts'
import talks from './rules.vectors.json' with { type: 'json' }

/** What all vectors give: kinds, places and the reasons, which are what an auditor reads. */
function outcome(without: readonly string[]): string {
  const texts = [...vectors.found, ...vectors.clean].map(({ text }) => detect(text, { without }))
  const spoken = talks.map(({ turns, armed, channel }) => {
    const guard = createGuard({ without, channel: channel === 'voice' ? 'voice' : 'chat' })
    if (armed) guard.arm('pan', { turns: 8 })
    const found = turns.map((text, turn) => guard.push(text, { turn, final: true }).findings)
    return [...found, guard.flush().findings]
  })
  return JSON.stringify([texts, spoken])
}

describe('each rule counts', () => {
  const whole = outcome([])
  test.each([...Object.keys(rules), ...shapes])('without %s a vector breaks', (rule) => {
    expect(outcome([rule])).not.toBe(whole)
  })

  test.each(vectors.clean.filter(({ rule }) => rule !== null))('$rule alone keeps it quiet: $why', ({ text, rule }) => {
    expect(detect(text)).toEqual([])
    expect(detect(text, { without: [rule ?? ''] })).not.toEqual([])
  })
})

test('every rule says why', () => {
  for (const weight of Object.values(rules)) expect(Number.isInteger(weight)).toBe(true)
  expect(Object.keys(ruleReasons)).toEqual(Object.keys(rules))
  expect(Object.keys(shapeReasons)).toEqual(shapes)
  for (const why of Object.values(ruleReasons)) expect(why.length).toBeGreaterThan(20)
})
