import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { findEngines } from './engines.mjs'
import { asText, comparePage, resultsOf, summaryOf } from './engines-table.mjs'

const both = ['firefox', 'webkit']

/** What Playwright reports of one attack in two engines: a test with the defence, another without it. */
function reportOf(undefended: { firefox: string; webkit: string }, version = '1'): object {
  const tests = (statuses: Record<string, string>): object[] =>
    both.map((projectName) => ({
      projectName,
      status: statuses[projectName],
      annotations: [
        { type: 'browser', description: `${projectName}: ${projectName} ${version}` },
        ...(statuses[projectName] === 'skipped' ? [{ type: 'skip', description: 'it has no ear' }] : []),
      ],
    }))
  const specs = [
    { title: 'defended', tests: tests({ firefox: 'expected', webkit: 'expected' }) },
    { title: 'undefended', tests: tests(undefended) },
  ]
  return { suites: [{ file: 'hostile-pages.spec.ts', title: '', suites: [{ title: 'A page listens', specs }] }] }
}

describe('the page of engines', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-page-'))
  const path = join(folder, 'engines.md')
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const compare = (report: object): string | null => comparePage(asText(resultsOf(report), both), path)

  test('a row is as good as the worse of its two tests, and says why an engine could not run it', () => {
    const outcome = resultsOf(reportOf({ firefox: 'skipped', webkit: 'unexpected' }))
    expect(asText(outcome, both)).toContain('| A page listens | n/a: it has no ear | failed |')
    expect(summaryOf(outcome, both).split('\n')).toEqual([
      'firefox 1: 0 rows passed, 1 not applicable, 0 failed',
      '  not applicable: A page listens: it has no ear',
      'webkit 1: 0 rows passed, 0 not applicable, 1 failed',
      '  failed: A page listens',
    ])
  })

  test('what was found and is not committed is written, and fails; a new version alone is written', () => {
    const passed = { firefox: 'expected', webkit: 'expected' }
    expect(compare(reportOf(passed))).toContain('commit the new page')
    expect(compare(reportOf(passed))).toBe(null)
    expect(compare(reportOf(passed, '2'))).toBe(null)
    expect(readFileSync(path, 'utf8')).toContain('webkit 2')
    expect(compare(reportOf({ ...passed, webkit: 'unexpected' }, '2'))).toContain('commit the new page')
  })
})

describe('an engine that is not here', () => {
  afterEach(() => vi.unstubAllEnvs())

  test('is named with the programs that are missing and what to do', async () => {
    vi.stubEnv('PATH', '')
    const { missing } = await findEngines({ install: false, names: ['webkit'] })
    expect(missing).toMatchObject([{ name: 'webkit' }])
    expect(missing[0]?.words).toMatch(/^WebKit is not here \(no WebKitWebDriver,.* Install WebKitGTK’s WebKitWebDriver/)
  })

  test('is not looked for elsewhere when a variable names a path to nothing', async () => {
    vi.stubEnv('SALLYPORT_FIREFOX', '/nowhere/firefox')
    await expect(findEngines({ install: true, names: ['firefox'] })).rejects.toThrow('SALLYPORT_FIREFOX names /nowhere')
  })
})
