/**
 * Stand-ins for both sides of a card form: an intake that answers as a test wants it to, and a host page as strict as
 * hosts get. Frame and widget between them are the built ones. The real intake is driven by the road's tests; here it
 * is what goes wrong that counts.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { captureAad, captureInfo, shownBytes } from '../crypto/capture-binding.ts'
import { type Card, decodeCard, decodeCvc } from '../crypto/card-bytes.ts'
import { generateKeyPair, type HpkeKeyPair, open, privateDh } from '../crypto/hpke-node.ts'
import type { AttachAnswer, ProgressItem, SealingKey, SubmitRequest } from '../protocol/capture-http.ts'
import type { CaptureState } from '../protocol/capture-states.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import { makeId } from '../protocol/ids.ts'
import { inOtherWords, readLanguages } from '../server/intake/languages.ts'

const dist = join(import.meta.dirname, '..', 'dist')
export const languages = readLanguages(join(dist, 'frame'))
const formPages = languages.pages('index')

export interface OpenedCard {
  number: string
  expMonth: number
  expYear: number
  cvc: string | undefined
  name: string | undefined
  network?: string
}

function openedCard(card: Card): OpenedCard {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
  return {
    number: card.number.use(text),
    expMonth: card.expMonth,
    expYear: card.expYear,
    cvc: card.cvc?.use(text),
    name: card.name,
    ...(card.network && { network: card.network }),
  }
}

type Reply = { status: number; body: object } | 'lost'
export const problem = (status: number, code: ErrorCode, more: object = {}): Reply => ({
  status,
  body: { type: 'about:blank', title: code, status, code, request_id: 'req_x', ...more },
})

/** One capture, as long as a test needs it. */
export class FakeIntake {
  readonly captureId = makeId('cap_')
  readonly clientSecret = `cs_${'x'.repeat(40)}`
  readonly token = makeId('tok_test_')
  readonly items: ProgressItem[] = []
  readonly submissions: string[] = []
  readonly opened: OpenedCard[] = []
  /** Security codes that came alone. */
  readonly codes: string[] = []
  state: CaptureState = 'created'
  sequence = 1
  epoch = 0
  offer: Partial<AttachAnswer> = {}
  /** Asked before the usual answer; undefined goes on. */
  before: (path: string, body: unknown) => Reply | undefined | Promise<Reply | undefined> = () => undefined
  #pairs = new Map<string, HpkeKeyPair>()
  #key: SealingKey | null = null
  readonly #waiting = new Set<() => void>()

  get key(): SealingKey {
    return this.#key ?? this.newKey()
  }

  newKey(): SealingKey {
    const pair = generateKeyPair('x25519')
    const key_id = `key_${this.#pairs.size}`
    this.#pairs.set(key_id, pair)
    const key: SealingKey = {
      key_id,
      public_key: Buffer.from(pair.publicKey).toString('base64url'),
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    }
    this.#key = key
    return key
  }

