/**
 * Where auditors and witnesses read checkpoints and hashes, and witnesses leave their signatures. Off unless a port is
 * set. It shows no entry, and nothing of it needs to be believed: everything carries its own proof.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { SallyportError } from '../../protocol/errors.ts'
import type { Listen } from '../config.ts'
import type { ShownFile } from '../doors/shown-file.ts'
import { type Drainable, drainable } from '../drain.ts'
import { limitServer, outerServerOptions } from '../http-limits.ts'
import { readBytes } from '../json-body.ts'
import { listenOn } from '../listen.ts'
import type { Log } from '../log.ts'

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
  const answer = async (request: IncomingMessage): Promise<ShownFile | number> => {
    const path = request.url ?? ''
    if (request.method === 'GET') return (await show(path)) ?? 404
    if (request.method !== 'POST' || path !== '/audit/cosignature') return 404
    const taken = take((await readBytes(request, noteBytesMax)).toString('utf8'))
    if (!taken) log.info({ event: 'audit.cosignature_refused' })
    return taken ? 200 : 403
  }
  const server = createServer(outerServerOptions, (request, response) => {
    answer(request).then(
      (given) => send(response, given),
      (error: unknown) => {
        log.warn({ event: 'audit.not_shown', error })
        send(response, error instanceof SallyportError ? error.status : 500)
      },
    )
  })
  limitServer(server, { body: ({ code }) => ({ code }) })
  await listenOn(server, listen)
  return drainable(server)
}

function send(response: ServerResponse, given: ShownFile | number): void {
  const file: ShownFile = typeof given === 'number' ? { type: 'text/plain', body: Buffer.alloc(0), cacheS: 0 } : given
  response.writeHead(typeof given === 'number' ? given : 200, {
    'content-type': file.type,
    'content-length': file.body.length,
    'cache-control': file.cacheS === 0 ? 'no-store' : `public, max-age=${file.cacheS}, immutable`,
    'x-content-type-options': 'nosniff',
  })
  response.end(file.body)
}
