/**
 * docs/attacks.md, written by the tests. Each attack test leaves rows in test-results/attacks; after a full run they
 * become the page. A committed page that says anything else fails the run: it is written anew and wants to be committed.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'

const folder = join(root, 'test-results', 'attacks')
const page = join(root, 'docs', 'attacks.md')

/** The tests of each section, in the page's order. Sections that are not on this list follow it, by name. */
export const testsOf = {
  'A process that is taken over': ['server/attacks/taken-over.test.ts'],
  'Between the processes of one machine': ['server/attacks/walls.test.ts'],
  'A user for each process': ['server/attacks/walls.test.ts'],
  'Stored cards': ['server/attacks/ciphertexts.test.ts'],
  Leaks: ['e2e/leaks/leaks.spec.ts'],
  'Hostile pages': ['e2e/hostile-pages.spec.ts'],
  'The link channel': ['server/intake/link.test.ts', 'e2e/link.spec.ts'],
  'Hostile input': ['server/hostile/hostile.test.ts'],
  'The audit logs': ['server/audit/verify-log.test.ts', 'server/auditor/auditor.test.ts'],
  'Tenants and modes': ['server/tenants/other-tenant.test.ts'],
  'Tenants and modes: commands': ['server/tenants/commands.test.ts'],
  'Tenants and modes: live': ['server/tenants/live-start.test.ts'],
  'Tenants and modes: modes': ['server/tenants/modes.test.ts'],
}
const order = Object.keys(testsOf)

const intro = `# Attacks

What was tried against Sallyport, what the attacker had when it began, and what came out, with the defence and without it.
This page is written by the tests: \`npm test\` fails where it says anything else than what the run found. Every row's attack
has a control in the same test file, in which it succeeds, because a refusal of what could never work would prove nothing.
What a process is worth to whoever takes it over is the design's own table; here each of its rows is tried from inside.
`

/** What a section needs that a run may not have; then the page keeps what the last run that had it found. */
const needs = { root: 'Tried where the tests run as root.' }
const isRoot = process.getuid?.() === 0

const cell = (text) => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim()

function asText({ section, needs: need, rows }) {
  const lines = rows.map((row) => `| ${[row.attack, row.had, row.defended, row.undefended].map(cell).join(' | ')} |`)
  const head = '| attack | the attacker had | with the defence | without it |\n| --- | --- | --- | --- |'
  const tests = testsOf[section]?.map((path) => `\`npm test -- ${path}\``)
  const run = tests === undefined ? [] : [`\nTried by ${tests.join(' and ')}.`]
  return [`## ${section}`, ...run, ...(need === undefined ? [] : [`\n${needs[need]}`]), '', head, ...lines, ''].join(
    '\n',
  )
}

const headingOf = (text) => /^## (.*)$/m.exec(text)?.[1] ?? ''
/** Rows come in the order in which files ran, which is nobody's decision. */
const sorted = (text) => text.split('\n').sort().join('\n')

const place = (section) => {
  const at = order.indexOf(section)
  return at === -1 ? order.length : at
}
const byPlace = (a, b) => place(headingOf(a)) - place(headingOf(b)) || headingOf(a).localeCompare(headingOf(b))

/** Null when the page says what the run found; else the sentence to print, and then the page is written anew. */
export function comparePage({ found = readRun(), path = page, root: asRoot = isRoot } = {}) {
  const committed = existsSync(path)
    ? readFileSync(path, 'utf8')
        .split(/^(?=## )/m)
        .slice(1)
    : []
  const now = new Map(found.map((section) => [section.section, asText(section)]))
  const notRun = []
  for (const text of committed) {
    if (now.has(headingOf(text))) continue
    if (!asRoot && text.includes(needs.root)) now.set(headingOf(text), text)
    else notRun.push(headingOf(text))
  }
  if (notRun.length > 0) {
    return `docs/attacks.md has sections that this run did not produce: ${notRun.join(', ')}. Mend their tests, or take the sections out.`
  }
  const before = new Map(committed.map((text) => [headingOf(text), text]))
  const texts = [...now.values()].map((text) => {
    const old = before.get(headingOf(text))
    // The same rows in another order are the same.
    // As an ordinary user some rows cannot be tried (another process's memory): those of the last run as root stay.
    const missing =
      !asRoot &&
      old !== undefined &&
      text
        .trim()
        .split('\n')
        .every((line) => old.includes(line))
    const same = old !== undefined && (missing || sorted(old.trim()) === sorted(text.trim()))
    return same ? `${old.trim()}\n` : `${text.trim()}\n`
  })
  const whole = [intro, ...texts.sort(byPlace)].join('\n')
  if (existsSync(path) && readFileSync(path, 'utf8') === whole) return null
  writeFileSync(path, whole)
  return 'docs/attacks.md said something else than this run found; it is written anew: read it, and commit the new page.'
}

function readRun() {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return joined(names.sort().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8'))))
}

/** A section whose tests ran in several processes has a part from each. */
export function joined(parts) {
  const sections = new Map()
  for (const part of parts) {
    const known = sections.get(part.section)
    sections.set(part.section, known === undefined ? part : { ...known, rows: [...known.rows, ...part.rows] })
  }
  return [...sections.values()]
}
