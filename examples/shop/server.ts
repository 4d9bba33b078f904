/**
 * The shop's server: the built pages, one folder an example, and below each of them its chat. A page knows two public
 * things, the publishable key and the capture origin; the secret key stays here, with the agent.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { type AgentSettings, Conversation } from './agent.ts'

export interface ShopSettings extends AgentSettings {
  port: number
  /** The folder of the built pages. */
  pages: string
  /** What stands in built pages, and what this deployment has in its place. */
  replace: Record<string, string>
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}
const bodyBytesMax = 4_000

export async function startShop(settings: ShopSettings): Promise<{ port: number; close(): Promise<void> }> {
  const conversations = new Map<string, Conversation>()
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://shop')
    const [, example = '', ...rest] = pathname.split('/')
    const path = rest.join('/')
    if (path === 'api/say' && request.method === 'POST') {
      const said = await readJson(request)
      await conversationOf(request, response, example).hear(said.text)
      return void response.writeHead(204).end()
    }
    if (path === 'api/messages') return stream(conversationOf(request, response, example), request, response)
    servePage(join(example, path === '' ? 'index.html' : path), response)
  }

  /** A cookie that no script can read says which conversation it is; each example has its own. */
  function conversationOf(request: IncomingMessage, response: ServerResponse, example: string): Conversation {
    const told = /(?:^|; )talk=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
    const found = conversations.get(`${example} ${told}`)
    if (found !== undefined) return found
    const id = randomUUID()
    const begun = new Conversation(settings)
    conversations.set(`${example} ${id}`, begun)
    response.setHeader('set-cookie', `talk=${id}; Path=/${example}/; HttpOnly; SameSite=Strict`)
    return begun
  }

  function servePage(path: string, response: ServerResponse): void {
    const file = join(settings.pages, path)
    const type = types[extname(path)]
    if (type === undefined || path.includes('..') || !existsSync(file)) return void response.writeHead(404).end()
    let text = readFileSync(file, 'utf8')
    for (const [from, to] of Object.entries(settings.replace)) text = text.replaceAll(from, to)
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    response.end(text)
  }

  server.listen(settings.port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, // sound: it listens on a port
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Server-sent events: what was said, then what is being said. */
function stream(conversation: Conversation, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const send = (message: object): void => void response.write(`data: ${JSON.stringify(message)}\n\n`)
  conversation.messages.forEach(send)
  const stop = conversation.listen(send)
  request.once('close', stop)
}

async function readJson(request: IncomingMessage): Promise<{ text: string }> {
  let body = ''
  for await (const chunk of request) {
    body += chunk
    if (body.length > bodyBytesMax) throw new Error('too large')
  }
  return { text: String(JSON.parse(body).text) }
}
