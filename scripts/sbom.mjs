/**
 * `npm run sbom`: what a deployment consists of, as CycloneDX, in dist/sbom.cdx.json. npm writes it from the lock file
 * alone, without the network, so that it is the same on every machine. Which packages are development's is read from the
 * lock file here: npm's own `--omit=dev` also leaves out what development and a deployment share.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './root.mjs'
import { runQuietly } from './run.mjs'
import { giveUp, say, SetupError } from './say.mjs'

const path = process.argv[2] ?? join(root, 'dist', 'sbom.cdx.json')
const flags = ['--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only', '--offline']
const readJson = (name) => JSON.parse(readFileSync(join(root, name), 'utf8'))

try {
  const { code, output } = await runQuietly('npm', ['sbom', ...flags, '--loglevel=silent'], { cwd: root })
  if (code !== 0 || !output.startsWith('{')) {
    throw new SetupError('`npm sbom` did not succeed: it needs npm 10.2 or newer and a package-lock.json.')
  }
  const document = JSON.parse(output)
  const { name, version } = readJson('package.json')
  // npm takes the folder's name, which is whatever the clone is called.
  Object.assign(document.metadata.component, { name, version })
  const runs = new Set(
    Object.entries(readJson('package-lock.json').packages)
      .filter(([at, { dev }]) => at !== '' && dev !== true)
      .map(([at, locked]) => `${at.replace(/^.*node_modules\//, '')}@${locked.version}`),
  )
  document.components = document.components.filter((one) => runs.has(`${one.name}@${one.version}`))
  const kept = new Set([document.metadata.component['bom-ref'], ...document.components.map((one) => one['bom-ref'])])
  document.dependencies = document.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`)
  say(`${path}: ${document.components.length} packages`)
} catch (error) {
  giveUp(error)
}
