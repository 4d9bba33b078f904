/**
 * What browsers and agents load, one target a mode: `vite build --mode widget`. `scripts/build.mjs` runs all of them.
 * The widget is one file: SRI does not cover what a module imports.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { minify } from 'terser'
import { defineConfig, mergeConfig, type Plugin, type UserConfig } from 'vite'
import { allLanguages } from './detect/words/all.ts'
import { fieldsMarkup, fieldsPlace } from './frame/fields/markup.ts'
import { en } from './frame/words/en.ts'
import { languages } from './frame/words/languages.ts'
import { pageIn, standsInHtml } from './frame/words/page.ts'
import { commandEntries, processEntries, screenEntry } from './server/process-entries.ts'
import { guardLanguages } from './widget/guard/translations.ts'

const root = import.meta.dirname
// Whatever the shell says: a library that builds differently for tests would change the published hash.
process.env['NODE_ENV'] = 'production'
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const shared: UserConfig = {
  publicDir: false,
  define: { __SALLYPORT_VERSION__: JSON.stringify(version) },
}

/**
 * A fortieth of what a phone loads: terser finds in Vite's minified code what Vite's own minifier leaves. Alone, each of
 * the two gives the same size.
 */
const smallest: Plugin = {
  name: 'sallyport-smallest',
  enforce: 'post',
  async generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'chunk') continue
      const { code } = await minify(file.code, { module: true, ecma: 2020, compress: { passes: 3 } })
      if (code === undefined) throw new Error(`nothing was left of ${file.fileName}`)
      file.code = code
    }
  },
}

/** `build.lib` would leave white space in an ES module (17.7 kB against 15.7), so the entry is given as an input. */
const oneFile = (entry: string, outDir: string, file: string): UserConfig => ({
  ...shared,
  root,
  build: {
    outDir: join(root, outDir),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: join(root, entry),
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: file, codeSplitting: false },
    },
  },
})

/** A page with its own files beside it; nothing is inlined, so that `script-src 'self'` is enough. */
const page = (folder: string, outDir: string, files = ['index.html']): UserConfig => ({
  ...shared,
  root: join(root, folder),
  base: '/',
  build: {
    outDir: join(root, outDir),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: { input: files.map((file) => join(root, folder, file)) },
  },
})

/**
 * `dist/widget/sri.json`: the version and, for each script, the hash that its tag's `integrity` takes. What a script loads
 * later has its hash inside the script, and is not in here.
 */
const writeHashes = (file: string): Plugin => ({
  name: 'sallyport-sri',
  writeBundle({ dir }) {
    if (dir === undefined) throw new Error('the scripts are written to a folder')
    const hash = createHash('sha384')
      .update(readFileSync(join(dir, file)))
      .digest('base64')
    const list = join(dir, 'sri.json')
    const before = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')).files : {}
    const files = { ...before, [file]: `sha384-${hash}` }
    writeFileSync(list, `${JSON.stringify({ version, files }, null, 2)}\n`)
  },
})

/** `guard/de.json` for each language but English, as the guard's script loads it: by a hash that is inside the script. */
const guardFiles: Readonly<Record<string, string>> = Object.fromEntries(
  guardLanguages.map((language) => [language.lang, JSON.stringify(language)]),
)
const writeGuardLanguages: Plugin = {
  name: 'sallyport-guard-languages',
  generateBundle() {
    for (const [lang, source] of Object.entries(guardFiles))
      this.emitFile({ type: 'asset', fileName: `guard/${lang}.json`, source })
  },
}

/**
 * The name of the rules is for findings that are kept and replayed; the guard keeps none, and it costs a kilobyte. Nor does
 * it hand turns on with their ends crossed out, which is for a model.
 */
const guardUnused: Readonly<Record<string, string>> = {
  '/detect/ruleset.ts': "export const rulesetOf = () => ''",
  '/detect/cross-out.ts': 'export const crossedPlaces = () => []',
}
const onlyOfGuard: Plugin = {
  name: 'sallyport-only-of-guard',
  enforce: 'pre',
  load(id) {
    return Object.entries(guardUnused).find(([path]) => id.endsWith(path))?.[1] ?? null
  },
}

