import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readPassphrase } from './passphrase.ts'

const passphrase = 'correct horse battery staple'
let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pass-'))
  path = join(folder, 'passphrase')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (content: string | Buffer, mode = 0o600): void => writeFileSync(path, content, { mode })

test.each(['', '\n', '\r\n'])('is one line of a file of mode 0600, without its end %j', (end) => {
  write(`${passphrase}${end}`)
  expect(readPassphrase(`file:${path}`).toString()).toBe(passphrase)
})

test('is read from an open descriptor, and from a link to a file that is ours alone', () => {
  write(passphrase, 0o400)
  const fd = openSync(path, 'r')
  expect(readPassphrase(`fd:${fd}`).toString()).toBe(passphrase)
  closeSync(fd)
  symlinkSync(path, join(folder, 'link'))
  expect(readPassphrase(`file:${join(folder, 'link')}`).toString()).toBe(passphrase)
})

test('is waited for where a pipe has nothing yet', () => {
  const reader = `import { readPassphrase } from '${import.meta.dirname}/passphrase.ts'; console.log(readPassphrase('fd:0').length)`
  const shell =
    '(sleep 0.3; printf "correct horse "; sleep 0.3; echo "battery staple") | "$0" --input-type=module -e "$1"'
  const { stdout } = spawnSync('/bin/sh', ['-c', shell, process.execPath, reader], { encoding: 'utf8' })
  expect(stdout.trim()).toBe(String(passphrase.length))
})

test.each([
  [0o640, 'has the mode 640'],
  [0o604, 'has the mode 604'],
])('a file of mode %o is refused with what to do, and nothing of it is repeated', (mode, says) => {
  write(passphrase, mode)
  const use = (): unknown => readPassphrase(`file:${path}`)
  expect(use).toThrow(says)
  expect(use).toThrow('seal the key store with another one, in a file of mode 0600')
  expect(use).not.toThrow('horse')
})

test.each([
  ['nothing', ''],
  ['an empty line', '\n'],
  ['two lines', 'correct horse battery\nstaple'],
  ['bytes that nobody types', Buffer.from([0x63, 0, 0x64])],
  ['more than 1024 bytes', 'x'.repeat(1_025)],
])('a file with %s is refused', (_, content) => {
  write(content)
  expect(() => readPassphrase(`file:${path}`)).toThrow('must be one line of text, 1024 bytes at most')
})

test('what is not there, is a folder, or is not open is refused by its name', () => {
  expect(() => readPassphrase(`file:${path}`)).toThrow('is not there, or not ours to open')
  mkdirSync(path)
  expect(() => readPassphrase(`file:${path}`)).toThrow('must be a file')
  expect(() => readPassphrase('fd:999')).toThrow('the file descriptor 999 is not open')
  const terminal = openSync('/dev/null', 'r')
  expect(() => readPassphrase(`fd:${terminal}`)).toThrow('is not typed')
  closeSync(terminal)
})
