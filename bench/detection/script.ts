/** What a browser loads of the detector: with English, and what each further language adds. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { minify } from 'terser'
import { bundled, type Size, size } from '../sizes.ts'

const root = join(import.meta.dirname, '..', '..')

/** As vite.config.ts builds what a page loads: both minifiers, one after the other. */
async function script(what: string, source: string, gzipMax?: number): Promise<Size> {
  const { code = '' } = await minify(await bundled(source), { module: true, ecma: 2020, compress: { passes: 3 } })
  return size(what, [code], gzipMax)
}

const language = (name: string): string => `import { ${name} } from './detect/words/${name}.ts'`

export async function measureScripts(): Promise<Size[]> {
  const english = `import { detectorFor } from './detect/detect.ts'; ${language('en')}; self.sallyport = detectorFor([en])`
  const others = readdirSync(join(root, 'detect', 'words'))
    .filter((name) => /^[a-z]{2}\.ts$/.test(name) && name !== 'en.ts')
    .map((name) => name.slice(0, 2))
  const all = await script(
    'the detector with every language',
    `import * as all from './detect/index.ts'; self.sallyport = all`,
  )
  const each = await Promise.all(
    others.map((name) => script(`language ${name} alone`, `${language(name)}; self.${name} = ${name}`)),
  )
  const heaviest = each.sort((one, other) => other.gzip - one.gzip).slice(0, 1)
  return [await script('the detector with English', english, 14 * 1024), all, ...heaviest]
}