function guard(): UserConfig {
  // Beside the widget, which is built first.
  const config = oneFile('widget/guard/script.ts', 'dist/widget', 'sallyport-guard.js')
  const hashes = Object.entries(guardFiles).map(([lang, source]) => {
    const hash = createHash('sha256').update(source).digest('base64')
    return [lang, `sha256-${hash}`]
  })
  return {
    ...config,
    build: { ...config.build, emptyOutDir: false },
    define: { ...config.define, __SALLYPORT_GUARD_FILES__: JSON.stringify(Object.fromEntries(hashes)) },
    plugins: [onlyOfGuard, smallest, writeGuardLanguages, writeHashes('sallyport-guard.js')],
  }
}

/** A name for exactly this frame: the hash of everything it is made from. It is bound into what the frame seals. */
function frameBuild(): string {
  const hash = createHash('sha256')
  for (const folder of ['crypto', 'detect', 'frame', 'protocol']) {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort()
    for (const name of names) {
      if (!/\.(ts|html|css)$/.test(name) || /\.test\.|\.soak\.|(^|[\\/])testing[\\/]/.test(name)) continue
      hash
        .update(`${folder}/${name}\0`)
        .update(readFileSync(join(root, folder, name)))
        .update('\0')
    }
  }
  return hash.digest('base64url').slice(0, 22)
}

/** The fields of the static page are written from their declarations. */
const writeFields: Plugin = {
  name: 'sallyport-fields',
  transformIndexHtml: { order: 'pre', handler: (html) => html.replace(`      ${fieldsPlace}`, () => fieldsMarkup(en)) },
}

const withBuild = (config: UserConfig): UserConfig => ({
  ...config,
  define: { ...config.define, __SALLYPORT_BUILD__: JSON.stringify(frameBuild()) },
})

function frame(): UserConfig {
  const plugins = [
    writeFields,
    rulesAlone,
    namesAlone,
    answersAlone,
    smallest,
    pagePerLanguage((word) => !/^link_/.test(word) && !standsInHtml(word)),
  ]
  return { ...withBuild(page('frame', 'dist/frame')), plugins }
}

/** The page of a link: a gate of its own, and after it the frame's card, whose markup is taken from the frame's page. */
function link(): UserConfig {
  const config = withBuild(page('frame/link', 'dist/link'))
  return {
    ...config,
    plugins: [
      writeCard,
      writeFields,
      shortSentences(() => false),
      smallest,
      pagePerLanguage((word) => !word.startsWith('link_chat_')),
    ],
  }
}

const writeCard: Plugin = {
  name: 'sallyport-card',
  transformIndexHtml: {
    order: 'pre',
    handler(html) {
      const [card] =
        readFileSync(join(root, 'frame', 'index.html'), 'utf8').match(/<main id="card"[\s\S]*<\/main>/) ?? []
      if (card === undefined) throw new Error('frame/index.html has no card')
      return html.replace('<!-- card -->', () => card.replace('<main ', '<main hidden '))
    },
  },
}

/**
 * Every page in every language: English as `index.html`, German as `index.de.html`, with the words inside that it may
 * say; and all words of a language alone as `words/de.json`, for intake.
 */
const pagePerLanguage = (says: (word: string) => boolean): Plugin => ({
  name: 'sallyport-languages',
  enforce: 'post',
  generateBundle(_options, bundle) {
    const emit = (fileName: string, source: string): unknown => this.emitFile({ type: 'asset', fileName, source })
    for (const file of Object.values(bundle)) {
      if (file.type !== 'asset' || !file.fileName.endsWith('.html')) continue
      const html = String(file.source)
      for (const spoken of languages) {
        // Two hundred bytes of every page are for who reads its source.
        const page = pageIn(html.replaceAll(/<!--.*?-->|(?<=\n)\s+/gs, ''), spoken, says)
        if (spoken.lang === 'en') file.source = page
        else emit(file.fileName.replace(/html$/, `${spoken.lang}.html`), page)
      }
    }
    for (const spoken of languages) emit(`words/${spoken.lang}.json`, JSON.stringify(spoken))
  },
})

