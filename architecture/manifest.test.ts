/** `widget/custom-elements.json`, which editors and documentation tools read, says what the element's class says. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { meanings } from '../protocol/look/meanings.ts'
import { tokenNames } from '../protocol/look/tokens.ts'
import * as eventClasses from '../widget/events.ts'
import * as guardEvents from '../widget/guard/events.ts'
import manifest from '../widget/custom-elements.json' with { type: 'json' }
import { filesIn, isTest, read, root } from './graph.ts'

/** As it is installed. */
const { SallyportCapture } = await import(join(root, 'dist', 'client', 'element.js'))

type Declaration = (typeof manifest.modules)[number]['declarations'][number]
const declarations = manifest.modules.flatMap((one): Declaration[] => one.declarations)
const element = declarations.find((one) => 'tagName' in one)
if (element === undefined) throw new Error('the manifest declares no element')
const sources = filesIn(['widget'], /\.ts$/)
  .filter((path) => !isTest(path))
  .map(read)
  .join('\n')

/** `name: type` and `name(parameters): type` of the interface that pages see. */
function surface(text: string): { fields: string[]; methods: string[] } {
  const body = /interface SallyportCaptureElement extends HTMLElement \{([\s\S]*?)\n\}/.exec(text)?.[1] ?? ''
  const lines = body.split('\n').map((line) => line.trim())
  return {
    fields: lines.filter((line) => /^\w+\??: /.test(line)),
    methods: lines.filter((line) => /^\w+\(/.test(line)),
  }
}
const declared = surface(read('widget/surface.ts'))
const fields = element.members.filter(({ kind }) => kind === 'field')
const methods = element.members.filter(({ kind }) => kind === 'method')

describe('the custom-elements manifest', () => {
  test('has every attribute of the class, with its property, and no other', () => {
    const observed: string[] = [...SallyportCapture.observedAttributes]
    expect(element.attributes.map(({ name }) => name).sort()).toEqual(observed.sort())
    const pairs = element.attributes.map(({ name, fieldName }) => [name, fieldName])
    const reflected = fields.filter((field) => 'attribute' in field)
    expect(reflected.map((field) => [field.attribute, field.name])).toEqual(pairs)
  })

  test('has every property and method that pages see, with its type', () => {
    expect(declared.fields.length * declared.methods.length).toBeGreaterThan(0)
    expect(fields.map(({ name, type }) => `${name}: ${type?.text}`)).toEqual(declared.fields)
    const signatures = methods.map(({ name, parameters = [], return: result }) => {
      const list = parameters.map((one: { name: string; type: { text: string } }) => `${one.name}: ${one.type.text}`)
      return `${name}(${list.join(', ')}): ${result?.type.text}`
    })
    expect(signatures).toEqual(declared.methods)
  })

  test('has every event, by its class', () => {
    const classes = Object.entries(eventClasses).map(([name, { type }]) => ({ name: type, type: { text: name } }))
    expect(element.events.map(({ name, type }) => ({ name, type }))).toEqual(classes)
  })

  test('has every part that a style sheet of the page can reach', () => {
    const parts = [...sources.matchAll(/setAttribute\('part', '([\w-]+)'\)/g)].map(([, part = '']) => part)
    expect(element.cssParts.map(({ name }) => name).sort()).toEqual([...new Set(parts)].sort())
  })

  test('has every token of the theme, with its meaning', () => {
    const properties = tokenNames.map((name) => {
      const { label, does, otherwise } = meanings[name]
      return { name: `--sallyport-${name}`, description: `${label}: ${does}. Without it: ${otherwise}.` }
    })
    expect(element.cssProperties).toEqual(properties)
  })

  test('describes each of them, and names files that are there', () => {
    const { attributes, cssParts } = element
    for (const one of [...attributes, ...methods, ...element.events, ...cssParts])
      expect(one.description).toMatch(/\.$/)
    for (const { path } of manifest.modules) expect(existsSync(join(root, path)), path).toBe(true)
  })

  test('has what the composer guard exports, and its events', () => {
    const guard = declarations.find((one) => one.name === 'guardComposer')
    expect(guard?.description).toMatch(/\.$/)
    const source = read('widget/guard/index.ts').replaceAll(/\s+/g, ' ')
    expect(source).toContain(
      'function guardComposer(element: Element, options: ComposerGuardOptions = {}): ComposerGuard',
    )
    const classes = Object.entries(guardEvents).map(([name, { type }]) => ({ name, summary: type }))
    const told = declarations.flatMap((one) => ('summary' in one ? [{ name: one.name, summary: one.summary }] : []))
    expect(told).toEqual(classes)
  })

  test('would be found out if the class had one more of anything', () => {
    const more = surface(read('widget/surface.ts').replace('preload()', 'forget(): void\n  preload()'))
    expect(more.methods).not.toEqual(declared.methods)
  })
})
