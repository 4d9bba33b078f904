/** docs/operations.md names every metric that a process has, and none that there is not. */
import { expect, test } from 'vitest'
import { filesIn, isTest, read } from './graph.ts'

const page = read('docs/operations.md')
const named = new Set([...page.matchAll(/`(sallyport_[a-z_]+)/g)].map(([, name]) => name))
const made = filesIn(['server'])
  .filter((path) => !isTest(path))
  .flatMap((path) => [...read(path).matchAll(/name: '(sallyport_[a-z_]+)'/g)].map(([, name]) => name))

test('every metric is described, and no other is named', () => {
  expect([...named].sort()).toEqual([...new Set(made)].sort())
  expect(made.length).toBeGreaterThan(10)
})

test('a counter ends in _total, and everything else in its unit', () => {
  const units = /_(total|seconds|bytes|events|records|connections|connected|conversations|tenants)$/
  expect(made.filter((name) => !units.test(name ?? ''))).toEqual([])
})