/**
 * What is installed from a package besides the agent's file: for Node and for bundlers, so readable, and importable
 * where there is no document. The entries share their chunks.
 */
function client(): UserConfig {
  const entry = (path: string): string => join(root, path)
  // A file each, for who loads a language when it is needed.
  const detectWords = Object.fromEntries(
    allLanguages.map(({ language }) => [`words/${language}`, entry(`detect/words/${language}.ts`)]),
  )
  return {
    ...shared,
    root,
    resolve: { conditions: ['node', 'import', 'module', 'default'] },
    build: {
      outDir: join(root, 'dist', 'client'),
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: false,
      reportCompressedSize: false,
      minify: false,
      rolldownOptions: {
        input: {
          testing: entry('testing/index.ts'),
          protocol: entry('protocol/index.ts'),
          detect: entry('detect/index.ts'),
          'detect-english': entry('detect/english.ts'),
          ...detectWords,
          element: entry('widget/index.ts'),
          define: entry('widget/define.ts'),
          guard: entry('widget/guard/index.ts'),
        },
        external: isBuiltin,
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  }
}

/** One file, so that an agent's project may also just copy it; readable, since a server does not count bytes. */
function agent(): UserConfig {
  const config = oneFile('agent/index.ts', 'dist/agent', 'index.js')
  return { ...config, build: { ...config.build, minify: false } }
}

/** What only charges and agent code meet never comes to a form, nor to the page around it. */
const elsewhere =
  /^(processor|provider)\.|^customer\.declined|^request\.(idempotency|cursor|too_large|headers)|^policy\.(amount|reference|channel)|^auth\.replayed/
/** What a link's page alone meets, and what the widget alone can find out. */
const linkAlone = /^channel\.(link_expired|wrong_person)$/
const hostAlone = /^channel\.(blocked|csp)$/
const either = (...names: RegExp[]): RegExp => new RegExp(names.map(({ source }) => source).join('|'))

/**
 * The widget says sentences of the channel alone, the frame its own in the person's language: all others are for agent
 * code and operators, kilobytes that a customer's phone need not load. The code leads to its page.
 */
const shortSentences = (says: (code: string) => boolean, unmet = elsewhere): Plugin => ({
  name: 'sallyport-short-sentences',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/protocol/errors.ts')) return null
    // Its scope is for agent code too: neither a page nor its form ever asks.
    const row = /const row = [^;]*?say: string\): ErrorRow => \(\{[^}]*\}\)/
    const short = code.replace(
      /'(\w+)(\.\w+)': row\(([^'"]*)'\w+',(\s*'\w+',\s*)('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"),?\s*\),/g,
      (_whole, category: string, name: string, head: string, who: string, sentence: string) => {
        const code = category + name
        return unmet.test(code) ? '' : `'${code}': row(${head}${who}${says(code) ? sentence : ''}),`
      },
    )
    if (short === code || !row.test(code))
      throw new Error('protocol/errors.ts no longer reads as the build of pages expects')
    return short.replace(
      row,
      "const row = (status, retryable, who, say = 'See the page of this code at /errors.') => ({ status, retryable, who, say })",
    )
  },
})

/** Of a field's declaration the script needs the rule and the sentences; the rest is in the page's HTML already. */
const rulesAlone: Plugin = {
  name: 'sallyport-field-rules',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/frame/fields/declared.ts')) return null
    const inHtml =
      /^ +(?:(?:label|autocomplete|keyboard|capitalize|leftToRight|placeholder|half|namesBrand): .+|\.\.\.digits),$/gm
    const short = code.replaceAll(inHtml, '')
    if (/cc-|label_|hint_/.test(short)) throw new Error('frame/fields/declared.ts no longer reads as the build expects')
    return short
  },
}

/** Of an error the frame asks for its name and whether a try is worth it; its words are the person's own, in `frame/words/`. */
const namesAlone: Plugin = {
  name: 'sallyport-error-names',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/protocol/errors.ts')) return null
    const row =
      /'([\w.]+)': row\(\s*\d+,\s*(true|false),\s*'\w+',\s*'\w+',\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"),?\s*\)/g
    const rows = [...code.matchAll(row)].map(([, name = '', retryable = '']) => ({ name, retryable }))
    const table = /export const errors = \{[\s\S]*?\n\} as const[^\n]*/
    if (rows.length !== code.match(/: row\(/g)?.length || !table.test(code))
      throw new Error('protocol/errors.ts no longer reads as the build of the frame expects')
    const unmet = either(elsewhere, linkAlone, hostAlone)
    const names = (retryable: string): string =>
      rows
        .filter((one) => one.retryable === retryable && !unmet.test(one.name))
        .map(({ name }) => name)
        .join(' ')
    return code.replace(
      table,
      `const of = (names, retryable) => Object.fromEntries(names.split(' ').map((name) => [name, { retryable }]))
       export const errors = { ...of('${names('true')}', true), ...of('${names('false')}', false) }`,
    )
  },
}

/**
 * The frame answers calls and makes none, and clears Comlink's handlers before the first (`frame/guard.ts`): without them
 * in the map its proxies, the other half of the library, are dead code and stay out of the page.
 */
const answersAlone: Plugin = {
  name: 'sallyport-comlink-answers',
  enforce: 'pre',
  transform(code, id) {
    if (!id.includes('/comlink/dist/esm/')) return null
    const proxies = [
      [/const transferHandlers = new Map\(\[[\s\S]*?\]\);/, 'const transferHandlers = new Map();'],
      [/const proxyFinalizers = "FinalizationRegistry" in[\s\S]*?\n {4}\}\);/, 'const proxyFinalizers = null;'],
    ] as const
    if (!proxies.every(([proxy]) => proxy.test(code)))
      throw new Error('comlink no longer reads as the build of the frame expects')
    return proxies.reduce((text, [proxy, without]) => text.replace(proxy, without), code)
  },
}

