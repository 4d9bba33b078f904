/**
 * The examples, as far as it can be said without their packages: `npm run test:hosts` has those, builds each page, checks
 * all their types and drives each to a token.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { composers } from '../e2e/hosts/composers.ts'
import { openTalk } from '../examples/talk.ts'
import { filesIn, read, root } from './graph.ts'
import { compileProject } from './snippets.ts'

const names = readdirSync(join(root, 'examples')).filter((name) =>
  existsSync(join(root, 'examples', name, 'index.html')),
)
const manifest = JSON.parse(read('examples/package.json'))
const packages: Record<string, string> = { ...manifest.dependencies, ...manifest.devDependencies }
const sourceOf = (name: string): string =>
  filesIn([`examples/${name}`], /\.(tsx?|vue|svelte|html)$/)
    .map(read)
    .join('\n')

describe('each example', () => {
  test('has a page, a README, a place in the guide, and tests', () => {
    expect(names.length).toBeGreaterThanOrEqual(7)
    const guide = read('docs/embed.md')
    const list = read('examples/README.md')
    for (const name of names) {
      expect(read(`examples/${name}/README.md`), name).toMatch(/^# /)
      expect(guide, name).toContain(`(../examples/${name})`)
      expect(list, name).toContain(`(${name})`)
      expect(Object.keys(composers), name).toContain(name)
    }
  })

  test('takes the widget in one of the two ways of a customer, and both ways are taken', () => {
    const ways = names.map((name) => {
      const byTag = /src="%VITE_GATEWAY%\/widget\/(%VITE_WIDGET_VERSION%\/)?sallyport\.js"/.test(sourceOf(name))
      return byTag ? 'tag' : 'package'
    })
    expect(new Set(ways)).toEqual(new Set(['tag', 'package']))
    const fromOurs = names.filter((name) => /from '\.\.\/\.\.\//.test(sourceOf(name)))
    expect(fromOurs).toEqual([])
  })

  test('has a policy of its own, without a script that anybody could write into the page', () => {
    for (const name of names) {
      const [, policy = ''] =
        /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(read(`examples/${name}/index.html`)) ?? []
      expect(policy, name).toContain('frame-src %VITE_FRAME_ORIGIN%')
      expect(policy, name).not.toMatch(/script-src[^;]*'unsafe|\*/)
    }
  })
})

describe('the packages of the examples', () => {
  const own = JSON.parse(read('package.json'))
  test('are pinned, and none of the chats is a package of the project', () => {
    expect(Object.entries(packages).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
    const ours = { ...own.dependencies, ...own.devDependencies }
    expect(Object.keys(manifest.dependencies).filter((name) => name in ours)).toEqual([])
  })
  test('have a lock file that says the same', () => {
    const { packages: locked } = JSON.parse(read('examples/package-lock.json'))
    expect(locked[''].dependencies).toEqual(manifest.dependencies)
    expect(locked[''].devDependencies).toEqual(manifest.devDependencies)
  })
})

test('the talk of the examples tells nothing twice when its connection broke off and came back', () => {
  const streams: EventTarget[] = []
  class Stream extends EventTarget {
    constructor() {
      super()
      streams.push(this)
    }
  }
  vi.stubGlobal('EventSource', Stream)
  const told: number[] = []
  openTalk(({ id }) => told.push(id))
  vi.unstubAllGlobals()
  for (const id of [1, 2, 1, 2, 3])
    streams[0]?.dispatchEvent(new MessageEvent('message', { data: JSON.stringify({ id }) }))
  expect(told).toEqual([1, 2, 3])
})

describe('the shop of the examples', () => {
  const folder = join(root, 'test-results', 'examples-shop')
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  test('is an agent by the types of the packed client, which would find a wrong one', () => {
    mkdirSync(folder, { recursive: true })
    const wrong =
      "import { createSallyport } from 'sallyport/agent'\n// @ts-expect-error no key\ncreateSallyport({ baseUrl: '' })\n"
    writeFileSync(join(folder, 'wrong.ts'), wrong)
    const files = ['main', 'server', 'agent'].map((name) => `../../examples/shop/${name}.ts`)
    const paths = { 'sallyport/agent': ['../../dist/types/agent/index.d.ts'] }
    const compilerOptions = { noEmit: true, paths }
    const config = { extends: '../../tsconfig.json', compilerOptions, files: [...files, 'wrong.ts'], include: [] }
    expect(compileProject(folder, config)).toBe('')
  }, 60_000)
})
