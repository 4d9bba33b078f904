/** Doors as one writes them without thinking, for the controls: each falls to a check that ours pass. */
import { createServer, type RequestListener, type Server } from 'node:http'
import { connect } from 'node:net'
import express from 'express'
import type { Door, Doors } from './door.ts'

export interface NaiveDoor {
  door: Door
  close(): Promise<void>
}

export async function naiveDoor(like: Door, listener: RequestListener, limits: (server: Server) => void = () => {}) {
  const server = createServer(listener)
  limits(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const door: Door = { ...like, name: 'a naive door', connect: () => connect({ host: '127.0.0.1', port }) }
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { door, close } satisfies NaiveDoor
}

/** Says what it did not find. */
export const echoing = (): express.Express => {
  const app = express()
  app.use((request, response) => {
    const problem = {
      type: 'about:blank',
      code: 'not_found',
      request_id: `req_${'a'.repeat(26)}`,
      title: request.originalUrl,
    }
    response.status(404).setHeader('sallyport-request-id', problem.request_id)
    response.type('application/problem+json').send(JSON.stringify(problem))
  })
  return app
}

/** Express with its own error page; quiet, since what it prints is not what is asked here. */
export const defaultErrors = (): express.Express => express().set('env', 'test').use(express.json())

/** Keeps all of a body. */
export const keepsAll: RequestListener = (request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => response.end(String(Buffer.concat(parts).length)))
}

/** A large answer to anybody, as often as it is asked for. */
export const largeAnswers: RequestListener = (_request, response) => void response.end(Buffer.alloc(60_000, 'x'))

export const patient = (server: Server): void => {
  server.headersTimeout = 0
  server.requestTimeout = 0
}

export const named = (doors: Doors, name: string): Door => {
  const found = doors.all.find((door) => door.name === name)
  if (found === undefined) throw new Error(`no door is called ${name}`)
  return found
}
