/** docs/complaints.md: each of the twenty complaints has a test whose title names it, in a run that the page names too. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isTest, read, root } from './graph.ts'

const complaints = 20
const reasonsMax = 3

interface Row {
  number: number
  held: readonly string[]
  run: string
  reason: boolean
}

const rowsOf = (page: string): Row[] =>
  [...page.matchAll(/^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]*) \| ([^|]*) \|$/gm)].map(
    ([, number = '', , answer = '', held = '', run = '']) => ({
      number: Number(number),
      held: [...held.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
      run: run.trim().replaceAll('`', ''),
      reason: /\bReason\b/.test(answer),
    }),
  )

/** Which command runs a file, by its name, as the configurations of the runners have it. */
function runOf(file: string): string | null {
  if (/^e2e\/.*\.soak\.ts$/.test(file)) return 'npm run soak'
  if (/^e2e\/hosts\/.*\.hosts\.ts$/.test(file)) return 'npm run test:hosts'
  if (/^e2e\/engines\/.*\.engine\.ts$/.test(file)) return 'npm run test:engines'
  return /^e2e\/.*\.spec\.ts$/.test(file) || (!file.startsWith('e2e/') && file.endsWith('.test.ts')) ? 'npm test' : null
}

/** The complaints that titles of tests name: `complaint 14: …`, `complaints 6 and 10: …`. */
const namedIn = (source: string): number[] =>
  [...source.matchAll(/\b(?:test|it|describe)(?:\.\w+)*(?:\((?:[^()'"`]|\n)*\))?\(\s*['"`]complaints? ([\d, and]+): /g)]
    .concat([...source.matchAll(/^\s*\]\)\(\s*['"`]complaints? ([\d, and]+): /gm)])
    .flatMap(([, numbers = '']) => numbers.match(/\d+/g) ?? [])
    .map(Number)

const rows = rowsOf(read('docs/complaints.md'))

/** What keeps a row from being held; null when a test is there. */
function missing({ number, held, run }: Row): string | null {
  for (const file of held) {
    if (!existsSync(join(root, file)) || !isTest(file)) return `${number}: ${file} holds no tests`
    if (runOf(file) !== run) return `${number}: ${file} is not run by ${run}`
    if (!namedIn(read(file)).includes(number)) return `${number}: no title in ${file} names it`
  }
  return null
}

describe('the complaints', () => {
  test('are all there, once, in their order', () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: complaints }, (_, at) => at + 1))
  })

  test('each have a test that names them, or a written reason: three of those at most', () => {
    expect(rows.flatMap((row) => missing(row) ?? [])).toEqual([])
    expect(rows.filter(({ held, reason }) => held.length === 0 && !reason)).toEqual([])
    expect(rows.filter(({ reason }) => reason).length).toBeLessThanOrEqual(reasonsMax)
  })

  test('a title that is gone, a file that no command runs and a complaint without either would be found (control)', () => {
    expect(missing({ number: 21, held: ['frame/edits.test.ts'], run: 'npm test', reason: false })).toContain('no title')
    expect(missing({ number: 16, held: ['frame/edits.test.ts'], run: 'npm run soak', reason: false })).toContain(
      'not run',
    )
    expect(missing({ number: 16, held: ['frame/caret.ts'], run: 'npm test', reason: false })).toContain('no tests')
    expect(namedIn("test('complaints 6 and 10: a', x)\n  it('complaint 3: b', y)\n// complaint 4: c")).toEqual([
      6, 10, 3,
    ])
    expect(rowsOf('| 7 | a | b. Reason: c |  |  |')).toEqual([{ number: 7, held: [], run: '', reason: true }])
  })
})
