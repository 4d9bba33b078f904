/** A screen in this process, a gateway that keeps what it is told, and small clients for both of its routes. */
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeLog } from '../../log.ts'
import { type RunningScreen, type ScreenDeps, startScreen } from '../start.ts'

export const keys = { first: `sk_test_${'a'.repeat(26)}`, second: `sk_test_${'b'.repeat(26)}` }

export interface Told {
  authorization: string | undefined
  key: string | string[] | undefined
  body: { conversation: string; surface: string; findings: { kind: string; spans: object[] }[] }
}

export interface TestScreen {
  url: string
  running: RunningScreen
  told: Told[]
  /** Statuses that the gateway answers next, instead of 201. */
  answers: number[]
  log(): string
  say(body: object, options?: { key?: string | null }): Promise<{ status: number; body: Answer; text: string }>
  /** Sends pieces one by one, each after the answer to those before was read for a moment. */
  stream(pieces: readonly (string | Uint8Array)[], options?: StreamOptions): Promise<Streamed>
  close(): Promise<void>
}
export interface StreamOptions {
  key?: string
  query?: Record<string, string>
  type?: string
  pauseMs?: number
  /** Leaves after the last piece, instead of ending the request. */
  leave?: boolean
}
export interface Streamed {
  status: number
  /** What had been released when the n-th piece was sent. */
  after: string[]
  text: string
  frames: Record<string, unknown>[]
}
interface Answer {
  // Tests look into it; what is wrong fails them.
  // biome-ignore lint/suspicious/noExplicitAny: an answer of the server, whose shape the tests are about.
  [name: string]: any
}

export async function testScreen(deps: ScreenDeps = {}): Promise<TestScreen> {
  const lines: string[] = []
  const told: Told[] = []
  const answers: number[] = []
  const gateway = createServer(async (request, response) => {
    let text = ''
    for await (const piece of request) text += String(piece)
    const { authorization, 'idempotency-key': key } = request.headers
    told.push({ authorization, key, body: JSON.parse(text) })
    const status = answers.shift() ?? 201
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(status === 201 ? { id: `evt_${'a'.repeat(26)}`, count: 1 } : { code: 'auth.unauthenticated' }),
    )
  })
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
  // Sound: it listens on TCP.
  const gatewayUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
  const running = await startScreen(
    {
      role: 'screen',
      listen: { host: '127.0.0.1', port: 0 },
      public_url: 'https://screen.example',
      gateway_url: gatewayUrl,
    },
    { log: makeLog('screen', { write: (line: string) => void lines.push(line) }), reportPauseMs: 5, ...deps },
  )
  const url = `http://127.0.0.1:${running.port}`

  return {
    url,
    running,
    told,
    answers,
    log: () => lines.join(''),
    async say(body, { key = keys.first } = {}) {
      const response = await fetch(`${url}/v1/screen`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key !== null && { authorization: `Bearer ${key}` }) },
        body: JSON.stringify(body),
      })
      const text = await response.text()
      return { status: response.status, body: JSON.parse(text), text }
    },
    stream: (pieces, options) => streamTo(running.port, pieces, options),
    async close() {
      await running.close()
      gateway.closeAllConnections()
      await new Promise((resolve) => gateway.close(resolve))
    },
  }
}

/** Node's own client: `fetch` reads an answer only when its request is whole. */
function streamTo(
  port: number,
  pieces: readonly (string | Uint8Array)[],
  options: StreamOptions = {},
): Promise<Streamed> {
  const { key = keys.first, query = {}, type = 'text/plain', pauseMs = 15, leave = false } = options
  const search = new URLSearchParams({ conversation: 'talk-1', speaker: 'customer', ...query })
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      ...{ port, host: '127.0.0.1', method: 'POST', path: `/v1/screen/stream?${search}` },
      headers: { authorization: `Bearer ${key}`, 'content-type': type },
    })
    let raw = ''
    const frames = () =>
      raw
        .split('\n')
        .filter((line) => line !== '')
        .map((line): Record<string, unknown> => JSON.parse(line))
    const released = () =>
      frames()
        .map(({ text = '' }) => String(text))
        .join('')
    const after: string[] = []
    let left = false
    request.on('response', (response) => {
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        raw += chunk
      })
      const done = (): void => {
        if (left) return
        resolve({ status: response.statusCode ?? 0, after, text: released(), frames: frames() })
      }
      response.on('end', done)
      response.on('error', reject)
    })
    request.on('error', (error) => (left ? undefined : reject(error)))
    void (async () => {
      for (const piece of pieces) {
        request.write(piece)
        await new Promise((go) => setTimeout(go, pauseMs))
        after.push(released())
      }
      if (!leave) return request.end()
      left = true
      request.destroy()
      resolve({ status: 0, after, text: released(), frames: frames() })
    })()
  })
}
