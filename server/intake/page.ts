/**
 * The frame's page and its files. The page is the same for every capture of a tenant, so that it can be loaded before
 * the agent asks; what differs is its language, by the request, and `frame-ancestors`, by the key. An unknown key looks like a known one that allows nobody.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import type { RequestHandler, Response } from 'express'
import { compressed, sendCompressed } from '../compressed.ts'
import { tenantByKey } from './tenants.ts'
import type { Intake } from './context.ts'
import { readLanguages } from './languages.ts'

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

/**
 * The link's page: static, the same for everybody, and nothing happens by opening it. It stands in no other page, keeps
 * its window to itself, and tells nobody where it was.
 */
export function linkPage(intake: Intake): RequestHandler {
  const { languages } = intake
  const pages = readLanguages(intake.config.link_dir).pages('index')
  return (request, response) => {
    pageHeaders(response, [])
    const lang = languages.choose(request.query['lang'], request.acceptsLanguages())
    response.vary('Accept-Language')
    response.setHeader('Content-Language', lang)
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
    response.setHeader('X-Frame-Options', 'DENY')
    response.setHeader('X-Robots-Tag', 'noindex, nofollow, noarchive, nosnippet')
    response.type('text/html; charset=utf-8')
    sendCompressed(request, response, pages(lang))
  }
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
    response.type('text/html; charset=utf-8')
    sendCompressed(request, response, pages(lang))
  }
}

/** The build's files by name, read once: no path of a request reaches the file system. */
export function frameAssets(intake: Intake): RequestHandler {
  const { frame_dir, link_dir } = intake.config
  const paths = [frame_dir, link_dir].flatMap((page) => {
    const folder = join(page, 'assets')
    return readdirSync(folder).map((name) => join(folder, name))
  })
  // Names carry the hash of what is in the file, so that both pages' files lie beside each other.
  const files = new Map(
    paths.map((path) => [basename(path), { type: types[extname(path)], file: compressed(readFileSync(path)) }]),
  )
  return (request, response, next) => {
    const name: unknown = request.params['name']
    const found = typeof name === 'string' ? files.get(name) : undefined
    if (found?.type === undefined) return next()
    response.setHeader('Cache-Control', 'public, max-age=31536000, immutable')
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
    response.setHeader('Content-Type', found.type)
    sendCompressed(request, response, found.file)
  }
}
