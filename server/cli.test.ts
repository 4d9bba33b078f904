/** The command line from outside: each command says what it is for and does nothing else when asked for help. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (...args: string[]): Promise<{ code: number; out: string; said: string }> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], SALLYPORT_HOME: join(folder, 'home') }
    const cli = join(import.meta.dirname, 'cli.ts')
    execFile(process.execPath, [cli, ...args], { env, timeout: 30_000 }, (error, out, said) =>
      resolve({ code: Number(error?.code ?? 0), out, said }),
    )
  })

describe('--help', () => {
  test.each(['init', 'start', 'doctor', 'tenant', 'admin'])(
    'of %s says how it is written, and does nothing',
    async (name) => {
      const { code, out } = await run(name, '--help')
      expect(code).toBe(0)
      expect(out).toContain(name)
      expect(readdirSync(folder)).toEqual([])
    },
  )
  test('is what keeps init from making a home (control)', async () => {
    expect((await run('init')).code).toBe(0)
    expect(readdirSync(folder)).toEqual(['home'])
  })
})

test('a word that is no command is said to be none, before the commands that there are', async () => {
  const { code, said } = await run('backpu')
  expect([code, said.split('\n')[0]]).toEqual([2, 'There is no such command. These are:'])
  expect(said).toContain('backup')
})
