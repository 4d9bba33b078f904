/** There is one way to a log: `server/log.ts`, whose members are on a list. Every other way of writing is looked for here. */
import { describe, expect, test } from 'vitest'
import { closure, filesIn, isTest, projectImports, read } from './graph.ts'

const ways: readonly RegExp[] = [
  // The word alone, so that no other name for it helps: `const { log } = console`, `const say = console`.
  /\bconsole\b/,
  /\bprocess\b[\s)!]*\??\.\s*(stdout|stderr|_rawDebug|emitWarning|report)\b/,
  /\bprocess\b[\s)!]*(\?\.\s*)?\[/,
  // What is taken out of it, or it under another name.
  /\b(stdout|stderr|_rawDebug|emitWarning)\b[^{};=]*\}\s*=\s*(globalThis\s*\??\.\s*)?process\b/,
  /(?:[\w$]\s*=|[(,:?])\s*(globalThis\s*\??\.\s*)?process\s*(?=[,;)}\n]|$)/,
  /(['"]node:|\b(from|import|require|getBuiltinModule)\b\s*\(?\s*['"])(process|tty|repl|inspector|diagnostics_channel|trace_events)\b/,
  /\bdebuglog\b|\butil\s*\??\.\s*debug\b/,
  /\bpino\s*[.(]|from ['"]pino/,
  // A file by its number: 1 and 2 are the process's own.
  /\b(write|writev|writeFile|appendFile|createWriteStream)(Sync)?\s*\(\s*[12]\s*[,)]/,
  /\bfd\b['"]?\s*[:=]\s*[12]\b/,
  /\/dev\/(stdout|stderr|fd|tty|console|pts)\b/,
  /\/proc\/[^'"\n]*\/fd\b|['"`}]\/fd\b/,
  /\bWriteStream\s*\(/,
]

/** What writes for a person at a terminal, or in their own browser; none of it runs where a card is. */
const allowed: Readonly<Record<string, string>> = {
  'server/log.ts': 'the one way',
  'server/supervisor/run.ts': "the supervisor's own lines: names, times and sentences of ours",
  'server/supervisor/migrate-command.ts': 'which files of the schema ran',
  'server/cli.ts': 'the usage of the command, and the sentence of an error',
  'server/init/command.ts': 'what a command did',
  'server/admin/reconcile-command.ts': 'which charges a comparison found, by their ids',
  'server/admin/command.ts': 'what a command did; a key is shown once, to whoever asked for it',
  'server/auditor/command.ts': 'what an auditor asked for: verdicts, proofs and public keys',
  'server/doctor/command.ts': 'what a command found',
  'server/restore/command.ts': 'what a backup and a restore did, and what comes next',
  'server/restore/progress-line.ts': 'how far they are',
  'server/scan/command.ts': 'places of what a scan found, and names of files; no content',
  'server/scan/explain-command.ts': 'why a rule fired, with shapes in place of digits',
  'widget/explain.ts': "one sentence for the page's developer, in the browser: two addresses, and nothing of the form",
}

/** Strings are stepped over, so that a slash and a star in one hide nothing that comes after it. */
const withoutComments = (source: string): string =>
  source.replace(/('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/.*$/gm, '$1')
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
    'server/screen/main.ts',
    'server/processors/sandbox/server/main.ts',
    'demo/server/main.ts',
  ])('%s reaches no file of that list but server/log.ts', (entry) => {
    const reached = [...closure(imports, entry).keys()]
    expect(reached.filter((path) => path in allowed && path !== 'server/log.ts')).toEqual([])
  })
})

test.each([
  "console.log('x')",
  'const { log } = console',
  'const say = console',
  "globalThis['console']",
  "import { log } from 'node:console'",
  'process.stdout.write(text)',
  'process?.stdout?.write(text)',
  'process!.stderr.write(text)',
  "process['stderr'].write(text)",
  "process?.['stderr'].write(text)",
  'const { stdout } = process',
  'const { env, stderr: out } = globalThis.process',
  'const own = process',
  'sayTo(process)',
  "import { stdout } from 'node:process'",
  "import own from 'process'",
  "process._rawDebug('x')",
  'process.report.writeReport()',
  "const debug = debuglog('http')",
  'const log = pino({})',
  "import pino from 'pino'",
  'writeSync(1, text)',
  'writeFileSync(1, text)',
  'appendFileSync(2, text)',
  'fs.write(1, text, done)',
  'await writeFile(2, text)',
  "createWriteStream('', { fd: 2 })",
  'new Socket({ fd: 1 })',
  "appendFileSync('/dev/stderr', text)",
  "openSync('/proc/self/fd/1', 'w')",
  'openSync("/proc/" + pid + "/fd/2", "w")',
  'new tty.WriteStream(1)',
  "import { WriteStream } from 'node:tty'",
  "import { Session } from 'node:inspector/promises'",
  "process.getBuiltinModule('tty')",
  "const accept = '*/*'; writeSync(1, text) /* why */",
])('another way would be found: %s', (source) => {
  expect(writes(source)).toBe(true)
})

test.each([
  '// console.log',
  '/* process.stdout */',
  'child.stdout.on("data", take)',
  'const { stdout } = await run(command)',
  'response.write(text)',
  'writeFileSync(join(folder, name), text)',
  'writeSync(file, text)',
  'const listen = { fd: lentFd }',
  'readFileSync("/proc/" + pid + "/stat")',
  'const { uid, gid } = processUsers[name]',
  'const { pid } = process',
  'process.exit(1)',
  "const state = 'processing'",
  "const walls = ['inspector', 'process', 'tty']",
])('no false alarm: %s', (source) => {
  expect(writes(source)).toBe(false)
})
