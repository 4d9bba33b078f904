import { describe, expect, test } from 'vitest'
import * as english from './english.ts'
import * as api from './index.ts'
import { casesOf, families, sets } from './testing/families.ts'
import { findIn } from './testing/run.ts'
import { score, sum } from './testing/score.ts'
import { de } from './words/de.ts'

const german = 'vier zwei vier zwei vier zwei vier zwei vier zwei vier zwei vier zwei vier zwei'
const places = (findings: readonly api.Finding[]) => findings.map(({ kind, spans }) => ({ kind, spans }))

describe('the detector with English alone', () => {
  test('finds what the whole one finds, in every family but those of other languages', () => {
    const names = Object.keys(families).filter((name) => !/^spoken (?!en)/.test(name))
    expect(names.length).toBeGreaterThan(60)
    const found = (which: typeof api | typeof english) =>
      sum(names.flatMap((name) => casesOf(name, sets.development, 2).map((one) => score(one, findIn(which, one)))))
    const [own, whole] = [found(english), found(api)]
    expect(own.found).toBeGreaterThanOrEqual(whole.found)
    expect(own.extra).toBe(0)
  })

  test('knows a language once it has come, and not before', () => {
    expect(english.detect(german)).toEqual([])
    const later = english.detect(german, { languages: [english.en, de] })
    expect(later).toHaveLength(1)
    expect(places(later)).toEqual(places(api.detect(german)))
  })
})
