/** Prose is checked: links lead somewhere, snippets of the README compile, its commands and settings are real. */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { settingNames } from '../server/settings.ts'
import { filesIn, read, root } from './graph.ts'
import { blocks, compile } from './snippets.ts'

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

describe('links', () => {
  test.each(documents)('%s has no link that leads nowhere', (path) => {
    expect(brokenLinks(path, read(path))).toEqual([])
  })
  test('a broken link would be found', () => {
    expect(brokenLinks('README.md', '# A b\n[x](nothing.md) [y](#a-b) [z](#c)')).toEqual(['nothing.md', '#c'])
  })
})

const compiled = ['README.md', 'docs/agent.md', 'docs/detection.md', 'docs/embed.md']

describe('README and guide', () => {
  const folder = join(root, 'test-results', 'snippets')
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('their TypeScript compiles against the package as a customer imports it', () => {
    const each = compiled.map((path) => blocks(read(path), /^(ts|js|typescript|javascript)$/))
    expect(each.filter((snippets) => snippets.length === 0)).toEqual([])
    const snippets = each.flat()
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
