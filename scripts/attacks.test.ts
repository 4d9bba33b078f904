import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../server/root.ts'
import { comparePage, joined, testsOf } from './attacks.mjs'

let folder: string
let path: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-page-'))
  path = join(folder, 'attacks.md')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const row = (attack: string) => ({ attack, had: 'nothing', defended: 'refused', undefended: 'got | all' })
const leaks = { section: 'Leaks', rows: [row('one'), row('two')] }
const users = { section: 'A user for each process', needs: 'root', rows: [row('files')] }
const compare = (found: object[], root = true): string | null => comparePage({ found, path, root })

test('a page that is not there is written, in the order of the list, and then agrees', () => {
  expect(compare([leaks, users])).toContain('commit the new page')
  const text = readFileSync(path, 'utf8')
  expect(text.indexOf('## A user for each process')).toBeLessThan(text.indexOf('## Leaks'))
  expect(text).toContain('| one | nothing | refused | got \\| all |')
  expect(compare([leaks, users])).toBe(null)
})

test('what several processes found of one section stands together', () => {
  const other = { ...leaks, rows: [row('three')] }
  expect(joined([leaks, users, other])).toEqual([{ ...leaks, rows: [row('one'), row('two'), row('three')] }, users])
})

test('rows in another order are the same page', () => {
  expect(compare([{ section: 'Leaks', rows: [row('two'), row('one')] }, users])).toBe(null)
})

test('a row that changed, or a new section, is written and must be committed', () => {
  expect(compare([leaks, { ...users, rows: [{ ...row('files'), defended: 'got' }] }])).toContain('commit the new page')
  expect(compare([leaks, users, { section: 'Another', rows: [row('three')] }])).toContain('commit the new page')
  expect(readFileSync(path, 'utf8')).toContain('## Another')
  expect(compare([leaks, users])).toContain('did not produce: Another')
})

test('a section that needs root is kept where a run has none, and missed where it has', () => {
  rmSync(path)
  compare([leaks, users])
  expect(compare([leaks], false)).toBe(null)
  expect(compare([leaks], true)).toContain('did not produce: A user for each process')
})

test('a page that somebody edited is not what the run found', () => {
  writeFileSync(path, readFileSync(path, 'utf8').replace('refused', 'refused, of course'))
  expect(compare([leaks, users])).toContain('commit the new page')
})

test('each section of the page says how to run its tests, and they exist', () => {
  const page = readFileSync(join(root, 'docs', 'attacks.md'), 'utf8')
  const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading)
  expect(Object.keys(testsOf)).toEqual(expect.arrayContaining(headings))
  for (const [section, paths] of Object.entries(testsOf)) {
    const own = page.split(/^(?=## )/m).find((text) => text.startsWith(`## ${section}\n`))
    for (const path of paths) {
      expect(existsSync(join(root, path)), path).toBe(true)
      expect(own, section).toContain(`npm test -- ${path}`)
    }
  }
})
