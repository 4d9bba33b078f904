/**
 * docs/engines.md, written by the tests: what was tried in which engine, and why something was not. A committed page
 * that says anything else fails the run of all engines: it is written anew and wants to be committed.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'

const page = join(root, 'docs', 'engines.md')
const marks = [
  '<!-- Below: written by `npm run test:engines`. -->',
  '<!-- Above: written by `npm run test:engines`. -->',
]

const sections = [
  ['road.spec.ts', 'The road', 'flow'],
  ['hostile-pages.spec.ts', 'Hostile pages', 'attack, with the defence and without it'],
  ['engines/claims.engine.ts', 'What differs between engines', 'claim'],
  ['engines/composer.engine.ts', 'The composer guard', 'claim'],
  ['engines/phone.engine.ts', 'Phones', 'claim'],
]

/** `{ section → { name → { engine → { verdict, reason } } } }` and the browsers' versions, of Playwright's report. */
export function resultsOf(report) {
  const results = new Map()
  const versions = new Map()
  const visit = (suite, file, names) => {
    for (const inner of suite.suites ?? []) visit(inner, file ?? inner.file, [...names, inner.title])
    for (const { title, tests } of suite.specs ?? []) {
      // An attack is two tests: one row, which is as good as the worse of them.
      const name = names.length > 0 ? names.join(': ') : title
      for (const test of tests) {
        const about = [...(test.annotations ?? []), ...(test.results ?? []).flatMap((one) => one.annotations ?? [])]
        const browser = about.find(({ type }) => type === 'browser')?.description
        if (browser !== undefined) versions.set(test.projectName, browser.split(': ')[1])
        const rows = results.get(file) ?? results.set(file, new Map()).get(file)
        const row = rows.get(name) ?? rows.set(name, {}).get(name)
        row[test.projectName] = worse(row[test.projectName], verdictOf(test, about))
      }
    }
  }
  for (const suite of report.suites) visit({ suites: [], ...suite }, suite.file, [])
  return { results, versions }
}

const verdictOf = ({ status }, about) => {
  if (status === 'skipped')
    return { verdict: 'n/a', reason: about.find(({ type }) => type === 'skip')?.description ?? 'no reason was given' }
  // What a test found beside that it holds: the same test may find something else in another engine.
  const reason = about.find(({ type }) => type === 'found')?.description
  return { verdict: status === 'unexpected' ? 'failed' : 'passed', ...(reason !== undefined && { reason }) }
}
const badness = ['passed', 'n/a', 'failed']
const worse = (one, other) =>
  one !== undefined && badness.indexOf(one.verdict) >= badness.indexOf(other.verdict) ? one : other

const cell = (text) => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim()

/** The tables as Markdown. */
export function asText({ results, versions }, engines) {
  const heads = engines.map((engine) => versions.get(engine) ?? engine)
  return sections
    .filter(([file]) => results.has(file))
    .map(([file, title, what]) => {
      const rows = [...results.get(file)].map(([name, row]) => {
        const cells = engines.map((engine) => {
          const { verdict = 'not run', reason } = row[engine] ?? {}
          return reason === undefined ? verdict : `${verdict}: ${reason}`
        })
        return `| ${[name, ...cells].map(cell).join(' | ')} |`
      })
      return [
        `## ${title}`,
        '',
        `| ${[what, ...heads].join(' | ')} |`,
        `|${' --- |'.repeat(engines.length + 1)}`,
        ...rows,
        '',
      ].join('\n')
    })
    .join('\n')
}

/** Versions change from machine to machine; what they were found to do may not. */
const withoutVersions = (text) => text.replaceAll(/^\| (flow|attack|claim)[^\n]*$/gm, '')

/** Null when the page says what the run found. */
export function comparePage(text, path = page) {
  const committed = existsSync(path) ? readFileSync(path, 'utf8') : marks.join('\n')
  const [before = '', rest = ''] = committed.split(marks[0])
  const [old = '', after = ''] = rest.split(marks[1])
  if (old.trim() === text.trim()) return null
  writeFileSync(path, `${before}${marks[0]}\n\n${text.trim()}\n\n${marks[1]}${after}`)
  if (withoutVersions(old).trim() === withoutVersions(text).trim()) return null
  return 'docs/engines.md said something else than this run found; it is written anew: read it, and commit the new page.'
}

/** For the terminal: how many of each, and every row that did not simply pass. */
export function summaryOf({ results, versions }, engines) {
  const lines = []
  for (const engine of engines) {
    const rows = [...results.values()].flatMap((section) => [...section]).filter(([, row]) => row[engine] !== undefined)
    const of = (verdict) => rows.filter(([, row]) => row[engine].verdict === verdict)
    lines.push(
      `${versions.get(engine) ?? engine}: ${of('passed').length} rows passed, ${of('n/a').length} not applicable, ${of('failed').length} failed`,
      ...of('n/a').map(([name, row]) => `  not applicable: ${name}: ${row[engine].reason}`),
      ...of('failed').map(([name]) => `  failed: ${name}`),
    )
  }
  return lines.join('\n')
}
