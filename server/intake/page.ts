/**
 * The frame's page and its files. The page is the same for every capture of a tenant, so that it can be loaded before
 * the agent asks; what differs is its language, by the request, and `frame-ancestors`, by the key. An unknown key looks like a known one that allows nobody.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { RequestHandler, Response } from 'express'
import { tenantByKey } from './tenants.ts'
import type { Intake } from './context.ts'

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/** Everything 'none' or 'self'; no page may script it, nothing leaves but to this origin (DESIGN §6). */
const policy = (ancestors: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    `frame-ancestors ${ancestors.length === 0 ? "'none'" : ancestors.join(' ')}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')

function pageHeaders(response: Response, ancestors: readonly string[]): void {
  response.setHeader('Content-Security-Policy', policy(ancestors))
  response.setHeader('Cache-Control', 'no-store')
  // A chat page with COEP may embed the frame; elsewhere the two do no harm.
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin')
  response.setHeader(
    'Permissions-Policy',
    'camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), serial=()',
  )
  response.removeHeader('X-Frame-Options')
}

export function framePage(intake: Intake): RequestHandler {
  const { languages } = intake
  const pages = languages.pages('index')
  return async (request, response) => {
    const key: unknown = request.params['key']
    const tenant =
      typeof key === 'string' && /^pk_(test|live)_[A-Za-z0-9]{20,60}$/.test(key)
        ? await tenantByKey(intake.db, key)
        : null
    pageHeaders(response, tenant?.origins ?? [])
    const lang = languages.choose(request.query['lang'], request.acceptsLanguages())
    response.vary('Accept-Language')
    response.setHeader('Content-Language', lang)
    response.type('text/html; charset=utf-8').send(pages.get(lang))
  }
}

/** The build's files by name, read once: no path of a request reaches the file system. */
export function frameAssets(intake: Intake): RequestHandler {
  const folder = join(intake.config.frame_dir, 'assets')
  const files = new Map(
    readdirSync(folder).map((name) => [name, { type: types[extname(name)], bytes: readFileSync(join(folder, name)) }]),
  )
  return (request, response, next) => {
    const name: unknown = request.params['name']
    const file = typeof name === 'string' ? files.get(name) : undefined
    if (file?.type === undefined) return next()
    response.setHeader('Cache-Control', 'public, max-age=31536000, immutable')
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
    response.setHeader('Content-Type', file.type)
    response.send(file.bytes)
  }
}
