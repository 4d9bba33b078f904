import { expect, test } from 'vitest'
import { filesIn, isTest, read } from './graph.ts'

const shipped = filesIn().filter((path) => !isTest(path))
const offenders = (paths: readonly string[], pattern: RegExp): string[] =>
  paths.filter((path) => pattern.test(read(path)))

test('the environment is read in the files of this list alone', () => {
  const allowed = [
    'server/config.ts',
    'server/settings.ts',
    // The two processes outside of the five read the one variable that names their configuration.
    'server/processors/sandbox/server/main.ts',
    'demo/server/config.ts',
    // Reads nothing: it sets what an HSM's module reads, by the names in the key store's URL.
    'server/keys/pkcs11-session.ts',
  ]
  expect(offenders(shipped, /process\.env\b/).filter((path) => !allowed.includes(path))).toEqual([])
})

test('nothing that ships writes HTML from strings, evaluates code or sets a style attribute', () => {
  const pages = filesIn(['widget', 'frame', 'demo'], /\.(ts|html)$/).filter((path) => !isTest(path))
  const patterns = [
    /\.(inner|outer)HTML\s*=/,
    /insertAdjacentHTML/,
    /document\.write\b/,
    /\beval\(/,
    /new Function\b/,
    /\ssrcdoc=/,
    /\sstyle="/,
  ]
  expect(patterns.flatMap((pattern) => offenders(pages, pattern).map((path) => `${path}: ${pattern}`))).toEqual([])
})

test('what a merchant’s tests import ships, and is looked at like the rest', () => {
  expect(shipped.filter((path) => path.startsWith('testing/'))).toEqual(['testing/cards.ts', 'testing/index.ts'])
  expect(isTest('server/testing/frame.ts') && isTest('testing/cards.test.ts')).toBe(true)
})

test('nothing that ships prints to a console', () => {
  // The widget says one sentence to whoever builds a page, with a test key alone.
  const pages = shipped.filter(
    (path) => path !== 'widget/explain.ts' && !/^server\/(cli|supervisor\/run)\.ts$/.test(path),
  )
  expect(offenders(pages, /\bconsole\.(log|info|debug|warn|error)\(/)).toEqual([])
})

test('no note of unfinished work and no path of one machine is left in the project', () => {
  const marks = new RegExp(['TO' + 'DO', 'FIX' + 'ME'].map((mark) => `\\b${mark}`).join('|'))
  const paths = /(?<![\w.])\/(work|root|home|Users)\/[a-z]/
  const all = [...filesIn(), ...filesIn(['docs', 'scripts', 'examples'], /\.(md|mjs|ts|html|css|sql)$/), 'README.md']
  expect(offenders(all.filter(exists), marks)).toEqual([])
  expect(offenders(all.filter(exists), paths)).toEqual([])
})

test('a source file stays below four hundred lines', () => {
  const long = shipped.map((path) => [path, read(path).split('\n').length] as const).filter(([, lines]) => lines > 400)
  expect(long).toEqual([])
})

function exists(path: string): boolean {
  try {
    read(path)
    return true
  } catch {
    return false
  }
}
