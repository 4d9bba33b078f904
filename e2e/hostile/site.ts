/**
 * Pages of shops and of attackers, from a real server: a name below `localhost` is a site of its own to a browser, and
 * a real one is not refused as loopback from nowhere, as routed answers are. The same server is also a capture origin
 * with one defence less: a proxy before the real intake, under a name of its own for each weakness.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { buildWithout, type Edit } from './weaken.ts'

export interface Said {
  path: string
  bearer: string
  body: Record<string, unknown>
}

/** What is missing at a capture origin; what is not named here is the real thing. */
export interface Weakness {
  /** Lines of the frame that are not there. */
  frame?: Edit[]
  /** The page's headers, to be changed in place. */
  page?(headers: Headers): void
  /** The page's HTML. */
  html?(text: string): string
  /** A request on its way to intake, to be changed in place. */
  ask?(said: Said): void | Promise<void>
  /** What the browser asked of this origin: method, path, and the body as it came. */
  heard?(line: string): void
  /** Intake's answer on its way back, to be changed in place. */
  told?(said: Said, answer: Record<string, unknown>): void
  /** Any site's script may talk to intake. */
  anySite?: boolean
}

export interface Got {
  host: string
  path: string
  body: string
}

const types: Record<string, string> = { js: 'text/javascript', css: 'text/css', html: 'text/html; charset=utf-8' }

export class Site {
  readonly port: number
  /** What came to the attacker's server besides requests for its pages. */
  readonly got: Got[] = []
  readonly #capture: string
  readonly #server: Server
  readonly #files = new Map<string, string>()
  readonly #weak = new Map<string, Weakness & { built?: Map<string, string> }>()

  private constructor(port: number, capture: string) {
    this.port = port
    this.#capture = capture
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy())
    })
  }

  /** @param capture intake's outer door, for Node. */
  static async open(port: number, capture: string): Promise<Site> {
    const site = new Site(port, capture)
    await new Promise<void>((resolve, reject) => {
      site.#server.once('error', reject)
      site.#server.listen(port, '127.0.0.1', resolve)
    })
    return site
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  at = (name: string): string => `http://${name}.localhost:${this.port}`
  /** The tenant allows the first two. */
  get shop(): string {
    return this.at('shop')
  }
  get portal(): string {
    return this.at('portal')
  }
  get evil(): string {
    return this.at('evil')
  }

  #made = 0
  /** The address of a page, on whichever name it is asked for. */
  page(html: string, origin = this.shop): string {
    const path = `/page-${++this.#made}.html`
    this.#files.set(
      path,
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page</title></head>${html}`,
    )
    return origin + path
  }

  /** The address of a widget without these lines. */
  async widgetWithout(edits: Edit[]): Promise<string> {
    const path = `/widget-${++this.#made}.js`
    this.#files.set(path, (await buildWithout('widget', edits)).get('sallyport.js') ?? '')
    return this.shop + path
  }

  /** A capture origin with this weakness. */
  async weak(weakness: Weakness): Promise<string> {
    const name = `weak-${++this.#made}`
    const built = weakness.frame && (await buildWithout('frame', weakness.frame))
    this.#weak.set(name, { ...weakness, ...(built && { built }) })
    return this.at(name)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const host = request.headers.host ?? ''
    const path = new URL(request.url ?? '/', 'http://x').pathname
    const weakness = this.#weak.get(host.split('.')[0] ?? '')
    if (weakness !== undefined) return this.#pass(weakness, path, request, response)
    const file = this.#files.get(path)
    if (file !== undefined) {
      response.setHeader('content-type', types[path.split('.').at(-1) ?? ''] ?? 'text/plain')
      response.setHeader('access-control-allow-origin', '*')
      return void response.end(file)
    }
    const body = await textOf(request)
    if (path !== '/favicon.ico') this.got.push({ host, path: request.url ?? '', body })
    response.setHeader('access-control-allow-origin', '*')
    response.end()
  }

  async #pass(
    weakness: Weakness & { built?: Map<string, string> },
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (weakness.anySite) {
      response.setHeader('access-control-allow-origin', '*')
      response.setHeader('access-control-allow-headers', 'authorization, content-type')
      if (request.method === 'OPTIONS') return void response.end()
    }
    const asset = weakness.built?.get(path.slice(1))
    if (asset !== undefined) {
      response.setHeader('content-type', types[path.split('.').at(-1) ?? ''] ?? '')
      return void response.end(asset)
    }
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const { method = 'GET' } = request
    const sent = method === 'POST' ? await textOf(request) : ''
    weakness.heard?.(`${method} ${path} ${sent}`)
    const said: Said = {
      path,
      bearer: request.headers.authorization?.replace('Bearer ', '') ?? '',
      body: sent.startsWith('{') ? JSON.parse(sent) : {},
    }
    if (method === 'POST') await weakness.ask?.(said)
    const answer = await fetch(this.#capture + request.url, {
      method,
      signal: gone.signal,
      ...(method === 'POST' && {
        body: JSON.stringify(said.body),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${said.bearer}` },
      }),
    })
    const headers = new Headers(answer.headers)
    let text = await answer.text()
    if (path.startsWith('/f/')) {
      text = weakness.built?.get('index.html') ?? text
      text = weakness.html?.(text) ?? text
      weakness.page?.(headers)
    } else if (method === 'POST' && weakness.told !== undefined) {
      const told = JSON.parse(text)
      weakness.told(said, told)
      text = JSON.stringify(told)
    }
    for (const [name, value] of headers) {
      if (!/^(connection|keep-alive|transfer-encoding|content-(length|encoding)|etag)$/.test(name))
        response.setHeader(name, value)
    }
    response.statusCode = answer.status
    response.end(text)
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}
