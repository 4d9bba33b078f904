/** The development suite that is shared beside the project: recall, precision and spans. */
import { describe, expect, test } from 'vitest'
import * as api from './index.ts'
import { findIn } from './testing/run.ts'
import { developmentSuite, isThere, placesOf } from './testing/shared-data.ts'

const suite = isThere ? developmentSuite() : []
const found = suite.map((one) => ({ ...one, findings: findIn(api, { turns: one.turns, expected: [] }) }))
const share = (part: number, all: number): string => `${part}/${all} = ${(part / all).toFixed(3)}`

// Skipped by name, so that a run without the data says so.
describe.skipIf(!isThere)('the development suite', () => {
  const cards = found.filter(({ clean }) => !clean)

  test('98 of a hundred cases with card data have a finding, and 99 of a hundred that have one should', () => {
    const hits = cards.filter(({ findings }) => findings.length > 0)
    const alarms = found.filter(({ clean, findings }) => clean && findings.length > 0)
    console.log(
      `development suite: recall ${share(hits.length, cards.length)}, precision ${share(hits.length, hits.length + alarms.length)}`,
    )
    const missed = cards.filter((one) => !hits.includes(one)).map(({ id }) => id)
    expect(hits.length / cards.length, missed.join(', ')).toBeGreaterThanOrEqual(0.98)
    expect(hits.length / (hits.length + alarms.length), alarms.map(({ id }) => id).join(', ')).toBeGreaterThanOrEqual(
      0.99,
    )
  })

  test('each number, code and date has a finding of its own kind', () => {
    const missed = cards.flatMap(({ id, pans, cvc, expiry, findings }) => {
      // A number that is said with a digit too few is a suspect, and a stripe is one with more.
      const kinds = findings.map(({ kind }) => (kind === 'track' || kind === 'pan_suspect' ? 'pan' : kind))
      const wrong = [
        pans.length > kinds.filter((kind) => kind === 'pan').length && 'pan',
        cvc && !kinds.includes('cvc') && 'cvc',
        expiry && !kinds.includes('expiry') && 'expiry',
      ]
      return wrong.flatMap((kind) => (kind === false ? [] : [`${id} ${kind}`]))
    })
    expect(missed.length / cards.length, missed.join(', ')).toBeLessThanOrEqual(0.02)
  })

  test('the spans of a number are those that the oracle sees', () => {
    // Of a stripe, what is found may be all of it.
    const judged = cards
      .filter(({ kind }) => kind !== 'track')
      .flatMap((one) =>
        one.pans.flatMap((digits) => {
          const places = placesOf(one, digits).map((all) => JSON.stringify(all))
          const spans = one.findings
            .filter(({ kind }) => kind === 'pan')
            .map((finding) => JSON.stringify(finding.spans))
          return places.length === 0 ? [] : [{ id: one.id, exact: spans.some((all) => places.includes(all)) }]
        }),
      )
    const wrong = judged.filter(({ exact }) => !exact).map(({ id }) => id)
    console.log(`development suite: exact spans ${share(judged.length - wrong.length, judged.length)}`)
    expect(judged.length).toBeGreaterThan(60)
    expect(wrong.length / judged.length, wrong.join(', ')).toBeLessThanOrEqual(0.05)
  })
})
