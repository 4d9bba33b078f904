/**
 * `node detect/testing/report.ts [part of a family's name] [cases a family]`: what is found of each family, in both sets,
 * and how often each class of noise is taken for a card. With a name, the first cases that fail are shown, digits and all:
 * they are generated, and nobody has these numbers.
 */
import * as api from '../index.ts'
import type { Case } from './case.ts'
import { casesOf, families, sets } from './families.ts'
import { noiseClasses, quietClasses } from './noise-classes.ts'
import { seeded } from './random.ts'

import { findIn } from './run.ts'
import { type Score, score, sum } from './score.ts'
import { unseenFamilies } from './unseen-families.ts'

const [wanted = '', count = '200'] = process.argv.slice(2)
const percent = (part: number, all: number): string => ((100 * part) / Math.max(1, all)).toFixed(2).padStart(7)
const row = (name: string, ...cells: readonly string[]): void => console.log(name.padEnd(58) + cells.join(' '))

function show({ turns, expected, armed }: Case): void {
  const found = findIn(api, { turns, expected, ...(armed === undefined ? {} : { armed }) })
  console.log(
    `    ${JSON.stringify(turns.map(({ speaker, text }) => `${speaker === 'agent' ? 'agent: ' : ''}${text}`))}`,
  )
  console.log(
    `      expected ${expected.map(({ kinds, places }) => `${kinds[0]} ${places.map(({ turn, start, end }) => `${turn}:${start}-${end}`)}`).join('; ')}`,
  )
  console.log(
    `      found    ${found.map(({ kind, spans }) => `${kind} ${spans.map(({ turn, start, end }) => `${turn}:${start}-${end}`)}`).join('; ') || 'nothing'}`,
  )
}

const totals: Record<string, Score[]> = {}
row('family', 'found %', 'covered', ' exact', ' extra findings')
for (const set of Object.values(sets)) {
  console.log(`\n${set.name}`)
  for (const name of Object.keys(families).filter((one) => one.includes(wanted))) {
    const cases = casesOf(name, set, Number(count))
    const scores = cases.map((one) => score(one, findIn(api, one)))
    const { expected, found, covered, exact, extra } = sum(scores)
    const lists = [totals[set.name], totals[`${set.name}, ${name.split(/[:,]| \d/)[0]}`]] as const
    totals[set.name] = [...(lists[0] ?? []), ...scores]
    totals[`${set.name}, ${name.split(/[:,]| \d/)[0]}`] = [...(lists[1] ?? []), ...scores]
    row(name, percent(found, expected), percent(covered, expected), percent(exact, expected), String(extra).padStart(6))
    if (wanted === '') continue
    for (const index of scores
      .flatMap((one, at) => (one.covered < one.expected || one.extra > 0 ? [at] : []))
      .slice(0, 6)) {
      const failed = cases[index]
      if (failed !== undefined) show(failed)
    }
  }
}
const unseen = Object.keys(unseenFamilies).map((name) =>
  sum(casesOf(name, sets.heldOut, Number(count)).map((one) => score(one, findIn(api, one)))),
)
totals['templates that no rule was made with'] = unseen
console.log('\nin all')
for (const [name, scores] of Object.entries(totals)) {
  const { expected, found, covered, exact, extra } = sum(scores)
  row(name, percent(found, expected), percent(covered, expected), percent(exact, expected), String(extra).padStart(6))
}

const perClass = 3_000
const rates: number[] = []
console.log(`\nnoise, ${perClass} strings a class: taken for a card, %`)
for (const [name, make] of Object.entries(noiseClasses)) {
  const random = seeded(28)
  const texts = Array.from({ length: perClass }, () => make(random))
  const wrong = texts.filter((text) => api.detect(text).length > 0)
  rates.push((100 * wrong.length) / perClass)
  row(
    `  ${name}${quietClasses.includes(name) ? ' (at most .1)' : ''}`,
    percent(wrong.length, perClass),
    wrong.length > 0 ? JSON.stringify(wrong[0]) : '',
  )
}
row('  mean (at most 1)', (rates.reduce((all, one) => all + one, 0) / rates.length).toFixed(3).padStart(7))
