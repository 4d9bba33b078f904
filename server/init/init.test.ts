import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { initHome } from './init.ts'

let home: string
beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), 'sallyport-init-')), 'home')
})
afterEach(() => {
  rmSync(join(home, '..'), { recursive: true, force: true })
})

/** Every path below the home with its mode and, for files, what is in it. */
function everything(folder = home): Map<string, string> {
  const found = new Map<string, string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const mode = (statSync(path).mode & 0o777).toString(8)
    found.set(path.slice(home.length + 1), entry.isFile() ? `${mode} ${readFileSync(path, 'utf8')}` : mode)
  }
  return found
}

describe('sallyport init', () => {
  test('makes folders for the owner alone and files for the owner alone', async () => {
    await initHome(home, 'sandbox')
    expect((statSync(home).mode & 0o777).toString(8)).toBe('700')
    for (const [path, content] of everything())
      expect([path, content.split(' ')[0]]).toEqual([path, path.includes('.json') ? '600' : '700'])
  })

  test('run again it changes nothing', async () => {
    const first = await initHome(home, 'sandbox')
    const before = everything()
    const second = await initHome(home, 'sandbox')
    expect(everything()).toEqual(before)
    expect([first.made, second.made]).toEqual([true, false])
    expect(second.tenant).toEqual(first.tenant)
  })

  test('two at once end with one set of secrets', async () => {
    const [a, b] = await Promise.all([initHome(home, 'sandbox'), initHome(home, 'sandbox')])
    expect(a.secrets).toEqual(b.secrets)
    expect(a.deployment.id).toBe(b.deployment.id)
  })

  test('the tenant file has the four documented members, of the mode', async () => {
    const { tenant } = await initHome(home, 'sandbox')
    expect(Object.keys(tenant ?? {})).toEqual(['tenant', 'publishable_key', 'secret_key', 'webhook_secret'])
    expect(tenant?.tenant).toMatch(/^ten_[a-z]{26}$/)
    expect(tenant?.publishable_key).toMatch(/^pk_test_[a-z]{26}$/)
    expect(tenant?.secret_key).toMatch(/^sk_test_[a-z]{26}$/)
    expect(tenant?.webhook_secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  })

  test('no two secrets are the same', async () => {
    const { secrets } = await initHome(home, 'sandbox')
    const strings: string[] = []
    const walk = (value: unknown): void => {
      if (typeof value === 'string' && value.length >= 32) strings.push(value)
      else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk)
    }
    walk(secrets)
    expect(strings.length).toBeGreaterThan(30)
    expect(new Set(strings).size).toBe(strings.length)
  })

  test('the mode is fixed: another one is refused', async () => {
    await initHome(home, 'sandbox')
    await expect(initHome(home, 'live')).rejects.toThrow('was made for the mode sandbox, which is fixed')
  })

  test.each([
    ['secrets.json', 0o640],
    ['tenant.json', 0o604],
    ['deployment.json', 0o620],
    ['keys', 0o750],
    ['.', 0o755],
  ])('refuses %s with the mode %o, and says what to do', async (name, mode) => {
    await initHome(home, 'sandbox')
    chmodSync(join(home, name), mode)
    await expect(initHome(home, 'sandbox')).rejects.toThrow(/others may|mode/)
  })

  test('refuses a link in the place of a folder', async () => {
    mkdirSync(home, { mode: 0o700 })
    mkdirSync(join(home, '..', 'elsewhere'), { mode: 0o700 })
    symlinkSync(join(home, '..', 'elsewhere'), join(home, 'keys'))
    await expect(initHome(home, 'sandbox')).rejects.toThrow('is a symbolic link')
  })
})