/**
 * What the supervisor starts, a file each with all that it runs: a process begins in a third of the time that its two
 * hundred sources take. Readable, so that a line of a stack can be found.
 */
function processes(): UserConfig {
  return {
    ...shared,
    root,
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: true,
      outDir: join(root, 'dist', 'processes'),
      emptyOutDir: true,
      target: 'node24',
      minify: false,
      reportCompressedSize: false,
      rolldownOptions: {
        input: Object.fromEntries(
          Object.entries({ ...processEntries, ...screenEntry, ...commandEntries }).map(([name, path]) => [
            name,
            join(root, path),
          ]),
        ),
        // Two that Node gives and one that nobody has: pg asks for it and goes on without.
        external: (id) => isBuiltin(id) || id === 'pg-native' || id === 'pg-cloudflare',
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  }
}

const targets: Record<string, () => UserConfig> = {
  widget: () => ({
    ...oneFile('widget/define.ts', 'dist/widget', 'sallyport.js'),
    plugins: [
      shortSentences((code) => code.startsWith('channel.') && !linkAlone.test(code), either(elsewhere, linkAlone)),
      smallest,
      writeHashes('sallyport.js'),
    ],
  }),
  guard,
  agent,
  frame,
  link,
  client,
  demo: () => page('demo/page', 'dist/demo', ['index.html', 'theming.html']),
  processes,
}

export default defineConfig(({ mode }) => {
  const target = targets[mode]
  if (target === undefined) throw new Error(`--mode must be one of ${Object.keys(targets).join(', ')}`)
  // How long each plugin took is for nobody who starts a deployment.
  return mergeConfig(target(), { build: { rolldownOptions: { checks: { bundlerTimings: false } } } })
})
