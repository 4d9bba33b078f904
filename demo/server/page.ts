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
    const integrity = await widget.integrity()
    const tag =
      integrity === null
        ? ''
        : `<script type="module" src="${attribute(config.widget_url)}" integrity="${attribute(integrity)}" crossorigin="anonymous"></script>`
    res
      .type('html')
      .set('cache-control', 'no-store')
      .send(
        html
          .replace('<!-- widget -->', tag)
          .replace(
            '<body',
            `<body data-publishable-key="${attribute(config.publishable_key)}" data-frame-origin="${attribute(config.capture_origin)}" data-widget="${integrity === null ? 'missing' : 'there'}"`,
          )
          .replace(/<(script|link)(?=[\s>])/g, `<$1 nonce="${nonce}"`),
      )
  }
}

const attribute = (text: string): string => text.replace(/[&"<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** The widget's hash, as the gateway publishes it; asked for again after a while, since a development build changes. */
export class WidgetTag {
  private readonly config: DemoConfig
  private known: { integrity: string; until: number } | null = null
  constructor(config: DemoConfig) {
    this.config = config
  }

  async integrity(): Promise<string | null> {
    if (this.known && this.known.until > Date.now()) return this.known.integrity
    try {
      const response = await fetch(new URL('/widget/sri.json', this.config.gateway_url), {
        signal: AbortSignal.timeout(2_000),
      })
      const integrity = response.ok ? findHash(await response.json(), new URL(this.config.widget_url).pathname) : null
      this.known = integrity === null ? null : { integrity, until: Date.now() + 2_000 }
      return integrity
    } catch {
      return null // the gateway is not there: the page says that payment is not possible now
    }
  }
}

/** `{ "integrity": "sha384-…" }`, or a hash for each file's path. */
function findHash(body: unknown, path: string): string | null {
  if (typeof body !== 'object' || body === null) return null
  const members = Object.entries(body)
  const [, value] =
    members.find(([name]) => name === 'integrity') ?? members.find(([name]) => path.endsWith(name)) ?? []
  if (typeof value === 'object' && value !== null && 'integrity' in value) return findHash(value, path)
  return typeof value === 'string' && /^sha(256|384|512)-[A-Za-z0-9+/=]+$/.test(value) ? value : null
}
