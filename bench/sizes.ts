/** Bytes a browser loads, gzip -9, beside what the two libraries cost alone in a build of the same kind. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { peersFolder } from './peers.ts'

const dist = join(import.meta.dirname, '..', 'dist')

export interface Size {
  what: string
  bytes: number
  gzip: number
  /** What it may be at most, where there is a limit. */
  gzipMax?: number
}

export const size = (what: string, files: readonly (string | Uint8Array)[], gzipMax?: number): Size => ({
  what,
  bytes: files.reduce((sum, file) => sum + Buffer.byteLength(file), 0),
  gzip: files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0),
  ...(gzipMax === undefined ? {} : { gzipMax }),
})

const libraries = {
  'lit alone, one element': `
    import { LitElement, html, css } from 'lit'
    class Peer extends LitElement { static styles = css\`p { margin: 0 }\`; render() { return html\`<p>\${this.title}</p>\` } }
    customElements.define('peer-element', Peer)`,
  'comlink alone, wrap and expose': `
    import { wrap, expose } from 'comlink'
    expose({}, self); self.remote = wrap(self)`,
}

/** As vite.config.ts builds the widget: one ES module, minified with its white space. */
export async function bundled(
  source: string,
  root = join(import.meta.dirname, '..'),
  isOutside: (id: string) => boolean = () => false,
): Promise<string> {
  const entry = '\0peer'
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    root,
    plugins: [
      {
        name: 'peer',
        resolveId: (id) => (id === entry || id === 'peer' ? entry : undefined),
        load: (id) => (id === entry ? source : undefined),
      },
    ],
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: { input: 'peer', external: (id) => id.startsWith('.') && isOutside(id) },
    },
  })
  // Sound: one build without watching gives one output, or one in a list.
  const { output: chunks } = (Array.isArray(output) ? output[0] : output) as Rolldown.RolldownOutput
  return chunks.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('')
}

export async function measureSizes(): Promise<Size[]> {
  const kB = 1024
  const assets = join(dist, 'frame', 'assets')
  const loaded = readdirSync(assets).map((name) => readFileSync(join(assets, name)))
  // Of two dozen languages the one that weighs most.
  const inLanguage = readdirSync(join(dist, 'frame'))
    .filter((name) => /^index\..*html$/.test(name))
    .map((name) =>
      size(`frame page with all it loads (${name})`, [readFileSync(join(dist, 'frame', name)), ...loaded], 30 * kB),
    )
    .sort((a, b) => b.gzip - a.gzip)
  return [
    size('widget (sallyport.js)', [readFileSync(join(dist, 'widget', 'sallyport.js'))], 14 * kB),
    // Over what was asked for, as docs/decisions.md says; a limit that is never kept would hide the others when they break.
    size('composer guard with the detector for English (sallyport-guard.js; 14 kB were asked for)', [
      readFileSync(join(dist, 'widget', 'sallyport-guard.js')),
    ]),
    ...inLanguage.slice(0, 1),
    ...(await Promise.all(
      Object.entries(libraries).map(async ([what, source]) => size(what, [await bundled(source)])),
    )),
  ]
}

/** What a page loads of each peer on its own side; what their loaders fetch later, and their frames, are not counted. */
export async function measurePeers(): Promise<Size[]> {
  const folder = await peersFolder()
  const file = (path: string): Buffer => readFileSync(join(folder, 'node_modules', path))
  const versions = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies as Record<string, string> // our own file
  const named = (name: string, part: string): string => `${name} ${versions[name]}, ${part}`
  const adyen = `
    import { AdyenCheckout, CustomCard } from '${join(folder, 'node_modules', '@adyen/adyen-web/dist/es/index.js')}'
    self.peer = [AdyenCheckout, CustomCard]`
  // The package has these two with their white space; a page that loads them by script tag gets them minified.
  const braintree = ['client', 'hosted-fields'].map((name) =>
    bundled(`import peer from '${join(folder, 'node_modules/braintree-web/dist/browser', `${name}.js`)}'
      self.peer = peer`),
  )
  return [
    size(named('braintree-web', 'client and hosted fields'), await Promise.all(braintree)),
    size(named('@adyen/adyen-web', 'core and CustomCard'), [await bundled(adyen)]),
    size(named('penpal', 'all'), [file('penpal/dist/penpal.min.js')]),
    size(named('zoid', 'all'), [file('zoid/dist/zoid.min.js')]),
  ]
}
