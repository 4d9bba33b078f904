/** Prose is checked: links lead somewhere, snippets of the README compile, its commands and settings are real. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { settingNames } from '../server/settings.ts'
import { filesIn, read, root } from './graph.ts'

const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...filesIn(['docs', 'examples'], /\.md$/),
]

/** GitHub's anchors: lower case, no punctuation, a hyphen for each space. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+\s+(.*)$/gm)].map(([, heading = '']) => anchorOf(heading))

/** Links that lead nowhere: to a file that is not there, or to a heading that it does not have. */
function brokenLinks(path: string, text: string): string[] {
  const own = anchorsOf(text)
  const prose = text.replace(/```[\s\S]*?```/g, '')
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets.filter((target) => {
    if (/^(https?:|mailto:)/.test(target)) return false
    const [file = '', anchor] = target.split('#')
    if (file === '') return anchor !== undefined && !own.includes(anchor)
    const found = join(dirname(path), file)
    if (!existsSync(join(root, found))) return true
    return anchor !== undefined && found.endsWith('.md') && !anchorsOf(read(found)).includes(anchor)
  })
}

const blocks = (text: string, language: RegExp): string[] =>
  [...text.matchAll(/^```(\w+)[^\n]*\n([\s\S]*?)^```/gm)]
    .filter(([, name = '']) => language.test(name))
    .map(([, , code = '']) => code)

describe('links', () => {
  test.each(documents)('%s has no link that leads nowhere', (path) => {
    expect(brokenLinks(path, read(path))).toEqual([])
  })
  test('a broken link would be found', () => {
    expect(brokenLinks('README.md', '# A b\n[x](nothing.md) [y](#a-b) [z](#c)')).toEqual(['nothing.md', '#c'])
  })
})

describe('README', () => {
  const folder = join(root, 'test-results', 'snippets')
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('its TypeScript compiles against the package as a customer imports it', () => {
    const snippets = blocks(read('README.md'), /^(ts|js|typescript|javascript)$/)
    expect(snippets.length).toBeGreaterThan(0)
    const problems = compile(folder, snippets)
    expect(problems).toBe('')
  }, 60_000)

  test('a snippet that does not compile would be found', () => {
    expect(
      compile(folder, ["import { createSallyport } from 'sallyport/agent'\ncreateSallyport({ baseUrl: 1 })\n"]),
    ).toContain('error TS')
  }, 60_000)

  test('its commands are commands of package.json', () => {
    const { scripts } = JSON.parse(read('package.json'))
    const commands = blocks(read('README.md'), /^(sh|bash|console)$/).flatMap((block) => block.split('\n'))
    const named = commands.flatMap((line) => /\bnpm (?:run )?([\w:]+)/.exec(line)?.[1] ?? [])
    expect(named).toEqual(expect.arrayContaining(['start', 'test']))
    expect(named.filter((name) => !(name in scripts) && name !== 'ci' && name !== 'install')).toEqual([])
  })

  test('its table names every setting, and none that does not exist', () => {
    const text = read('README.md')
    const named = new Set([...text.matchAll(/SALLYPORT_(?:<ROLE>_)?[A-Z_]+[A-Z]/g)].map(([name]) => name))
    expect(settingNames.filter((name) => !named.has(name))).toEqual([])
    const known: readonly string[] = [...settingNames, 'SALLYPORT_CHROMIUM', 'SALLYPORT_CONFIG']
    expect([...named].filter((name) => !known.includes(name))).toEqual([])
  })
})

/** What the compiler says to the snippets, each a module of its own; empty when it is content. */
function compile(folder: string, snippets: readonly string[]): string {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [index, code] of snippets.entries())
    writeFileSync(join(folder, `snippet-${index}.ts`), `${code}\nexport {}\n`)
  const extended = { extends: '../../tsconfig.json', compilerOptions: { noEmit: true }, include: ['.'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(extended))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const result = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8', cwd: root })
  return result.status === 0 ? '' : result.stdout + result.stderr
}
