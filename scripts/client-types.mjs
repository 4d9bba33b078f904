/**
 * The declarations of what is installed from a package, in `dist/types`. They stand alone: the compiler leaves our `.ts`
 * specifiers in them, which no project of default settings takes, and the shapes of protocol/ are zod's, whose own
 * declarations come along so that nobody has to install it for our types.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { pinnedNode } from './install.mjs'
import { root } from './root.mjs'
import { runQuietly } from './run.mjs'
import { SetupError } from './say.mjs'

const out = join(root, 'dist', 'types')
const zod = join(root, 'node_modules', 'zod')

export const typeEntries = [
  'agent/index',
  'testing/index',
  'protocol/index',
  'detect/index',
  'detect/english',
  ...readdirSync(join(root, 'detect', 'words'))
    .filter((name) => /^[a-z]{2}\.ts$/.test(name))
    .map((name) => `detect/words/${name.slice(0, 2)}`),
  'widget/index',
  'widget/define',
  'widget/guard/index',
  'widget/frameworks/attributes',
]

/** Written by hand, and each names a framework that whoever imports it has: the package itself needs none of them. */
const frameworks = ['react', 'vue', 'svelte']

export async function writeClientTypes() {
  const emitted = join(root, 'dist', '.types-emitted')
  rmSync(emitted, { recursive: true, force: true })
  mkdirSync(emitted, { recursive: true })
  const config = join(emitted, 'tsconfig.json')
  writeFileSync(config, JSON.stringify(configFor(emitted)))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { code, output } = await runQuietly(pinnedNode, [tsc, '-p', config], { cwd: root })
  if (code !== 0) throw new SetupError(`${output.trim()}\n\nThe types could not be written; the lines above say why.`)
  rmSync(out, { recursive: true, force: true })
  // From the entries on: what they only use inside needs no declaration, and Lit's would need Lit.
  const written = new Set()
  for (const entry of typeEntries) copy(emitted, `${entry}.d.ts`, written)
  for (const name of frameworks) copy(root, `widget/frameworks/${name}.d.ts`, written, [name])
  copyZod()
  rmSync(emitted, { recursive: true })
}

const configFor = (outDir) => ({
  extends: join(root, 'tsconfig.json'),
  compilerOptions: {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir,
    rootDir: root,
  },
  include: [],
  files: typeEntries.map((entry) => join(root, `${entry}.ts`)),
})

const specifier = /(\bfrom |\bimport\(|^import )(['"])([^'"]+)\2/gm

function copy(from, path, written, mayName = []) {
  if (written.has(path)) return
  written.add(path)
  const text = readFileSync(join(from, path), 'utf8').replace(specifier, (whole, before, quote, to) => {
    if (mayName.includes(to)) return whole
    if (to === 'zod/mini') return `${before}${quote}${relative(dirname(path), 'zod/v4/mini/index.js')}${quote}`
    if (!to.startsWith('.')) throw new SetupError(`${path} declares with ${to}, which its users would have to install.`)
    const file = to.replace(/\.ts$/, '')
    copy(from, join(dirname(path), `${file}.d.ts`), written)
    return `${before}${quote}${file}.js${quote}`
  })
  mkdirSync(dirname(join(out, path)), { recursive: true })
  writeFileSync(join(out, path), text)
}

function copyZod() {
  for (const folder of ['v4/core', 'v4/mini', 'v4/locales']) {
    mkdirSync(join(out, 'zod', folder), { recursive: true })
    for (const name of readdirSync(join(zod, folder))) {
      if (name.endsWith('.d.ts')) cpSync(join(zod, folder, name), join(out, 'zod', folder, name))
    }
  }
  cpSync(join(zod, 'LICENSE'), join(out, 'zod', 'LICENSE'))
}
