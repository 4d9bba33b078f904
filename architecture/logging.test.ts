/** There is one way to a log: `server/log.ts`, whose members are on a list. Every other way of writing is looked for here. */
import { describe, expect, test } from 'vitest'
import { closure, filesIn, isTest, projectImports, read } from './graph.ts'

const ways: readonly RegExp[] = [
  /\bconsole\b\s*[.[]/,
  /['"](node:)?console['"]/,
  /\bprocess\s*\.\s*(stdout|stderr|_rawDebug|emitWarning)\b/,
  /\bprocess\s*\[/,
  /\bdebuglog\b|\butil\s*\.\s*debug\b/,
  /\bpino\s*[.(]|from ['"]pino/,
  /\bwriteSync\s*\(\s*[12]\b/,
  /\/dev\/(stdout|stderr|fd)\b/,
  /\bdiagnostics_channel\b|\btrace_events\b|node:inspector/,
]

/** What writes for a person at a terminal, or in their own browser; none of it runs where a card is. */
const allowed: Readonly<Record<string, string>> = {
  'server/log.ts': 'the one way',
  'server/supervisor/run.ts': "the supervisor's own lines: names, times and sentences of ours",
  'server/cli.ts': 'the usage of the command, and the sentence of an error',
  'server/init/command.ts': 'what a command did',
  'server/admin/command.ts': 'what a command did; a key is shown once, to whoever asked for it',
  'server/doctor/command.ts': 'what a command found',
  'widget/explain.ts': "one sentence for the page's developer, in the browser: two addresses, and nothing of the form",
}

const withoutComments = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
const writes = (source: string): boolean => ways.some((way) => way.test(withoutComments(source)))

const shipped = filesIn().filter((path) => !isTest(path))

test('nothing that ships writes anywhere but to its log, except the files of this list', () => {
  const found = shipped.filter((path) => writes(read(path)))
  expect(found.filter((path) => !(path in allowed))).toEqual([])
  expect(
    Object.keys(allowed).filter((path) => !found.includes(path)),
    'no longer needed',
  ).toEqual([])
})

describe('what runs in a process beside its log', () => {
  const imports = projectImports()
  test.each([
    'server/gateway/main.ts',
    'server/intake/main.ts',
    'server/egress/main.ts',
    'server/keyd/main.ts',
    'server/keeper/main.ts',
    'server/processors/sandbox/server/main.ts',
    'demo/server/main.ts',
  ])('%s reaches no file of that list but server/log.ts', (entry) => {
    const reached = [...closure(imports, entry).keys()]
    expect(reached.filter((path) => path in allowed && path !== 'server/log.ts')).toEqual([])
  })
})

test.each([
  "console.log('x')",
  "import { log } from 'node:console'",
  'process.stdout.write(text)',
  "process['stderr'].write(text)",
  "process._rawDebug('x')",
  "const debug = debuglog('http')",
  'const log = pino({})',
  "import pino from 'pino'",
  'writeSync(1, text)',
  "appendFileSync('/dev/stderr', text)",
])('another way would be found: %s', (source) => {
  expect(writes(source)).toBe(true)
})
