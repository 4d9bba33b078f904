/** Real dialogue without a card in it: no false alarm, and what that shows. */
import { describe, expect, test } from 'vitest'
import * as api from './index.ts'
import { corpora, corpusLines, isThere } from './testing/shared-data.ts'

describe.skipIf(!isThere)('real dialogue', () => {
  test('has no finding, line by line', () => {
    const lines = corpora.flatMap(corpusLines)
    const alarms = lines.filter((line) => api.detect(line).length > 0)
    // The rule of three (Hanley and Lippman-Hand, JAMA 1983): none of n bounds the rate by 3/n with 95 % confidence.
    console.log(
      `dialogue: ${alarms.length} alarms in ${lines.length} lines; none bounds the rate by ${(3e6 / lines.length).toFixed(0)} in a million (95 %)`,
    )
    expect(lines.length).toBeGreaterThan(60_000)
    expect(alarms).toEqual([])
  }, 60_000)
})
