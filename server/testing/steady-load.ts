/**
 * Clients that never stop asking, for a test of what a restart loses. They keep their connections, as agents and
 * browsers do, and send a request again only where the connection itself was refused: not one byte had left.
 */
import { Agent, request } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'

export interface Ask {
  method: 'GET' | 'POST'
  path: string
  headers?: Record<string, string>
  body?: object
}

export interface Told {
  status: number
  body: string
}

export interface Client {
  /** Rejects when the request was lost: cut off, reset or refused midway. */
  ask(ask: Ask): Promise<Told>
  /** How often nobody listened. */
  refused(): number
  close(): void
}

const patienceMs = 15_000

/** `ca`: the certificate of a door that speaks HTTPS. */
export function client(baseUrl: string, ca?: string): Client {
  const { hostname, port, protocol } = new URL(baseUrl)
  const secure = protocol === 'https:'
  const agent = secure
    ? new SecureAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) })
    : new Agent({ keepAlive: true })
  const send = secure ? secureRequest : request
  let refused = 0

  const once = ({ method, path, headers = {}, body }: Ask): Promise<Told> =>
    new Promise((resolve, reject) => {
      const bytes = body === undefined ? '' : JSON.stringify(body)
      const typed = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': bytes.length }
      const outgoing = send({ hostname, port, agent, method, path, headers: { ...headers, ...typed } }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part) => {
          text += part
        })
        answer.once('error', reject)
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: text }))
      })
      outgoing.once('error', reject)
      outgoing.end(bytes)
    })

  return {
    async ask(what) {
      const until = Date.now() + patienceMs
      for (;;) {
        try {
          return await once(what)
        } catch (error) {
          const unsent = error instanceof Error && 'syscall' in error && error.syscall === 'connect'
          if (!unsent || Date.now() > until) throw error
          refused += 1
          await delay(25)
        }
      }
    },
    refused: () => refused,
    close: () => agent.destroy(),
  }
}

export interface Load {
  answered(): number
  /** What went wrong: an unexpected answer, or a request that was lost. */
  lost: string[]
  stop(): Promise<void>
}

/** So many at once, each again and again until stopped. */
export function steadily(clients: number, turn: (client: number, n: number) => Promise<void>): Load {
  const lost: string[] = []
  let answered = 0
  let stopped = false
  const run = async (which: number): Promise<void> => {
    for (let n = 0; !stopped; n += 1) {
      try {
        await turn(which, n)
        answered += 1
      } catch (error) {
        lost.push(error instanceof Error ? `${error.message} ${'code' in error ? error.code : ''}` : 'unknown')
      }
      await delay(10)
    }
  }
  const running = Array.from({ length: clients }, (_, which) => run(which))
  return {
    answered: () => answered,
    lost,
    stop: async () => {
      stopped = true
      await Promise.all(running)
    },
  }
}
