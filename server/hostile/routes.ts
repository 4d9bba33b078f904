/** Routes as the source has them: one that is added is driven without being named here. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Role, roles } from '../config.ts'
import { errorPages } from '../errors-page.ts'
import { securityTxtPath } from '../security-txt.ts'
import type { DoorRoute } from './door.ts'

const root = join(import.meta.dirname, '..', '..')

const methods = 'get|post|put|patch|delete'
/** `'POST /open': { callers: ['egress'], …`; where a function makes the route, its door has one caller. */
const inTable = new RegExp(`'(${methods.toUpperCase()}) (/[^']*)'(?::\\s*\\{\\s*callers:\\s*\\['(\\w+)'\\])?`, 'g')
const inExpress = new RegExp(`\\b(?:app|router)\\.(${methods})\\(\\s*(?:'([^']+)'|(\\w+))`, 'g')

/** Paths that the source has by a name. Those of the shop's own pages are listed where they are served. */
const named: Readonly<Record<string, readonly string[]>> = {
  securityTxtPath: [securityTxtPath],
  path: errorPages.map(({ path }) => path),
}

const route = (method: string, path: string, more: object = {}): DoorRoute => ({
  method: method.toUpperCase(),
  path: path.replace(/:[a-z_]+/g, '{id}'),
  ...more,
})

/** Of a table of an inner door. */
export function tableRoutes(text: string, only: Role): DoorRoute[] {
  return [...text.matchAll(inTable)].map(([, method = '', path = '', caller = only]) =>
    route(method, path, { caller: roles.find((role) => role === caller) ?? only }),
  )
}

/** Of an Express application; whatever it is given that is no text must be known by its name. */
export function expressRoutes(text: string, { prefix = '', names = named } = {}): DoorRoute[] {
  return [...text.matchAll(inExpress)].flatMap(([, method = '', path, name = '']) => {
    const paths = path === undefined ? names[name] : [path]
    if (paths === undefined) throw new Error(`what path is ${name}?`)
    return paths.map((one) => route(method, prefix + one))
  })
}

const health: DoorRoute[] = ['/healthz', '/readyz', '/metrics'].map((path) => route('get', path))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

export const innerRoutesOf = (files: readonly string[], only: Role): DoorRoute[] => [
  ...files.flatMap((file) => tableRoutes(read(file), only)),
  ...health,
]
export const captureRoutes = (): DoorRoute[] => expressRoutes(read('server/intake/outer.ts'))
export const processorRoutes = (): DoorRoute[] => expressRoutes(read('server/processors/sandbox/server/start.ts'))
export const shopRoutes = (): DoorRoute[] => [
  ...expressRoutes(read('demo/server/api.ts'), { prefix: '/api' }),
  // `app.get(Object.keys(pages), …)` leads to the right host, `app.get(path, …)` serves the same pages.
  ...expressRoutes(read('demo/server/start.ts'), { names: { Object: [], path: ['/', '/theming'] } }),
]

/** Who may come to a route of this path; whoever may come at all, where there is no such route. */
export const callerOf = (routes: readonly DoorRoute[], path: string, only: Role): Role =>
  routes.find((known) => patternOf(known.path).test(path))?.caller ?? only
const patternOf = (path: string): RegExp => new RegExp(`^${path.replace(/\{id\}/g, '[^/]+')}$`)
