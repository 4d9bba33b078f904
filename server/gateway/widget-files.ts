import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Request, Response } from 'express'
import packageJson from '../../package.json' with { type: 'json' }
import { SallyportError } from '../../protocol/errors.ts'
import { type Compressed, compressed, sendCompressed } from '../compressed.ts'
import type { PublicRoute } from './public-routes.ts'

/**
 * The scripts of a customer's page, the widget's and the composer guard's, for development and small deployments; in
 * production a release puts them on static hosting. The page loads them from another origin, so that these are the only
 * answers with CORS.
 */
interface WidgetFile {
  file: Compressed
  integrity: string
  changedMs: number
}

const widget = 'sallyport.js'
const guard = 'sallyport-guard.js'
const { version } = packageJson
const javascript = 'text/javascript'
const versionPattern = '^\\d+\\.\\d+\\.\\d+$'
/** `guard/de.json`: what the guard's script loads, by a hash that is inside it. */
const languagePattern = '^[a-z]{2}(-[A-Z][a-z]{3})?$'

export function widgetFiles(options: { folder: string; publicUrl: string }): PublicRoute[] {
  const kept = new Map<string, WidgetFile>()

  /** Read again when it was built again. */
  async function file(name: string): Promise<WidgetFile> {
    const path = join(options.folder, name)
    try {
      const { mtimeMs } = await stat(path)
      let known = kept.get(name)
      if (known?.changedMs !== mtimeMs) {
        const bytes = await readFile(path)
        const integrity = `sha384-${createHash('sha384').update(bytes).digest('base64')}`
        known = { file: compressed(bytes), integrity, changedMs: mtimeMs }
        kept.set(name, known)
      }
      return known
    } catch (cause) {
      // Not built, or not served from here: for whoever asks there is nothing.
      throw new SallyportError('request.not_found', { cause })
    }
  }

  const send =
    (type: string, nameOf: (request: Request) => string) =>
    async (request: Request, response: Response): Promise<void> => {
      const asked = request.params['version']
      if (asked !== undefined && asked !== version) throw new SallyportError('request.not_found')
      const { file: bytes, integrity } = await file(nameOf(request))
      forOtherOrigins(response)
      response.setHeader('Cache-Control', asked === undefined ? 'no-cache' : 'public, max-age=31536000, immutable')
      // Weak, since the same script comes in more than one encoding.
      response.setHeader('ETag', `W/"${integrity}"`)
      response.type(`${type}; charset=utf-8`)
      sendCompressed(request, response, bytes)
    }

  const script = (name: string, operation: string, what: string): PublicRoute[] => [
    {
      path: `/widget/${name}`,
      operation,
      summary: `${what}, whatever its version`,
      type: javascript,
      handle: send(javascript, () => name),
    },
    {
      path: `/widget/:version/${name}`,
      operation: `${operation}Version`,
      summary: `${what} of one version, for ever the same`,
      type: javascript,
      parameters: { version: versionPattern },
      handle: send(javascript, () => name),
    },
  ]

  const languageOf = (request: Request): string => {
    const language = String(request.params['language'])
    if (!new RegExp(languagePattern).test(language)) throw new SallyportError('request.not_found')
    return `guard/${language}.json`
  }

  return [
    {
      path: '/widget/sri.json',
      operation: 'getWidgetIntegrity',
      summary: 'The hashes for the script tags of the present version',
      type: 'application/json',
      handle: async (_request, response) => {
        const { integrity } = await file(widget)
        const guarded = await file(guard).catch(() => null)
        forOtherOrigins(response)
        response.setHeader('Cache-Control', 'no-cache')
        response.type('application/json').send(
          JSON.stringify({
            version,
            url: `${options.publicUrl}/widget/${version}/${widget}`,
            integrity,
            files: { [widget]: integrity, ...(guarded && { [guard]: guarded.integrity }) },
          }),
        )
      },
    },
    ...script(widget, 'getWidget', 'The widget'),
    ...script(guard, 'getComposerGuard', 'The composer guard'),
    {
      path: '/widget/guard/:language.json',
      operation: 'getComposerGuardLanguage',
      summary: 'A language of the composer guard',
      type: 'application/json',
      parameters: { language: languagePattern },
      handle: send('application/json', languageOf),
    },
    {
      path: '/widget/:version/guard/:language.json',
      operation: 'getComposerGuardLanguageVersion',
      summary: 'A language of the composer guard of one version',
      type: 'application/json',
      parameters: { version: versionPattern, language: languagePattern },
      handle: send('application/json', languageOf),
    },
  ]
}

function forOtherOrigins(response: Response): void {
  response.setHeader('Access-Control-Allow-Origin', '*')
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin')
}
