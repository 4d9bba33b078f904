import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import packageJson from '../../package.json' with { type: 'json' }
import { errors } from '../../protocol/errors.ts'
import { braces } from './openapi.ts'
import { type TestGateway, testGateway } from './testing/gateway.ts'

type Json = Record<string, unknown>
let gateway: TestGateway
let document: { openapi: string; paths: Record<string, Record<string, Operation>>; components: { schemas: Json } }
interface Operation {
  operationId: string
  parameters?: { name: string; in: string; required: boolean; schema: Json }[]
  requestBody?: { content: Record<string, { schema: Json }> }
  responses: Record<string, { description: string; content: Record<string, { schema: Json }> }>
  security?: unknown[]
}

beforeAll(async () => {
  gateway = await testGateway()
  const { body } = await gateway.call('GET', '/openapi.json', { as: null })
  document = body as unknown as typeof document
})
afterAll(() => gateway.close())

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )

/** Every value of a member of this name, at any depth. */
function members(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => members(item, name))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => [...(key === name ? [member] : []), ...members(member, name)])
}

describe('the OpenAPI document', () => {
  it('is 3.1, every reference in it leads somewhere, and every operation has a name of its own', () => {
    expect(document.openapi).toBe('3.1.0')
    const references = members(document, '$ref')
    expect(references.length).toBeGreaterThan(20)
    for (const reference of references) {
      const name = String(reference).replace('#/components/schemas/', '')
      expect(Object.keys(document.components.schemas)).toContain(name)
    }
    const names = operations().map(({ operation }) => operation.operationId)
    expect(new Set(names).size).toBe(names.length)
  })
  it('declares every parameter of every path, and a description for every answer', () => {
    for (const { path, operation } of operations()) {
      const inPath = [...path.matchAll(/\{([a-z_]+)\}/g)].map((match) => match[1])
      const declared = (operation.parameters ?? []).filter((one) => one.in === 'path').map((one) => one.name)
      expect(declared).toEqual(inPath)
      for (const response of Object.values(operation.responses)) expect(response.description).not.toBe('')
    }
  })
  it('has schemas that a JSON Schema reader takes', () => {
    for (const schema of Object.values(document.components.schemas)) {
      const whole = {
        ...(schema as Json),
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $defs: document.components.schemas,
      }
      const local = JSON.parse(JSON.stringify(whole).replaceAll('#/components/schemas/', '#/$defs/'))
      expect(() => z.fromJSONSchema(local)).not.toThrow()
    }
  })
  it('names every route that Express has, and no other', () => {
    const documented = operations().map(({ path, method }) => `${method} ${path}`)
    expect(documented.sort()).toEqual(expressRoutes().sort())
    expect(documented.length).toBeGreaterThan(25)
  })
  it('lists on each route errors out of the table, by their status', () => {
    for (const { path, operation } of operations()) {
      for (const [status, response] of Object.entries(operation.responses)) {
        const codes = [...response.description.matchAll(/^`([a-z]+\.[a-z_]+)`/gm)].map((match) => match[1] ?? '')
        for (const code of codes) expect(errors).toHaveProperty([code, 'status'], Number(status))
        if (path.startsWith('/v1/') && Number(status) >= 400) expect(codes.length).toBeGreaterThan(0)
      }
    }
  })
  it('says which routes need a key and which need an Idempotency-Key', () => {
    for (const { path, method, operation } of operations()) {
      expect(operation.security === undefined).toBe(path.startsWith('/v1/'))
      const key = operation.parameters?.find(({ name }) => name === 'Idempotency-Key')
      if (method === 'post' && path.startsWith('/v1/charges')) expect(key?.required).toBe(true)
    }
  })
  it('describes answers as they are: a capture, a problem, a page of events', async () => {
    const created = await gateway.call('POST', '/v1/captures', { body: { conversation: 'a', purpose: 'save' } })
    await expectAnswer('/v1/captures', 'post', created)
    await expectAnswer('/v1/captures/{id}', 'get', await gateway.call('GET', `/v1/captures/${created.body['id']}`))
    await expectAnswer('/v1/captures/{id}', 'get', await gateway.call('GET', `/v1/captures/cap_${'x'.repeat(26)}`))
    await expectAnswer(
      '/v1/captures/{id}/events',
      'get',
      await gateway.call('GET', `/v1/captures/${created.body['id']}/events`),
    )
    await expectAnswer('/v1/events', 'get', await gateway.call('GET', '/v1/events'))
    await expectAnswer('/v1/events', 'get', await gateway.call('GET', `/v1/events?after=cur_${'a'.repeat(48)}`))
  })
})

