/**
 * How a server ends without losing a request. 1. Every answer from now on says `Connection: close`, so that clients
 * leave by themselves; it still listens, for a connection that was made and not yet taken would be reset. 2. It stops
 * listening, right after a turn of the loop in which it took all that waited. 3. What is under way is answered.
 * 4. Connections on which nothing is under way are closed, and after `cutMs` all of them.
 */
import type { Server, ServerResponse } from 'node:http'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { httpLimits } from './http-limits.ts'

export interface DrainOptions {
  /** How long clients are given to come by and be told. 0 where nobody will be there afterwards, as in tests. */
  lingerMs?: number
  /** After this what is still under way is cut off. */
  cutMs?: number
}

export interface Drainable {
  readonly draining: boolean
  drain(options?: DrainOptions): Promise<void>
}

export function drainable(server: Server): Drainable {
  const underWay = new Set<ServerResponse>()
  let draining = false
  server.prependListener('request', (_request, response: ServerResponse) => {
    underWay.add(response)
    response.once('close', () => underWay.delete(response))
    if (draining) goodbye(response)
  })
  return {
    get draining() {
      return draining
    },
    async drain({ lingerMs = 0, cutMs = httpLimits.drainMs } = {}) {
      draining = true
      const cutAt = Date.now() + cutMs
      for (const response of underWay) goodbye(response)
      const until = Date.now() + lingerMs
      while (Date.now() < until && (await connections(server)) > 0) await delay(stepMs)
      await turn()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const patientUntil = Date.now() + httpLimits.headOfRequestMs
      // A kept-alive connection whose answer ends now is idle only then; one whose request has begun to come is not.
      const step = setInterval(() => {
        const now = Date.now()
        if (now > cutAt || (underWay.size === 0 && now > patientUntil)) server.closeAllConnections()
        else server.closeIdleConnections()
      }, stepMs)
      await closed
      clearInterval(step)
    },
  }
}

const stepMs = 25

/** An answer that has begun cannot say it any more; its connection is closed when it ends. */
function goodbye(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close')
}

const connections = (server: Server): Promise<number> =>
  new Promise((resolve) => server.getConnections((_error, count) => resolve(count ?? 0)))
