/** A name that no sheet declares and no look gives is a colour that nobody sees. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lookOf } from '../../protocol/look/theme.ts'
import { frameSheet as form } from '../testing/sheet.ts'

const read = (...path: string[]): string => readFileSync(join(import.meta.dirname, ...path), 'utf8')
const names = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name = '']) => name)

function unknownIn(sheet: string, all: string): string[] {
  const known = new Set([...Object.keys(lookOf('light').properties), ...names(all, /--([a-z-]+):/g)])
  return names(sheet, /var\(--([a-z-]+)/g).filter((name) => !known.has(name))
}

const page = read('link.css')

test('every property that the form and the page of a link read is one that is written', () => {
  expect(names(page, /var\(--([a-z-]+)/g).length).toBeGreaterThan(10)
  expect(unknownIn(form, form)).toEqual([])
  expect(unknownIn(page, form + page)).toEqual([])
  expect(unknownIn('a { color: var(--gone) }', form + page)).toEqual(['gone']) // the control
})
