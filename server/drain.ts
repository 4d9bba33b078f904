/**
 * How a server ends without losing a request. 1. Every answer from now on says `Connection: close`, so that clients
 * leave by themselves; it still listens, for a connection that was made and not yet taken would be reset. 2. It stops
 * listening at a moment when none waits to be taken. 3. What is under way is answered.
 * 4. Connections on which nothing is under way are closed, and after `cutMs` all of them.
 */
import type { Server, ServerResponse } from 'node:http'
import { Server as Listener } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
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
  let taken = 0
  server.on('connection', () => {
    taken += 1
  })
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
      let closed = false
      server.once('close', () => {
        closed = true
      })
      await quietly(() => taken, Listener.prototype.close.bind(server))
      const patientUntil = Date.now() + httpLimits.headOfRequestMs
      while (!closed) {
        await quietly(
          () => taken,
          () => {
            const now = Date.now()
            // A kept-alive connection whose answer ends now is idle only then; one whose request has begun is not.
            if (now > cutAt || (underWay.size === 0 && now > patientUntil)) server.closeAllConnections()
            else server.closeIdleConnections()
          },
        )
        if (!closed) await delay(stepMs)
      }
      // It no longer listens: this ends the timer that looks for slow requests.
      server.close()
    },
  }
}

const stepMs = 25
/** A turn of the loop in which nothing was done takes a tenth of this. */
const quietTurnMs = 0.5
/** A process that is never quiet ends all the same. */
const quietWithinMs = 1_000

/**
 * Acts at the end of a turn of the event loop in which nothing came in: whatever is closed then has nothing in it that
 * nobody has read. Node takes one connection a turn, so one without means that none waits; a turn that took long did
 * something, or was held up by other processes, and says nothing about now.
 */
function quietly(taken: () => number, act: () => void): Promise<void> {
  return new Promise((resolve) => {
    let before = -1
    let began = 0
    const until = performance.now() + quietWithinMs
    const look = (): void => {
      const now = performance.now()
      if ((before === taken() && now - began < quietTurnMs) || now > until) {
        act()
        return resolve()
      }
      before = taken()
      began = now
      setImmediate(look)
    }
    setImmediate(look)
  })
}

/** An answer that has begun cannot say it any more; its connection is closed when it ends. */
function goodbye(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close')
}

const connections = (server: Server): Promise<number> =>
  new Promise((resolve) => server.getConnections((_error, count) => resolve(count ?? 0)))
