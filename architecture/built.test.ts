/** What is built is looked at as a browser gets it: bytes, and strings that must not be in there. */
import { createHash } from 'node:crypto'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { filesIn, read } from './graph.ts'

const widget = read('dist/widget/sallyport.js')
const guard = read('dist/widget/sallyport-guard.js')
const page = read('dist/frame/index.html')
/** One a language. */
const pages = filesIn(['dist/frame'], /\.html$/).map((path) => ({ path, text: read(path) }))
const assets = filesIn(['dist/frame'], /\.(js|css)$/).map((path) => ({ path, text: read(path) }))
const scripts = assets
  .filter(({ path }) => path.endsWith('.js'))
  .map(({ text }) => text)
  .join('\n')
const client = filesIn(['dist/client'], /\.js$/)

const gzipBytes = (...texts: string[]): number =>
  texts.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0)
const found = (text: string, strings: readonly (string | RegExp)[]): string[] =>
  strings.filter((one) => (typeof one === 'string' ? text.includes(one) : one.test(text))).map(String)

describe('the widget', () => {
  test('is at most 14 kB gzip', () => {
    expect(gzipBytes(widget)).toBeLessThanOrEqual(14_000)
  })
  test('is one file that imports nothing', () => {
    expect(found(widget, [/\bimport\s*[{*'"(]/, /\bimport\s+\w+\s+from/, /\brequire\(/])).toEqual([])
  })
  test('knows nothing of card fields, keys or the server, and leaves no trace in the page', () => {
    const strings = [
      'cc-number',
      'cc-csc',
      'cc-exp',
      'sk_test',
      'sk_live',
      'ChaCha20',
      'hkdf',
      'console.log',
      'localStorage',
      'sessionStorage',
      'document.cookie',
      'indexedDB',
      'new Function',
      'eval(',
      'sourceMappingURL',
      'zod',
      'sendBeacon',
      'XMLHttpRequest',
    ]
    expect(found(widget, strings)).toEqual([])
  })
  test('posts to an exact origin, never to everyone', () => {
    expect(found(widget, [/postMessage\([^)]*["'`]\*["'`]/])).toEqual([])
  })
  test('has the hash that sri.json says', () => {
    const { version, files } = JSON.parse(read('dist/widget/sri.json'))
    const hash = (text: string): string => `sha384-${createHash('sha384').update(text).digest('base64')}`
    expect(files).toEqual({ 'sallyport.js': hash(widget), 'sallyport-guard.js': hash(guard) })
    expect(version).toBe(JSON.parse(read('package.json')).version)
  })
})

describe('the composer guard', () => {
  const languages = filesIn(['dist/widget/guard'], /\.json$/)
  test('is one file that imports nothing, and holds the hash of each language that it may load', () => {
    expect(found(guard, [/\bimport\s*[{*'"(]/, /\bimport\s+\w+\s+from/, /\brequire\(/])).toEqual([])
    expect(languages.length).toBeGreaterThanOrEqual(24)
    const hash = (path: string): string => `sha256-${createHash('sha256').update(read(path)).digest('base64')}`
    expect(found(guard, languages.map(hash))).toHaveLength(languages.length)
  })
  test('does not grow unseen: at most 31.5 kB gzip with the detector, over the 14 that docs/decisions.md speaks of', () => {
    expect(gzipBytes(guard)).toBeLessThanOrEqual(31_500)
  })
  test('has one road to the network, for its languages, and leaves no trace in the page', () => {
    expect(guard.match(/\bfetch\(/g)).toHaveLength(1)
    const strings = [
      'console.',
      'localStorage',
      'sessionStorage',
      'document.cookie',
      'indexedDB',
      'new Function',
      'eval(',
      'innerHTML',
      'sourceMappingURL',
      'sendBeacon',
      'XMLHttpRequest',
      'WebSocket',
      'EventSource',
      'postMessage',
      'new Image',
      'lit-html',
      'zod',
    ]
    expect(found(guard, strings)).toEqual([])
  })
})

describe('the frame', () => {
  test('is at most 30 kB gzip with all that it loads, in every language', () => {
    expect(pages.length).toBeGreaterThanOrEqual(25)
    const loads = pages.map(({ path, text }) => [path, gzipBytes(text, ...assets.map((asset) => asset.text))] as const)
    // kB of 1024 bytes, as the bench prints them.
    expect(loads.filter(([, bytes]) => bytes > 30 * 1024)).toEqual([])
  })
  test('comes to a browser in under 30,000 bytes, as intake compresses it, in every language', () => {
    const brotli = (text: string): number => brotliCompressSync(text).length
    const shared = assets.reduce((sum, { text }) => sum + brotli(text), 0)
    const loads = pages.map(({ path, text }) => [path, shared + brotli(text)] as const)
    expect(Math.max(...loads.map(([, bytes]) => bytes))).toBeGreaterThan(20_000)
    expect(loads.filter(([, bytes]) => bytes > 30_000)).toEqual([])
  })
  test('has its words in the page of each language, and none of them in a script', () => {
    for (const { path, text } of pages) {
      const lang = /index\.([\w-]+)\.html$/.exec(path)?.[1] ?? 'en'
      if (!/index\.(?:[\w-]+\.)?html$/.test(path)) continue
      expect(text, path).toContain(`<html lang="${lang}"${['ar', 'he'].includes(lang) ? ' dir="rtl"' : ''}>`)
      const { words } = JSON.parse(read(`dist/frame/words/${lang}.json`))
      expect(found(text, [`data-word="cancel">${words.cancel}<`, `"cancel":"${words.cancel}"`]), path).toHaveLength(2)
      expect(found(scripts, [words.number_checksum, words.ended_expired])).toEqual([])
    }
  })
  test('keeps nothing, prints nothing and evaluates nothing', () => {
    const strings = [
      'zod',
      'localStorage',
      'sessionStorage',
      'indexedDB',
      'document.cookie',
      'caches.',
      'console.log',
      'eval(',
      'new Function',
      'sk_test',
      'sk_live',
      'sourceMappingURL',
      'sendBeacon',
      'document.referrer',
      'window.name',
      'innerHTML',
    ]
    expect(found(scripts, strings)).toEqual([])
  })
  test('says hello to everyone once, and that is the only message with an open address', () => {
    expect([...scripts.matchAll(/postMessage\([^;]*?["'`]\*["'`]/g)].length).toBeLessThanOrEqual(1)
  })
  test('has the inputs in its HTML, and neither an inline script nor an inline style', () => {
    expect(
      found(page, [
        'autocomplete="cc-number"',
        'autocomplete="cc-exp"',
        'autocomplete="cc-csc"',
        'autocomplete="cc-name"',
      ]),
    ).toHaveLength(4)
    expect(page.match(/<script(?![^>]*\ssrc=)/)).toBe(null)
    expect(found(page, ['<style', /\sstyle=/, /\son[a-z]+=/, /https?:\/\//])).toEqual([])
  })
  test('carries the hash of what it was built from', () => {
    expect(scripts).not.toContain('__SALLYPORT_BUILD__')
  })
})

describe('what is installed from a package', () => {
  const imports = (text: string): string[] =>
    [...text.matchAll(/^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*["']([^"']+)["']|\bimport\(["']([^"']+)/gm)].map(
      ([, named, dynamic]) => named ?? dynamic ?? '',
    )
  test('imports nothing but its own files', () => {
    expect(client.length).toBeGreaterThan(5)
    const others = client.flatMap((path) => imports(read(path)).filter((one) => !/^\.{1,2}\/[\w./-]+\.js$/.test(one)))
    expect(others).toEqual([])
    expect(imports('import { a } from "lit"\nexport * from "./b.js"')).toEqual(['lit', './b.js'])
  })
  test("of an agent holds neither the element, nor the server's shapes", () => {
    const agent = read('dist/agent/index.js')
    expect(imports(agent), 'one file').toEqual([])
    expect(found(agent, ['SallyportCapture', 'ZodMini', 'attachShadow', 'require('])).toEqual([])
  })
})

test('a string that must not be there would be found', () => {
  expect(found('a = localStorage.x', ['localStorage'])).toHaveLength(1)
  expect(found('p.postMessage({a:1},"*")', [/postMessage\([^)]*["'`]\*["'`]/])).toHaveLength(1)
})
