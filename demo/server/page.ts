import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Request, RequestHandler, Response } from 'express'
import helmet from 'helmet'
import type { DemoConfig } from './config.ts'

/**
 * The shop's page as a careful merchant would serve it: scripts by nonce alone, the widget's file pinned by its hash,
 * one foreign frame, Trusted Types on. Where the widget cannot be had, the page comes without it and says so.
 */
export function pageHeaders(config: DemoConfig): RequestHandler[] {
  const nonce: RequestHandler = (_req, res, next) => {
    res.locals['nonce'] = randomBytes(16).toString('base64')
    next()
  }
  // Sound: helmet hands over the express response, whose locals the handler before has filled.
  const ofNonce = (_req: unknown, res: unknown): string => `'nonce-${String((res as Response).locals['nonce'])}'`
  const secure = config.public_url.startsWith('https:')
  return [
    nonce,
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: [ofNonce],
          styleSrc: [ofNonce],
          imgSrc: ["'self'"],
          connectSrc: ["'self'"],
          frameSrc: [config.capture_origin],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'none'"],
          requireTrustedTypesFor: ["'script'"],
          trustedTypes: ["'none'"],
        },
      },
      // Hints about the page's address go no further than its origin, which the frame has to know.
      referrerPolicy: { policy: 'strict-origin' },
      strictTransportSecurity: secure,
      // The frame and the widget answer for themselves; isolating this page would only break other people's embeds.
      crossOriginEmbedderPolicy: false,
    }),
  ]
}

/** @param file the built page */
export function servePage(config: DemoConfig, file: string, widget: WidgetTag): RequestHandler {
  return async (_req: Request, res: Response) => {
    const html = readFileSync(file, 'utf8')
    const nonce = String(res.locals['nonce'])
    const guardUrl = new URL('sallyport-guard.js', config.widget_url).href
    const integrity = await widget.integrity(config.widget_url)
    const tag = scriptTag(config.widget_url, integrity)
    const guardTag = scriptTag(guardUrl, await widget.integrity(guardUrl))
    res
      .type('html')
      .set('cache-control', 'no-store')
      .send(
        html
          .replace('<!-- widget -->', tag)
          .replace('<!-- guard -->', guardTag)
          .replace(
            '<body',
            `<body data-publishable-key="${attribute(config.publishable_key)}" data-frame-origin="${attribute(config.capture_origin)}" data-widget="${integrity === null ? 'missing' : 'there'}"`,
          )
          .replace(/<(script|link)(?=[\s>])/g, `<$1 nonce="${nonce}"`),
      )
  }
}

const scriptTag = (url: string, integrity: string | null): string =>
  integrity === null
    ? ''
    : `<script type="module" src="${attribute(url)}" integrity="${attribute(integrity)}" crossorigin="anonymous"></script>`

const attribute = (text: string): string => text.replace(/[&"<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** The hashes of the two scripts, as the gateway publishes them; asked for again after a while, since a development build changes. */
export class WidgetTag {
  private readonly config: DemoConfig
  private known: { hashes: unknown; until: number } | null = null
  constructor(config: DemoConfig) {
    this.config = config
  }

  /** Of the script at this address. Null: it cannot be had. */
  async integrity(url: string): Promise<string | null> {
    return findHash(await this.hashes(), new URL(url).pathname)
  }

  private async hashes(): Promise<unknown> {
    if (this.known && this.known.until > Date.now()) return this.known.hashes
    try {
      const response = await fetch(new URL('/widget/sri.json', this.config.gateway_url), {
        signal: AbortSignal.timeout(2_000),
      })
      const { files } = (response.ok ? await response.json() : {}) as { files?: unknown } // judged by `findHash`
      this.known = files === undefined ? null : { hashes: files, until: Date.now() + 2_000 }
      return files
    } catch {
      return null // the gateway is not there: the page says that payment is not possible now
    }
  }
}

/** Of `{ "sallyport.js": "sha384-…" }` the one that the path ends with. */
function findHash(files: unknown, path: string): string | null {
  if (typeof files !== 'object' || files === null) return null
  const [, value] = Object.entries(files).find(([name]) => path.endsWith(`/${name}`)) ?? []
  return typeof value === 'string' && /^sha(256|384|512)-[A-Za-z0-9+/=]+$/.test(value) ? value : null
}