  moveTo(state: CaptureState): void {
    this.state = state
    this.sequence += 1
    for (const wake of this.#waiting) wake()
  }

  async answer(path: string, body: Record<string, unknown>, signal: AbortSignal): Promise<Reply> {
    const first = await this.before(path, body)
    if (first !== undefined) return first
    switch (path) {
      case '/v1/attach':
        return { status: 200, body: this.attach(body['lang']) }
      case '/v1/progress': {
        this.items.push(...(body['items'] as ProgressItem[]))
        if (this.state === 'offered') this.moveTo('collecting')
        return this.told()
      }
      case '/v1/submit':
        return this.submit(body as unknown as SubmitRequest)
      case '/v1/cancel': {
        this.moveTo('canceled')
        return this.told()
      }
      case '/v1/watch': {
        if (this.sequence <= Number(body['after'])) {
          await new Promise<void>((resolve) => {
            this.#waiting.add(resolve)
            signal.addEventListener('abort', () => resolve())
          })
        }
        return this.told()
      }
      default:
        return problem(404, 'request.not_found')
    }
  }

  private told(): Reply {
    return { status: 200, body: { state: this.state, sequence: this.sequence } }
  }

  attached(): AttachAnswer {
    return {
      epoch: this.epoch,
      session_secret: `ss_${'y'.repeat(40)}`,
      state: this.state,
      purpose: 'pay',
      fields: ['number', 'expiry', 'cvc'],
      tenant: 'ten_x',
      origin: 'http://shop.localhost',
      business: 'Northwind Coffee',
      amount: { amount_minor: 4200, currency: 'EUR' },
      locale: 'en-IE',
      mode: 'sandbox',
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
      key: this.key,
      ...this.offer,
    }
  }

  private attach(lang: unknown): AttachAnswer {
    this.epoch += 1
    if (this.state === 'created') this.moveTo('offered')
    const answer = this.attached()
    return { ...answer, ...inOtherWords(languages, answer.locale, typeof lang === 'string' ? lang : undefined) }
  }

  private async submit(request: SubmitRequest): Promise<Reply> {
    const bytes = request.enc + request.ciphertext
    const repeat = this.submissions.includes(bytes) && this.state === 'completed'
    this.submissions.push(bytes)
    const pair = this.#pairs.get(request.key_id)
    if (pair === undefined || request.key_id !== this.key.key_id)
      return problem(409, 'channel.key_expired', { key: this.key })
    if (!repeat) {
      const { tenant, origin } = this.attached()
      const shownHash = Buffer.from(await crypto.subtle.digest('SHA-256', shownBytes(this.attached()))).toString(
        'base64url',
      )
      const aad = captureAad({
        capture: this.captureId,
        epoch: this.epoch,
        keyId: request.key_id,
        build: request.build,
        shownHash,
      })
      const plaintext = open({
        kem: 'x25519',
        publicKey: pair.publicKey,
        dh: privateDh('x25519', pair.privateKey),
        info: captureInfo(tenant, origin),
        aad,
        enc: Buffer.from(request.enc, 'base64url'),
        ciphertext: Buffer.from(request.ciphertext, 'base64url'),
      })
      const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
      if (this.attached().card !== undefined) this.codes.push(decodeCvc(plaintext).use(text))
      else this.opened.push(openedCard(decodeCard(plaintext)))
      this.moveTo('completed')
    }
    const last = this.opened.at(-1)
    return {
      status: 200,
      body: {
        status: 'completed',
        token: this.token,
        brand: last?.number.startsWith('3') ? 'amex' : 'visa',
        last4: last?.number.slice(-4),
        ...this.attached().card,
      },
    }
  }
}

/** The frame's CSP as intake sends it (DESIGN §6). */
const framePolicy = (ancestors: string): string =>
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; form-action 'none'; " +
  `base-uri 'none'; frame-ancestors ${ancestors}; require-trusted-types-for 'script'; trusted-types 'none'`

export interface Doors {
  host: string
  capture: string
  /** What frame documents reported as violations of their own policy. */
  frameViolations: string[]
  intake: FakeIntake
  /** The address of another page of the host, with headers of its own. */
  serve(headers: Record<string, string>, html: string): string
  /** Where the widget's file is for pages that take it from another origin, as from the gateway. */
  gateway: string
  close(): Promise<void>
}

const types: Record<string, string> = {
  js: 'text/javascript',
  css: 'text/css',
  json: 'application/json',
  html: 'text/html; charset=utf-8',
}

export async function openDoors(): Promise<Doors> {
  const state = { intake: new FakeIntake() }
  const frameViolations: string[] = []
  const capture = await listen(async (request, response) => {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://x')
    response.setHeader('cross-origin-embedder-policy', 'require-corp')
    response.setHeader('cross-origin-resource-policy', 'cross-origin')
    if (path === '/csp') {
      frameViolations.push(await textOf(request))
      return void response.end()
    }
    if (path.startsWith('/f/')) {
      const blocked = await state.intake.before(path, null)
      if (blocked === 'lost') return void request.socket.destroy()
      const ancestors = /^\/f\/pk_(test|live)_unknown/.test(path) ? "'none'" : hostUrl
      response.setHeader('content-security-policy', `${framePolicy(ancestors)}; report-uri /csp`)
      response.setHeader('cache-control', 'no-store')
      const accepted = (request.headers['accept-language'] ?? '').split(',').map((one) => one.replace(/;.*/, '').trim())
      const lang = languages.choose(searchParams.get('lang'), accepted)
      return send(response, 'html', formPages(lang).whole)
    }
    if (path.startsWith('/assets/')) {
      return send(response, path.split('.').at(-1) ?? '', readFileSync(join(dist, 'frame', path)))
    }
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const reply = await state.intake.answer(path, JSON.parse((await textOf(request)) || '{}'), gone.signal)
    if (reply === 'lost') return void request.socket.destroy()
    response.statusCode = reply.status
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(reply.body))
  })
  const captureUrl = `http://capture.localhost:${portOf(capture)}`
  const pages = new Map<string, { headers: Record<string, string>; html: string }>()
  const host = await listen((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x')
    if (/^\/(widget\/[\d.]+\/)?sallyport\.js$/.test(url.pathname)) {
      response.setHeader('access-control-allow-origin', '*')
      response.setHeader('cross-origin-resource-policy', 'cross-origin')
      return send(response, 'js', readFileSync(join(dist, 'widget', 'sallyport.js')))
    }
    if (/^\/(sallyport-guard\.js|guard\/[\w-]+\.json)$/.test(url.pathname))
      return send(response, url.pathname.split('.').at(-1) ?? '', readFileSync(join(dist, 'widget', url.pathname)))
    const own = pages.get(url.pathname)
    if (own !== undefined) {
      for (const [name, value] of Object.entries(own.headers)) response.setHeader(name, value)
      return send(response, 'html', Buffer.from(own.html))
    }
    if (/^\/client\/(chunks\/)?[\w-]+\.js$/.test(url.pathname))
      return send(response, 'js', readFileSync(join(dist, url.pathname)))
    if (url.pathname !== '/') {
      response.statusCode = 404
      return void response.end()
    }
    const { nonce } = plainPage
    const frames = url.searchParams.has('noframes') ? "'none'" : captureUrl
    response.setHeader(
      'content-security-policy',
      `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; frame-src ${frames}; img-src 'self'; base-uri 'none'; ` +
        "require-trusted-types-for 'script'; trusted-types 'none'",
    )
    if (url.searchParams.has('coep')) response.setHeader('cross-origin-embedder-policy', 'require-corp')
    send(
      response,
      'html',
      Buffer.from(
        hostPage({
          ...plainPage,
          capture: captureUrl,
          key: url.searchParams.get('key') ?? plainPage.key,
          scheme: url.searchParams.get('scheme') ?? plainPage.scheme,
          preset: url.searchParams.get('preset') ?? plainPage.preset,
          lang: url.searchParams.get('lang') ?? plainPage.lang,
          ...(url.searchParams.has('package') && { script: '/client/define.js' }),
        }),
      ),
    )
  })
  const hostUrl = `http://shop.localhost:${portOf(host)}`
  return {
    host: hostUrl,
    capture: captureUrl,
    gateway: `http://127.0.0.1:${portOf(host)}`,
    serve(headers, html) {
      const path = `/page-${pages.size}.html`
      pages.set(path, { headers, html })
      return hostUrl + path
    },
    frameViolations,
    get intake() {
      return state.intake
    },
    set intake(intake) {
      state.intake = intake
    },
    close: async () => {
      for (const server of [capture, host]) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
}

export interface PageOptions {
  nonce: string
  capture: string
  key: string
  scheme: string
  preset: string
  lang: string
  script: string
}

/** For `hostPage` served from another path, with the key and the script of the usual one. */
export const plainPage: Omit<PageOptions, 'capture'> = {
  nonce: 'n0nce',
  key: `pk_test_${'k'.repeat(24)}`,
  scheme: 'light',
  preset: 'bubble',
  lang: 'en',
  script: '/sallyport.js',
}

/** A chat of a few lines; the element sits in two nested closed shadow roots. Everything the page hears is kept. */
export const hostPage = ({ nonce, capture, key, scheme, preset, lang, script }: PageOptions): string => `<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Northwind Coffee</title>
<style nonce="${nonce}">
  :root { color-scheme: ${scheme}; }
  body { margin: 0; font: 16px/1.5 system-ui, sans-serif; background: light-dark(#f3f4f6, #0e0f11); color: light-dark(#14171c, #f1f3f6); }
  main { max-width: 420px; margin: 0 auto; padding: 16px 12px; }
</style>
<script nonce="${nonce}">
  window.heard = { messages: [], violations: [], events: [], shifts: 0 }
  addEventListener('message', (event) => heard.messages.push(JSON.stringify(event.data)), true)
  document.addEventListener('securitypolicyviolation', (event) => heard.violations.push(event.effectiveDirective + ' ' + event.blockedURI + ' ' + event.sample))
  for (const name of ['ready', 'progress', 'complete', 'cancel', 'error']) addEventListener('sallyport:' + name, (event) => {
    const { captureId, field, status, level, code, brand, last4, token, fatal } = event
    heard.events.push({ name, captureId, field, status, level, code, brand, last4, token, fatal })
  })
</script>
<script type="module" nonce="${nonce}" src="${script}"></script>
</head><body><main><h1>Chat</h1><p id="before">Your order comes to 42 euros. You can pay right here.</p><div id="outer"></div>
<p><label for="composer">Message</label> <input id="composer"></p></main>
<script nonce="${nonce}">
  const inner = document.createElement('div')
  document.getElementById('outer').attachShadow({ mode: 'closed' }).append(inner)
  window.place = inner.attachShadow({ mode: 'closed' })
  window.element = document.createElement('sallyport-capture')
  element.setAttribute('publishable-key', '${key}')
  element.setAttribute('frame-origin', '${capture}')
  element.setAttribute('preset', '${preset}')
  place.append(element)
  window.ask = (request) => customElements.whenDefined('sallyport-capture').then(() => element.request(request)).then(
    (result) => ({ ok: true, ...result }), (error) => ({ ok: false, name: error.name, code: error.code, retryable: error.retryable }))
</script></body></html>`

function send(response: ServerResponse, kind: string, body: Buffer): void {
  response.setHeader('content-type', types[kind] ?? 'application/octet-stream')
  response.end(body)
}

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Server> {
  const server = createServer((request, response) => {
    Promise.resolve(handle(request, response)).catch((error) => {
      response.statusCode = 500
      response.end(String(error))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}
