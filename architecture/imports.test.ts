import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { closure, filesIn, findCycle, type Import, isTest, projectImports, readImports, root } from './graph.ts'
import { findBreaks, rules } from './rules.ts'

const imports = projectImports()

describe('the reader of imports', () => {
  test('finds every form of import, and knows a type from a value', () => {
    const source = [
      "import a from './a.ts'",
      "import { b, type B } from '../b.ts' // from './comment.ts'",
      "import type { C } from 'zod/mini'",
      "import { type D, type E } from './d.ts'",
      'import {\n  f,\n} from "node:fs"',
      "import './style.css'",
      "export { g } from './g.ts'",
      "export type { H } from './h.ts'",
      "export * from './i.ts'",
      "/* import './no.ts' */",
      'const j = await import'.concat("('./j.ts')"),
      "const text = 'import k from somewhere'",
    ].join('\n')
    expect(readImports('server/x/y.ts', source).map(({ to, typeOnly }) => (typeOnly ? `type ${to}` : to))).toEqual([
      'server/x/a.ts',
      'server/b.ts',
      'type zod/mini',
      'type server/x/d.ts',
      'node:fs',
      'server/x/style.css',
      'server/x/g.ts',
      'type server/x/h.ts',
      'server/x/i.ts',
      'server/x/j.ts',
    ])
  })

  test('every import of a file of ours names one that exists', () => {
    const missing = imports.filter(({ to }) => /\.ts$/.test(to) && !to.startsWith('@') && !existsSync(join(root, to)))
    expect(missing.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
  })
})

describe.each(rules.map((rule) => [rule.says, rule] as const))('%s', (_says, rule) => {
  test('holds', () => {
    expect(findBreaks(imports, rule)).toEqual([])
  })
  test.each(rule.caught.map((one) => [`${one.from} importing ${one.to}`, one] as const))(
    'would catch %s',
    (_name, one) => {
      expect(findBreaks([one], rule)).toHaveLength(1)
    },
  )
})

describe('no circles', () => {
  test('files import each other in one direction', () => {
    expect(findCycle(imports.filter(({ from }) => !isTest(from)))).toBe(null)
  })
  test('a circle would be found', () => {
    const circle: Import[] = [
      { from: 'a.ts', to: 'b.ts', typeOnly: false },
      { from: 'b.ts', to: 'c.ts', typeOnly: true },
      { from: 'c.ts', to: 'a.ts', typeOnly: false },
    ]
    expect(findCycle(circle)).toEqual(['a.ts', 'b.ts', 'c.ts', 'a.ts'])
    expect(findCycle(circle.slice(0, 2))).toBe(null)
  })
})

/** What may not run in a process or a browser, however far down it is imported. */
const unreachable: readonly [entry: string, forbidden: RegExp, why: string][] = [
  ['widget/define.ts', /^(node:|zod|server\/|crypto\/)/, 'the widget needs neither Node nor zod nor anything of cards'],
  ['frame/main.ts', /^(node:|zod|server\/|lit)/, 'the frame is small and runs in a browser'],
  ['agent/index.ts', /^(node:|zod|server\/|crypto\/|lit|comlink)/, 'agent code stands alone on any runtime with fetch'],
  [
    'server/gateway/main.ts',
    /^(crypto\/(pan|card-bytes)|server\/(records|keys|processors|admin|init))/,
    'the gateway can open nothing',
  ],
  [
    'server/intake/main.ts',
    /^server\/(records\/open|keys|processors|grants\/sign|admin|init)/,
    'intake seals and cannot open',
  ],
  [
    'server/egress/main.ts',
    /^server\/(records\/seal|keys|grants\/sign|admin|init)|^express$/,
    'egress opens what a grant names',
  ],
  [
    'server/keyd/main.ts',
    /^(express|helmet|zod)|^crypto\/(pan|card-bytes)|^server\/(records\/(open|seal)|grants\/sign|processors|admin|init)/,
    'keyd has as few dependencies as can be, and never a card',
  ],
  [
    'server/keeper/main.ts',
    /^(express|helmet)|^crypto\/(pan|card-bytes)|^server\/(records\/(open|seal)|keys|grants|processors|admin|init)/,
    'keeper serves nobody and opens nothing',
  ],
]

describe('what a process or a page can reach', () => {
  const reached = (entry: string, forbidden: RegExp): string[] =>
    [...closure(imports, entry)].filter(([file]) => forbidden.test(file)).map(([, way]) => way.join(' → '))

  test.each(unreachable)('%s', (entry, forbidden, why) => {
    expect(existsSync(join(root, entry)), `${entry} exists`).toBe(true)
    expect(reached(entry, forbidden), why).toEqual([])
  })

  test('keyd runs four packages beside Node', () => {
    const files = [...closure(imports, 'server/keyd/main.ts').keys()]
    const packages = files.filter((file) => !/\.ts$/.test(file) && !file.startsWith('node:'))
    const names = packages.map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    )
    expect([...new Set(names)].sort()).toEqual(['@noble/ciphers', 'jose', 'pg', 'pino'])
  })

  test('a forbidden module far down is found, with the way to it', () => {
    const far: Import[] = [
      { from: 'server/keyd/main.ts', to: 'server/a.ts', typeOnly: false },
      { from: 'server/a.ts', to: 'express', typeOnly: false },
    ]
    expect(closure(far, 'server/keyd/main.ts').get('express')).toEqual([
      'server/keyd/main.ts',
      'server/a.ts',
      'express',
    ])
  })
})

describe('lists that are kept by hand', () => {
  test('crypto/pan.ts is imported by the files of this list alone', () => {
    const allowed = [
      'crypto/card-bytes.ts', // the bytes of a card, in the frame and in egress
      'frame/seal.ts', // from the fields to the sealed submission
      'server/egress/scrub.ts', // what a processor's answer must not hold
      'server/intake/test-routes.ts', // sandbox: the published test card, typed by nobody
    ]
    const found = imports.filter(({ from, to }) => to === 'crypto/pan.ts' && !isTest(from)).map(({ from }) => from)
    expect([...new Set(found)].sort()).toEqual(allowed)
  })

  test('the folders of the design exist', () => {
    const folders = [
      'protocol',
      'detect',
      'crypto',
      'widget',
      'frame',
      'agent',
      'demo',
      'e2e',
      'bench',
      'docs',
      'scripts',
      'testing',
    ]
    const processes = ['gateway', 'intake', 'egress', 'keyd', 'keeper'].map((name) => `server/${name}/main.ts`)
    const wanted = [...folders, ...processes, 'demo/server/main.ts', 'server/processors/sandbox/server/main.ts']
    expect(wanted.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test('every export of package.json names a file that exists', async () => {
    const { default: manifest } = await import('../package.json', { with: { type: 'json' } })
    const targets = Object.values(manifest.exports).flatMap((one) =>
      typeof one === 'string' ? [one] : Object.values(one),
    )
    const files = targets.map((path) => path.replace('*', 'de'))
    expect(files.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test('no file is a dumping ground by its name', () => {
    const names = /(^|\/)(utils?|helpers?|common|constants|types|misc|shared)(\.ts|\/)/
    expect(filesIn().filter((path) => names.test(path))).toEqual([])
  })
})
