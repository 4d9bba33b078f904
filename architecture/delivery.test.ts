/** What a customer's browser runs, file by file: built twice to the same bytes, and each script on the list with its reason. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { read, root } from './graph.ts'

const run = promisify(execFile)

function bytesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    names
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path).toString('base64')]),
  )
}

describe('complaint 11: the build', () => {
  test.each([
    ['widget', ['widget', 'guard']],
    ['frame', ['frame']],
  ])(
    '%s: gives the same bytes a second time, in another folder',
    async (folder, modes) => {
      const again = mkdtempSync(join(tmpdir(), 'sallyport-build-'))
      try {
        const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
        for (const mode of modes)
          await run(process.execPath, [vite, 'build', '--mode', mode, '--outDir', again, '--logLevel', 'error'], {
            cwd: root,
          })
        const [first, second] = [bytesOf(join(root, 'dist', folder)), bytesOf(again)]
        expect(Object.keys(second).sort()).toEqual(Object.keys(first).sort())
        for (const [path, bytes] of Object.entries(first)) expect(second[path] === bytes, path).toBe(true)
      } finally {
        rmSync(again, { recursive: true, force: true })
      }
    },
    60_000,
  )
})

/** PCI DSS 6.4.3: every script of a payment page is on a list, with the reason for it. */
describe('the list of scripts', () => {
  const page = read('docs/delivery.md')
  const rows = [...page.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|/gm)].map(([, path = '', , why = '']) => ({
    path: new RegExp(
      `^${path.replaceAll('.', '\\.').replaceAll('<hash>', '[\\w-]{8}').replaceAll('<version>', '[\\d.]+')}$`,
    ),
    why,
  }))
  const loaded = (html: string): string[] =>
    [...html.matchAll(/<script[^>]*\ssrc="([^"]+)"|<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"/g)].map(
      ([, script, style]) => script ?? style ?? '',
    )

  test('has each file that a page of the capture origin loads, and a reason for each', () => {
    const pages = readdirSync(join(root, 'dist', 'frame')).filter((name) => name.endsWith('.html'))
    const files = pages.flatMap((name) => loaded(read(`dist/frame/${name}`)))
    expect(files.length).toBeGreaterThan(0)
    for (const file of new Set(files)) expect(rows.filter(({ path }) => path.test(file)).length, file).toBe(1)
    for (const { why } of rows) expect(why.trim().length).toBeGreaterThan(20)
  })

  test('would miss a script that nobody wrote down (control)', () => {
    const [planted] = loaded('<script type="module" src="/assets/tracker.js"></script>')
    expect(rows.filter(({ path }) => path.test(planted ?? ''))).toEqual([])
  })
})