function expectAnswer(path: string, method: string, answer: { status: number; body: unknown; headers: Headers }): void {
  const type = answer.headers.get('content-type')?.split(';')[0] ?? ''
  const schema = document.paths[path]?.[method]?.responses[answer.status]?.content[type]?.schema
  if (schema === undefined) throw new Error(`${method} ${path} ${answer.status} ${type} is not documented`)
  const whole = {
    ...schema,
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $defs: document.components.schemas,
  }
  const shape = z.fromJSONSchema(JSON.parse(JSON.stringify(whole).replaceAll('#/components/schemas/', '#/$defs/')))
  expect(shape.safeParse(answer.body).error?.issues ?? []).toEqual([])
}

/** What Express itself says that it has. */
function expressRoutes(): string[] {
  const found: string[] = []
  for (const { route } of gateway.app().router.stack) {
    if (route === undefined) continue
    const { methods } = route as unknown as { methods: Record<string, boolean> } // express's types leave it out
    for (const method of Object.keys(methods)) found.push(`${method} ${braces(route.path)}`)
  }
  return found
}

describe('the pages of errors', () => {
  it('exist for every code, say its sentence, and run nothing', async () => {
    for (const code of Object.keys(errors)) {
      const { status, text, headers } = await gateway.call('GET', `/errors/${code}`, { as: null })
      expect(status).toBe(200)
      expect(text).toContain(`<h1>${code}</h1>`)
      expect(headers.get('content-type')).toContain('text/html')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    }
    const { text } = await gateway.call('GET', '/errors', { as: null })
    for (const code of Object.keys(errors)) expect(text).toContain(`href="/errors/${code}"`)
    expect((await gateway.call('GET', '/errors/no.such', { as: null })).status).toBe(404)
  })
})

describe("the widget's files", () => {
  it('may be loaded by any page, and the file of a version is kept for ever', async () => {
    const missing = await gateway.call('GET', '/widget/sallyport.js', { as: null })
    expect(missing.status).toBe(404)
    const source = 'export const widget = 1\n'
    writeFileSync(join(gateway.doors.config.widget_dir, 'sallyport.js'), source)
    const integrity = `sha384-${createHash('sha384').update(source).digest('base64')}`
    const { version } = packageJson
    const sri = await gateway.call('GET', '/widget/sri.json', { as: null })
    expect(sri.body).toEqual({
      version,
      integrity,
      url: `https://pay.example/widget/${version}/sallyport.js`,
      files: { 'sallyport.js': integrity },
    })
    for (const [path, caching] of [
      ['sallyport.js', 'no-cache'],
      [`${version}/sallyport.js`, 'public, max-age=31536000, immutable'],
    ]) {
      const { status, text, headers } = await gateway.call('GET', `/widget/${path}`, { as: null })
      expect([status, text]).toEqual([200, source])
      expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8')
      expect(headers.get('cache-control')).toBe(caching)
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin')
      expect(headers.get('content-encoding')).toMatch(/^(br|gzip)$/)
    }
    expect((await gateway.call('GET', '/widget/9.9.9/sallyport.js', { as: null })).status).toBe(404)
    expect((await gateway.call('GET', '/widget/..%2f..%2fpackage.json', { as: null })).status).toBe(404)
    writeFileSync(join(gateway.doors.config.widget_dir, 'sallyport.js'), `${source}// built again\n`)
    expect((await gateway.call('GET', '/widget/sri.json', { as: null })).body['integrity']).not.toBe(integrity)
  })

  it('are two scripts, the guard and its languages beside the widget, and no other file', async () => {
    const folder = gateway.doors.config.widget_dir
    const guard = 'export const guard = 1\n'
    writeFileSync(join(folder, 'sallyport-guard.js'), guard)
    mkdirSync(join(folder, 'guard'), { recursive: true })
    writeFileSync(join(folder, 'guard', 'de.json'), '{"lang":"de"}')
    writeFileSync(join(folder, 'guard', 'secret.json'), '{}')
    const { version } = packageJson
    const sri = await gateway.call('GET', '/widget/sri.json', { as: null })
    expect(sri.body['files']).toHaveProperty(
      ['sallyport-guard.js'],
      `sha384-${createHash('sha384').update(guard).digest('base64')}`,
    )
    for (const [path, type, caching] of [
      ['sallyport-guard.js', 'text/javascript', 'no-cache'],
      [`${version}/sallyport-guard.js`, 'text/javascript', 'public, max-age=31536000, immutable'],
      ['guard/de.json', 'application/json', 'no-cache'],
      [`${version}/guard/de.json`, 'application/json', 'public, max-age=31536000, immutable'],
    ]) {
      const { status, headers } = await gateway.call('GET', `/widget/${path}`, { as: null })
      expect([path, status]).toEqual([path, 200])
      expect(headers.get('content-type')).toBe(`${type}; charset=utf-8`)
      expect(headers.get('cache-control')).toBe(caching)
      expect(headers.get('access-control-allow-origin')).toBe('*')
    }
    for (const path of ['guard/secret.json', 'guard/fr.json', '9.9.9/guard/de.json', '9.9.9/sallyport-guard.js'])
      expect((await gateway.call('GET', `/widget/${path}`, { as: null })).status, path).toBe(404)
  })
})
