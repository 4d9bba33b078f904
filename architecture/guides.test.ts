/** The guides for pages say what the types and the table of errors say, and name tests that are there. */
import { describe, expect, test } from 'vitest'
import { errors, isErrorCode } from '../protocol/errors.ts'
import { filesIn, isTest, read } from './graph.ts'
import { rowsBelow } from './snippets.ts'

const quoted = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text)
const sourcesOf = (paths: readonly string[]): string => paths.map(read).join('\n')

describe('docs/embed.md', () => {
  /** `name → properties` of the event classes, as events.ts has them. */
  const classes = new Map(
    read('widget/events.ts')
      .split(/^export class /m)
      .slice(1)
      .map((text) => [
        /static readonly type = '([^']+)'/.exec(text)?.[1] ?? '',
        [...text.matchAll(/^ {2}readonly (\w+)/gm)].map(([, name = '']) => name),
      ]),
  )
  const table = (text: string) =>
    new Map(rowsBelow(text, 'Events').map(([name = '', own = '']) => [quoted(name)[0] ?? '', quoted(own)]))

  test('has every event with every property of its class, and no other', () => {
    expect(classes.size).toBeGreaterThan(4)
    expect(Object.fromEntries(table(read('docs/embed.md')))).toEqual(Object.fromEntries(classes))
  })
  test('would not pass with a property that events do not have', () => {
    const wrong = table(read('docs/embed.md').replace('`code`, `fatal`', '`code`, `fatal`, `message`'))
    expect(Object.fromEntries(wrong)).not.toEqual(Object.fromEntries(classes))
  })
})

describe('docs/troubleshooting.md', () => {
  /** What a page, a person in front of the form or an agent beside it can meet. */
  const met = /^(channel|shield|input|customer)\./
  /** Besides those: what the frame and the widget say themselves, and what intake answers to the frame. */
  const talkers = [
    ...filesIn(['widget', 'frame']),
    ...['attach', 'outer', 'own-capture', 'progress', 'secrets', 'store', 'submit'].map(
      (name) => `server/intake/${name}.ts`,
    ),
  ].filter((path) => !isTest(path))
  const literals = [...sourcesOf(talkers).matchAll(/'(\w+\.\w+)'/g)].map(([, code = '']) => code).filter(isErrorCode)
  const needed = [...new Set([...Object.keys(errors).filter((code) => met.test(code)), ...literals])].sort()

  const rowsOf = (text: string): string[][] =>
    text
      .split('\n')
      .filter((line) => /^\| `\w+\.\w+`/.test(line))
      .map((line) =>
        line
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim()),
      )
  const codesOf = (text: string): string[] => rowsOf(text).flatMap(([first = '']) => quoted(first))
  const text = read('docs/troubleshooting.md')

  test('has a row for every code that can be met', () => {
    expect(needed.length).toBeGreaterThan(20)
    const rows = codesOf(text)
    expect(needed.filter((code) => !rows.includes(code))).toEqual([])
  })
  test('has each code once, each one of the table, with what is seen, why, and what to do', () => {
    const codes = codesOf(text)
    expect(codes.filter((code, at) => !isErrorCode(code) || codes.indexOf(code) !== at)).toEqual([])
    expect(rowsOf(text).filter((cells) => cells.length !== 4 || cells.includes(''))).toEqual([])
  })
  test('a row that is missing would be missed', () => {
    const rows = codesOf(text.replace('`channel.csp`', '`channel.cps`'))
    expect(needed.filter((code) => !rows.includes(code))).toEqual(['channel.csp'])
  })
})

describe('docs/accessibility.md', () => {
  const titles = sourcesOf(filesIn(['e2e'], /\.(spec|soak|hosts)\.ts$/))
  const named = rowsBelow(read('docs/accessibility.md'), 'What holds').flatMap(([, , shown = '']) =>
    [...shown.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title),
  )
  test('names tests that are there', () => {
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((title) => !titles.includes(title))).toEqual([])
  })
})
