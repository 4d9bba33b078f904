import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }

interface Component {
  name: string
  version: string
  hashes?: { alg: string; content: string }[]
  licenses?: unknown[]
}
let document: { bomFormat: string; specVersion: string; metadata: { component: Component }; components: Component[] }
const folder = mkdtempSync(join(tmpdir(), 'sallyport-sbom-'))

beforeAll(async () => {
  const path = join(folder, 'sbom.json')
  // A registry that nobody answers for: the document is made from the lock file alone.
  const env = { PATH: process.env['PATH'], HOME: folder, npm_config_registry: 'http://127.0.0.1:9' }
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'sbom.mjs'), path], { env })
  document = JSON.parse(readFileSync(path, 'utf8'))
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the SBOM is CycloneDX and names this project', () => {
  expect(document).toMatchObject({ bomFormat: 'CycloneDX', specVersion: expect.stringMatching(/^1\.\d$/) })
  expect(document.metadata.component).toMatchObject({ name: manifest.name, version: manifest.version })
})

test('it lists every package of the lock file that is not for development, with version and hash, and no other', () => {
  const lock: { packages: Record<string, { version: string; dev?: boolean; devOptional?: boolean }> } = JSON.parse(
    readFileSync(join(import.meta.dirname, '..', 'package-lock.json'), 'utf8'),
  )
  const locked = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && dev !== true)
  const wanted = locked.map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`)
  expect(wanted).toEqual(expect.arrayContaining(Object.entries(manifest.dependencies).map((pair) => pair.join('@'))))
  expect(document.components.map(({ name, version }) => `${name}@${version}`).sort()).toEqual(wanted.sort())
  const unhashed = document.components.filter(({ hashes }) => !/^[0-9a-f]{128}$/.test(hashes?.[0]?.content ?? ''))
  expect(unhashed).toEqual([])
})
