/** Who imports whom: the project's files and their import statements, read as text. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

export const root = join(import.meta.dirname, '..')

export interface Import {
  from: string
  /** A file of the project (`server/log.ts`), or a package or Node's own (`zod/mini`, `node:fs`). */
  to: string
  /** `import type`: gone before anything runs. */
  typeOnly: boolean
}

/** Comments go first; a `//` inside a string is kept, since a line comment needs a space or line start before it. */
const withoutComments = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')

const statement = /^[ \t]*(?:import|export)\b([^'"`;()]*?)\bfrom\s*['"]([^'"]+)['"]|^[ \t]*import\s*['"]([^'"]+)['"]/gm
const dynamic = /(?<!['"`\w.])import\(\s*['"]([^'"]+)['"]\s*\)/g

export function readImports(from: string, source: string): Import[] {
  const text = withoutComments(source)
  const found: Import[] = []
  for (const [, clause = '', named, bare] of text.matchAll(statement)) {
    found.push({ from, to: resolve(from, named ?? bare ?? ''), typeOnly: isTypeOnly(clause) })
  }
  for (const [, specifier = ''] of text.matchAll(dynamic)) {
    found.push({ from, to: resolve(from, specifier), typeOnly: false })
  }
  return found
}

/** `import type …`, and `import { type A, type B }`, whose names are all types. */
function isTypeOnly(clause: string): boolean {
  const text = clause.trim()
  if (/^type\b/.test(text)) return true
  const names = /^\{([^}]*)\}$/.exec(text)?.[1]
  if (names === undefined) return false
  const list = names.split(',').map((name) => name.trim())
  return list.filter((name) => name !== '').every((name) => name.startsWith('type '))
}

const resolve = (from: string, specifier: string): string =>
  specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : specifier

/** Folders with code of ours, as tsconfig.json has them. */
export const folders = [
  'protocol',
  'detect',
  'crypto',
  'widget',
  'frame',
  'server',
  'agent',
  'demo',
  'e2e',
  'bench',
  'architecture',
  'testing',
] as const

/** A folder `testing/` below another is tools of tests; the one at the top is what a merchant's tests import, and ships. */
export const isTest = (path: string): boolean =>
  /\.(test|spec|soak)\.ts$/.test(path) ||
  /\/(testing|hostile)\/./.test(path) ||
  /^(e2e|bench|architecture)\//.test(path)

/** What is installed and built below examples/ is not ours to read. */
const foreign = /(^|\/)node_modules$|^examples\/dist$/

/** Paths of all files of these folders, with `/`, from the project's folder. */
export function filesIn(names: readonly string[] = folders, pattern = /\.ts$/): string[] {
  return names.flatMap((name) => {
    if (!existsSync(join(root, name)) || foreign.test(name)) return []
    const entries = readdirSync(join(root, name), { withFileTypes: true })
    const own = entries.filter((entry) => entry.isFile()).map((entry) => posix.join(name, entry.name))
    const below = entries.filter((entry) => entry.isDirectory()).map((entry) => posix.join(name, entry.name))
    return [...own.filter((path) => pattern.test(path)), ...filesIn(below, pattern)].sort()
  })
}

export const read = (path: string): string => readFileSync(join(root, path), 'utf8')

export const projectImports = (): Import[] => filesIn().flatMap((path) => readImports(path, read(path)))

function groupByFile(imports: readonly Import[]): Map<string, Import[]> {
  const byFile = new Map<string, Import[]>()
  for (const one of imports) byFile.set(one.from, [...(byFile.get(one.from) ?? []), one])
  return byFile
}

/** Everything that runs when `entry` does, with the way there: `entry → … → what`. */
export function closure(imports: readonly Import[], entry: string): Map<string, string[]> {
  const byFile = groupByFile(imports.filter((one) => !one.typeOnly))
  const ways = new Map<string, string[]>([[entry, [entry]]])
  const queue = [entry]
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    for (const { to } of byFile.get(file) ?? []) {
      if (ways.has(to)) continue
      ways.set(to, [...(ways.get(file) ?? []), to])
      queue.push(to)
    }
  }
  return ways
}

/** The first circle that is found, as the files on it; null when there is none. */
export function findCycle(imports: readonly Import[]): string[] | null {
  const byFile = groupByFile(imports)
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return null
    path.push(file)
    for (const { to } of byFile.get(file) ?? []) {
      const cycle = visit(to)
      if (cycle !== null) return cycle
    }
    path.pop()
    done.add(file)
    return null
  }
  for (const file of byFile.keys()) {
    const cycle = visit(file)
    if (cycle !== null) return cycle
  }
  return null
}
