import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Request, Response } from 'express'
import packageJson from '../../package.json' with { type: 'json' }
import { SallyportError } from '../../protocol/errors.ts'
import { type Compressed, compressed, sendCompressed } from '../compressed.ts'
import type { PublicRoute } from './public-routes.ts'

/**
 * The widget's file for development and small deployments; in production a release puts it on static hosting. The page
 * of a customer loads it from another origin, so that these are the only answers with CORS.
 */
interface WidgetFile {
  file: Compressed
  integrity: string
  changedMs: number
}

const fileName = 'sallyport.js'
const { version } = packageJson

export function widgetFiles(options: { folder: string; publicUrl: string }): PublicRoute[] {
  const path = join(options.folder, fileName)
  let kept: WidgetFile | null = null

  /** Read again when it was built again. */
  async function file(): Promise<WidgetFile> {
    try {
      const { mtimeMs } = await stat(path)
      if (kept?.changedMs !== mtimeMs) {
        const bytes = await readFile(path)
        const integrity = `sha384-${createHash('sha384').update(bytes).digest('base64')}`
        kept = { file: compressed(bytes), integrity, changedMs: mtimeMs }
      }
      return kept
    } catch (cause) {
      // Not built, or not served from here: for whoever asks there is nothing.
      throw new SallyportError('request.not_found', { cause })
    }
  }

  const sendScript = async (request: Request, response: Response, cacheControl: string): Promise<void> => {
    const { file: script, integrity } = await file()
    forOtherOrigins(response)
    response.setHeader('Cache-Control', cacheControl)
    // Weak, since the same script comes in more than one encoding.
    response.setHeader('ETag', `W/"${integrity}"`)
    response.type('text/javascript; charset=utf-8')
    sendCompressed(request, response, script)
  }

  return [
    {
      path: '/widget/sri.json',
      operation: 'getWidgetIntegrity',
      summary: 'The hash for the script tag of the present version',
      type: 'application/json',
      handle: async (_request, response) => {
        const { integrity } = await file()
        forOtherOrigins(response)
        response.setHeader('Cache-Control', 'no-cache')
        response.type('application/json').send(
          JSON.stringify({
            version,
            url: `${options.publicUrl}/widget/${version}/${fileName}`,
            integrity,
            files: { [fileName]: integrity },
          }),
        )
      },
    },
    {
      path: `/widget/${fileName}`,
      operation: 'getWidget',
      summary: 'The widget, whatever its version',
      type: 'text/javascript',
      handle: (request, response) => sendScript(request, response, 'no-cache'),
    },
    {
      path: `/widget/:version/${fileName}`,
      operation: 'getWidgetVersion',
      summary: 'The widget of one version, for ever the same',
      type: 'text/javascript',
      parameters: { version: '^\\d+\\.\\d+\\.\\d+$' },
      handle: (request, response) => {
        if (request.params['version'] !== version) throw new SallyportError('request.not_found')
        return sendScript(request, response, 'public, max-age=31536000, immutable')
      },
    },
  ]
}

function forOtherOrigins(response: Response): void {
  response.setHeader('Access-Control-Allow-Origin', '*')
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin')
}
