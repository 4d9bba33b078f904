/**
 * Where auditors and witnesses read checkpoints and hashes, and witnesses leave their signatures. Off unless a port is
 * set. It shows no entry, and nothing of it needs to be believed: everything carries its own proof.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { SallyportError } from '../../protocol/errors.ts'
import { makeId } from '../../protocol/ids.ts'
import type { Listen } from '../config.ts'
import { problemBody } from '../doors/inner-door.ts'
import type { ShownFile } from '../doors/shown-file.ts'
import { type Drainable, drainable } from '../drain.ts'
import { limitServer, outerServerOptions } from '../http-limits.ts'
import { readBytes } from '../json-body.ts'
import { listenOn } from '../listen.ts'
import type { Log } from '../log.ts'
import { problemType, requestIdHeader } from '../problem-document.ts'

export interface PublicDoorOptions {
  listen: Listen
  log: Log
  show: (path: string) => Promise<ShownFile | null>
  /** A cosigned checkpoint; false where it is none that is wanted. */
  take: (note: string) => boolean
}

/** A checkpoint with a few signatures is below a kilobyte. */
const noteBytesMax = 16_384

export async function publicDoor({ listen, log, show, take }: PublicDoorOptions): Promise<Drainable> {
  const answer = async (request: IncomingMessage): Promise<ShownFile> => {
    const { method, url = '' } = request
    if (method === 'GET') {
      const file = await show(url)
      if (file !== null) return file
    } else if (method === 'POST' && url === '/audit/cosignature') {
      if (!take((await readBytes(request, noteBytesMax)).toString('utf8'))) throw new SallyportError('auth.forbidden')
      return { type: 'application/json', body: Buffer.from('{}'), cacheS: 0 }
    }
    throw new SallyportError('request.not_found')
  }
  const server = createServer(outerServerOptions, (request, response) => {
    const requestId = makeId('req_')
    answer(request).then(
      (file) => send(response, 200, file, requestId),
      (error: unknown) => {
        const known = error instanceof SallyportError ? error : new SallyportError('system.internal', { cause: error })
        const fields = { event: 'audit.not_shown', request_id: requestId, code: known.code }
        if (known.status >= 500) log.error({ ...fields, error })
        else log.info(fields)
        const body = Buffer.from(JSON.stringify(problemBody(known, requestId)))
        send(response, known.status, { type: problemType, body, cacheS: 0 }, requestId)
      },
    )
  })
  limitServer(server, {
    body: problemBody,
    tell: ({ code }, requestId) => log.info({ event: 'audit.not_shown', request_id: requestId, code }),
  })
  await listenOn(server, listen)
  return drainable(server)
}

function send(response: ServerResponse, status: number, { type, body, cacheS }: ShownFile, requestId: string): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, {
    'content-type': type,
    'content-length': body.length,
    'cache-control': cacheS === 0 ? 'no-store' : `public, max-age=${cacheS}, immutable`,
    'x-content-type-options': 'nosniff',
    [requestIdHeader]: requestId,
  })
  response.end(body)
}
