/** SECURITY.md claims only what a test shows: each claim names one, and every one that is named exists. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isTest, read, root } from './graph.ts'

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

/** What keeps a claim from being shown: null when its test is there. */
function missing({ file, title }: { file: string; title: string }): string | null {
  if (!existsSync(join(root, file))) return `there is no ${file}`
  if (!isTest(file)) return `${file} holds no tests`
  const source = read(file)
  const spelled = [`'${title}'`, `"${title}"`, `\`${title}\``]
  return spelled.some((one) => source.includes(one)) ? null : `${file} has no test › ${title}`
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
  expect(missing({ ...here, title: ['every', 'thing is safe'].join('') })).toContain('has no test')
  expect(missing({ ...here, file: 'server/nothing.test.ts' })).toContain('there is no')
  expect(missing({ ...here, file: 'server/log.ts' })).toContain('holds no tests')
  expect(claimsIn('- one\n  `a/b › c`\n- two\n').filter((claim) => referencesIn(claim).length === 0)).toEqual(['- two'])
})

test('it says what a page can always do, and what the layout of one machine is', () => {
  expect(under('What is not a vulnerability')).toContain('A page can always draw a form of its own')
  expect(under('Trust assumptions')).toContain('One machine is a development layout')
})
