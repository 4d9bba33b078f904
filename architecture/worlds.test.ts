/**
 * The root's tsconfig.json sees DOM and Node at once, for tests use both. What ships sees the world that it runs in: the
 * tsconfig.json of its folder says which, to editors and here, where the folders of one world are compiled together.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { filesIn, isTest, root } from './graph.ts'
import { compileProject } from './snippets.ts'

const results = join(root, 'test-results', 'worlds')
afterAll(() => rmSync(results, { recursive: true, force: true }))

interface World {
  folders: readonly string[]
  options: object
  /** What is not there, each a statement that must not compile; and what is. */
  absent: readonly string[]
  present: readonly string[]
}

const dom = ['document.title', 'window.location', 'new HTMLElement()', 'history.back()']
const node = ['process.cwd()', "Buffer.from('a')", "import('node:fs')", '__dirname']
const everywhere = ["fetch('https://shop.example')", "new URL('https://shop.example')", 'new AbortController().signal']

const worlds: Record<string, World> = {
  'a browser': {
    folders: ['frame', 'widget', 'demo/page'],
    options: { types: [] },
    absent: node,
    present: [...everywhere, 'document.title'],
  },
  'any runtime with fetch': {
    folders: ['agent', 'detect', 'protocol', 'testing'],
    options: { lib: ['es2023', 'webworker'], types: [] },
    absent: [...dom, ...node],
    present: everywhere,
  },
  Node: {
    folders: ['server', 'demo/server', 'demo/agent'],
    options: { lib: ['es2023'] },
    absent: dom,
    present: [...everywhere, 'process.cwd()'],
  },
}
/** crypto/ is for frame and server: each file is compiled in the world of whoever imports it. */
const ofTwoWorlds = ['crypto']

describe('what ships is compiled in its own world', () => {
  test.each(Object.entries(worlds))(
    '%s: and nothing of another is there, which the same run finds in a planted file',
    (name, { folders, options, absent, present }) => {
      const folder = join(results, name.replaceAll(' ', '-'))
      mkdirSync(folder, { recursive: true })
      // A directive that finds no error below it is an error itself.
      const planted = [...present, ...absent.map((statement) => `// @ts-expect-error: not here\n${statement}`)]
      writeFileSync(join(folder, 'planted.ts'), `${planted.join('\n')}\nexport {}\n`)
      const files = filesIn(folders).filter((path) => !isTest(path) && !path.includes('.test-kit.'))
      expect(files.length).toBeGreaterThan(5)
      const compilerOptions = { ...options, noEmit: true }
      const all = [...files.map((path) => `../../../${path}`), 'planted.ts']
      expect(
        compileProject(folder, { extends: '../../../tsconfig.json', compilerOptions, files: all, include: [] }),
      ).toBe('')
    },
    120_000,
  )

  test.each(Object.entries(worlds))(
    '%s: the tsconfig.json of each of its folders says so to editors',
    (_name, world) => {
      for (const folder of world.folders) {
        const { compilerOptions } = JSON.parse(readFileSync(join(root, folder, 'tsconfig.json'), 'utf8'))
        expect(compilerOptions, folder).toEqual(world.options)
      }
    },
  )

  test('every folder that ships is in one of them', () => {
    const inWorlds = [...Object.values(worlds).flatMap(({ folders }) => folders), ...ofTwoWorlds]
    const shipped = filesIn().filter((path) => !isTest(path))
    const outside = shipped.filter((path) => !inWorlds.some((folder) => path.startsWith(`${folder}/`)))
    // What page and server of the demo share is compiled with each of them.
    expect(outside).toEqual(['demo/card-number.ts', 'demo/talk.ts'])
  })
})
