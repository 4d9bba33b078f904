import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { guardLanguages } from '../widget/guard/translations.ts'

/** A project of somebody else's: another Node than the pinned one, no network, the compiler's own defaults but strict. */
let project: string
let installed: string
const root = join(import.meta.dirname, '..')
const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))

function run(command: string, ...args: string[]): { status: number | null; output: string } {
  const env = { PATH: path.join(delimiter), HOME: project }
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: project, encoding: 'utf8', env })
  return { status, output: stdout + stderr }
}
const runModule = (code: string) => run('node', '--input-type=module', '-e', code)

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'sallyport-consumer-'))
  installed = join(project, 'node_modules', 'sallyport')
  const { packClient }: { packClient(to: string): Promise<string> } = await import(join(root, 'scripts', 'pack.mjs'))
  const tarball = await packClient(project)
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  const { status, output } = run('npm', 'install', '--offline', '--no-audit', '--no-fund', tarball)
  expect(output).not.toContain('ERR')
  expect(status).toBe(0)
}, 120_000)
afterAll(() => rmSync(project, { recursive: true, force: true }))

describe('the packed client', () => {
  test('brings nothing of the server, no other package and no script that runs when it is installed', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
    expect(Object.keys(manifest).sort()).toEqual([
      'customElements',
      'engines',
      'exports',
      'license',
      'name',
      'sideEffects',
      'type',
      'version',
    ])
    expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['sallyport'])
    const files = readdirSync(installed, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const guardWords = join(installed, 'dist', 'widget', 'guard')
    const others = files.filter(({ name, parentPath }) => !/\.(js|d\.ts)$/.test(name) && parentPath !== guardWords)
    expect(others.map(({ name }) => name).sort()).toEqual(['LICENSE', 'custom-elements.json', 'package.json'])
    // What the composer guard says and knows in other languages, and nothing beside it.
    const languages = guardLanguages.map(({ lang }) => `${lang}.json`)
    expect(readdirSync(guardWords).sort()).toEqual(languages.sort())
    const { modules } = JSON.parse(readFileSync(join(installed, manifest.customElements), 'utf8'))
    const paths: string[] = modules.map(({ path }: { path: string }) => path)
    expect(paths.filter((path) => !existsSync(join(installed, path)))).toEqual([])
  })

  test('is imported by every entry in plain Node', () => {
    const { status, output } = runModule(`
      import { createSallyport, SallyportError } from 'sallyport/agent'
      import { cards, fillCard } from 'sallyport/testing'
      import * as protocol from 'sallyport/protocol'
      import { luhn } from 'sallyport/detect'
      import { SallyportCapture } from 'sallyport'
      import 'sallyport/define'
      for (const framework of ['react', 'vue', 'svelte']) await import('sallyport/' + framework)
      const sallyport = createSallyport({ baseUrl: 'http://127.0.0.1:1', secretKey: 'sk_test_' + 'a'.repeat(26), retriesMax: 0 })
      const error = await sallyport.captures.list({ conversation: 'a' }).catch((error) => error)
      console.log(JSON.stringify([error instanceof SallyportError, protocol.isErrorCode(error.code),
        luhn(cards.visa.number), typeof fillCard, typeof SallyportCapture, protocol.parseEvent.length > 0]))`)
    expect([status, output.trim()]).toEqual([0, '[true,true,true,"function","function",true]'])
  })

  test('type-checks in a strict project that asks for nothing else, declarations included', () => {
    // Wrong uses stand in it as well, each of which the compiler has to find.
    expect(compile(consumer)).toBe('')
  }, 60_000)
})

const consumer = `
  import { createSallyport, type CaptureAnswer, type SallyportEvent, SallyportError } from 'sallyport/agent'
  import { cards, fillCard, type PageLike } from 'sallyport/testing'
  import { type CreateChargeRequest, captureAnswer, errors } from 'sallyport/protocol'
  import { brandOf } from 'sallyport/detect'
  import { type CaptureResult, SallyportCapture } from 'sallyport'
  import type { CaptureCompleteEvent } from 'sallyport/define'
  export const sallyport = createSallyport({ baseUrl: 'https://pay.example', secretKey: '' })
  export const capture: CaptureAnswer = await sallyport.test.complete('cap_x', { card: 'insufficientFunds' })
  for await (const event of sallyport.events()) { const { type }: SallyportEvent = event; console.log(type) }
  export const charge: CreateChargeRequest = { token: 'tok', amount_minor: 1, currency: 'EUR' }
  export const parsed: string = captureAnswer.parse({}).id
  export const say: string = errors['channel.blocked'].say + String(brandOf('4242')) + new SallyportError('auth.forbidden').code
  export const pay = (page: PageLike) => fillCard(page, cards.insufficientFunds)
  export const element = document.querySelector('sallyport-capture')
  export const result: CaptureResult | undefined = await element?.request({ captureId: 'cap_x', clientSecret: 'y' })
  element?.addEventListener('sallyport:complete', ({ token, last4 }: CaptureCompleteEvent) => console.log(token, last4))
  export class Mine extends SallyportCapture {}
  // @ts-expect-error the API's own names are not the element's
  element?.request({ id: 'cap_x', client_secret: 'y' })
  // @ts-expect-error no token, no amount
  await sallyport.charges.create({})
  // @ts-expect-error no such card
  await sallyport.test.complete('cap_x', { card: 'gold' })
`

/** What the compiler says; empty when it is content. */
function compile(code: string): string {
  mkdirSync(join(project, 'src'), { recursive: true })
  writeFileSync(join(project, 'src', 'index.ts'), code)
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2023',
    noEmit: true,
    types: [],
    skipLibCheck: false,
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }))
  const { status, output } = run('node', join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', project)
  return status === 0 ? '' : output
}
