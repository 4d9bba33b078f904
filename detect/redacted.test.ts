/** `redact`: twice gives what once gives, nothing is found in its output, and what it leaves is at most six and four. */
import { describe, expect, test } from 'vitest'
import * as api from './index.ts'
import { casesOf, families, sets } from './testing/families.ts'
import { noiseClasses } from './testing/noise-classes.ts'
import { shows, tellable } from './testing/oracle.ts'
import { seeded } from './testing/random.ts'

const texts = (count: number): string[] => [
  ...Object.keys(families).flatMap((name) =>
    Object.values(sets).flatMap((set) =>
      casesOf(name, set, count).flatMap(({ turns }) => turns.map(({ text }) => text)),
    ),
  ),
  ...Object.values(noiseClasses).flatMap((make) =>
    Array.from({ length: count * 4 }, (_, index) => make(seeded(index))),
  ),
]

describe('redact', () => {
  test('is idempotent, and its output has no finding', () => {
    for (const text of texts(3)) {
      const once = api.redact(text)
      expect(api.redact(once.text).text, text).toBe(once.text)
      expect(api.detect(once.text), `${text} → ${once.text}`).toEqual([])
    }
  })

  test('finds what detect finds, and leaves a text without a finding as it is', () => {
    for (const text of texts(2)) {
      const { text: redacted, findings } = api.redact(text)
      expect(findings).toEqual(api.detect(text))
      if (findings.length === 0) expect(redacted).toBe(text)
      else expect(redacted).not.toBe(text)
    }
  })

  test('keeps every character outside of what it found', () => {
    for (const text of texts(3)) {
      const { text: redacted, findings } = api.redact(text)
      const spans = findings.flatMap((finding) => finding.spans).sort((one, other) => one.start - other.start)
      const [first, last] = [spans[0], spans.toSorted((one, other) => one.end - other.end).at(-1)]
      if (first === undefined || last === undefined) continue
      expect(redacted.startsWith(text.slice(0, first.start)), text).toBe(true)
      expect(redacted.endsWith(text.slice(last.end)), text).toBe(true)
    }
  })

  test('shows at most six leading and four trailing digits to the oracle', () => {
    const leaks = Object.keys(families).flatMap((name) =>
      casesOf(name, sets.heldOut, 6).flatMap(({ turns, expected }) => {
        const [text, digits] = [turns[0]?.text ?? '', expected[0]?.digits]
        if (turns.length > 1 || digits === undefined || !tellable(digits)) return []
        const redacted = api.redact(text)
        return redacted.findings.length > 0 && shows(digits, redacted.text)
          ? [`${name}: ${text} → ${redacted.text}`]
          : []
      }),
    )
    expect(leaks).toEqual([])
  })
})
