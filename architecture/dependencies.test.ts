import { expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { current, dependencies, page, places } from './dependencies.ts'
import { type Import, projectImports, read } from './graph.ts'

const lock = JSON.parse(read('package-lock.json'))
const now = () => dependencies(projectImports(), lock)

test('docs/dependencies.md is what the code imports and the lock file holds (node architecture/dependencies.ts)', () => {
  expect(read('docs/dependencies.md')).toBe(current())
})

test('every dependency of package.json runs somewhere, and nothing else is named by our code', () => {
  const named = now().filter(({ broughtBy }) => broughtBy.includes('our code'))
  expect(named.map(({ name }) => name)).toEqual(Object.keys(manifest.dependencies).sort())
})

test('no package runs in the agent’s file, and keyd has no web framework, no schema library and no metrics client', () => {
  const inPlace = (place: string) => now().flatMap(({ name, places: where }) => (where.includes(place) ? [name] : []))
  expect(inPlace('agent')).toEqual([])
  for (const name of ['express', 'helmet', 'zod', 'prom-client']) expect(inPlace('keyd')).not.toContain(name)
})

test('a package that a process begins to load changes the page', () => {
  const more: Import = { from: 'server/keyd/main.ts', to: 'express', typeOnly: false }
  const changed = page(dependencies([...projectImports(), more], lock))
  expect(changed).not.toBe(current())
  expect(changed).toMatch(/^\| keyd \| .*`express`/m)
  expect(places.map(([place]) => place)).toContain('keyd')
})
