import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { canReach, databaseUser } from './system-user.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-user-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function passwd(...lines: string[]): string {
  const path = join(folder, 'passwd')
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
  return path
}
const nobody = 'nobody:x:65534:65533:nobody:/:/bin/false'

describe.runIf(process.getuid?.() === 0)('as root', () => {
  test('the database runs as postgres where the machine has that user, else as nobody', () => {
    expect(databaseUser(passwd(nobody, 'postgres:x:101:104::/:/bin/sh'), 0)).toEqual({
      name: 'postgres',
      uid: 101,
      gid: 104,
    })
    expect(databaseUser(passwd(nobody), 0)).toEqual({ name: 'nobody', uid: 65534, gid: 65533 })
  })

  test('a machine with neither, or with a postgres that is root, gets a sentence', () => {
    expect(() => databaseUser(passwd('root:x:0:0::/:/bin/sh', 'postgres:x:0:0::/:/bin/sh'), 0)).toThrow(
      'SALLYPORT_<ROLE>_DATABASE_URL',
    )
  })

  test('a folder is within reach when every folder above it may be entered', () => {
    const user = { name: 'nobody', uid: 65534, gid: 65533 }
    const inner = join(folder, 'a', 'b')
    mkdirSync(inner, { recursive: true, mode: 0o755 })
    chmodSync(folder, 0o755)
    expect(canReach(inner, user)).toBe(true)
    chmodSync(folder, 0o700)
    expect(canReach(inner, user)).toBe(false)
    chmodSync(folder, 0o710)
    expect(canReach(inner, user)).toBe(false)
    chownSync(folder, 0, user.gid)
    expect(canReach(inner, user)).toBe(true)
  })
})

test('as an ordinary user the database runs as ourselves', () => {
  expect(databaseUser('/nowhere', 1000)).toBe(null)
})
