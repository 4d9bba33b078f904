/** SECURITY.md claims only what a test shows: each claim names one, and every one that is named exists. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesIn, isTest, read, readImports, root } from './graph.ts'
import { titlesOf } from './titles.ts'

const text = read('SECURITY.md')

/** The part of the page under a heading of the second level. */
const under = (heading: string): string => text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''

const reference = /`([^`›]+\/[^`›]+) › ([^`]+)`/g
const referencesIn = (part: string) =>
  [...part.matchAll(reference)].map(([, file = '', title = '']) => ({ file, title }))

/** Items of lists and rows of tables: one claim each. */
const claimsIn = (part: string): string[] =>
  part
    .split(/\n(?=- |\| |#|\n)/)
    .map((claim) => claim.trim())
    .filter((claim) => /^(- |\| )/.test(claim) && !/^\| (---|taken over|who) /.test(claim))

const titles = new Map<string, Set<string>>()
function runs(file: string, title: string): boolean {
  const known = titles.get(file) ?? titlesOf(file, read(file))
  titles.set(file, known)
  return known.has(title)
}

/** Attacks stand in files of their own, which run when a spec imports them. */
const started = new Set(
  filesIn(['e2e'], /\.spec\.ts$/).flatMap((spec) => readImports(spec, read(spec)).map(({ to }) => to)),
)
const isStarted = (file: string): boolean => /\.(test|spec)\.ts$/.test(file) || started.has(file)

/** What keeps a claim from being shown: null when its test is there. */
function missing({ file, title }: { file: string; title: string }): string | null {
  if (!existsSync(join(root, file))) return `there is no ${file}`
  if (!isTest(file)) return `${file} holds no tests`
  if (!isStarted(file)) return `no test run comes to ${file}`
  return runs(file, title) ? null : `${file} has no test that runs › ${title}`
}

test('SECURITY.md has the six headings of a threat model, in their order', () => {
  expect([...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual([
    'Purpose',
    'Trust assumptions',
    'Guarantees',
    'Out of scope',
    'Threat actors',
    'What is not a vulnerability',
  ])
})

test('every test that it names exists', () => {
  const references = referencesIn(text)
  expect(references.length).toBeGreaterThan(50)
  expect(references.flatMap((one) => missing(one) ?? [])).toEqual([])
})

describe.each(['Guarantees', 'Threat actors'])('%s', (heading) => {
  test('name a test for each claim', () => {
    const claims = claimsIn(under(heading))
    expect(claims.length).toBeGreaterThan(9)
    const bare = claims.filter((claim) => referencesIn(claim).length === 0 && !claim.includes('the table above'))
    expect(bare).toEqual([])
  })
})

test('a test that is not there, and a claim that names none, would be found', () => {
  const here = { file: 'architecture/security.test.ts', title: 'every test that it names exists' }
  expect(missing(here)).toBe(null)
  expect(missing({ ...here, title: 'everything is safe' })).toContain('has no test')
  expect(missing({ ...here, file: 'server/nothing.test.ts' })).toContain('there is no')
  expect(missing({ ...here, file: 'server/log.ts' })).toContain('holds no tests')
  expect(missing({ ...here, file: 'e2e/hostile/site.ts' })).toContain('no test run comes to')
  expect(claimsIn('- one\n  `a/b › c`\n- two\n').filter((claim) => referencesIn(claim).length === 0)).toEqual(['- two'])
})

test('it says what a page can always do, and what the layout of one machine is', () => {
  expect(under('What is not a vulnerability')).toContain('A page can always draw a form of its own')
  expect(under('Trust assumptions')).toContain('One machine is a development layout')
})

test.each([
  ["test('it', () => {})", true],
  ["test.concurrent('it', async () => {})", true],
  ["it.each([1, 2])('it', () => {})", true],
  ['test.each`a`("it", () => {})', true],
  ["describe('all', () => { test('it', () => {}) })", true],
  ["describe.runIf(isRoot)('all', () => { test('it', () => {}) })", true],
  ["attack('it', { had: 'the page' })", true],
  ["test('it', ({ page }) => { test.skip(page === null, 'why') })", true],
  ["// test('it', () => {})", false],
  ["/* test('it', () => {}) */", false],
  ["const it = 'it'", false],
  ["const list = ['it']", false],
  ["describe('it', () => {})", false],
  ["expect(value, 'it').toBe(1)", false],
  ["test('it')", false],
  ["test.skip('it', () => {})", false],
  ["test.todo('it', () => {})", false],
  ["test.fixme('it', () => {})", false],
  ["it.skip.each([1])('it', () => {})", false],
  ["test.skipIf(true)('it', () => {})", false],
  ["test.runIf(false).each([1])('it', () => {})", false],
  ["describe.skip('all', () => { test('it', () => {}) })", false],
  ["test.describe.skip('all', () => { test('it', () => {}) })", false],
  ["describe('all', () => { test.skip(); test('it', () => {}) })", false],
  ["test('it', (context) => { context.skip() })", false],
  ["test('it', () => { test.skip(true, 'why') })", false],
])('a test that runs, and nothing else, counts as one: %s', (source, counts) => {
  expect(titlesOf('some.test.ts', source).has('it')).toBe(counts)
})
