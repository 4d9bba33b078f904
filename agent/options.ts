import { isLoopback } from '../protocol/loopback.ts'

/** What `createSallyport` is given. */
export interface SallyportOptions {
  /** The gateway, e.g. `https://pay.example`. Plain http only on the loopback, unless said otherwise below. */
  baseUrl: string
  /** `sk_test_…` or `sk_live_…`. It stays in this process: no error, log line or event of this client holds it. */
  secretKey: string
  /** Instead of the global `fetch`: a proxy, a recorder, a test. */
  fetch?: typeof fetch
  /** One request may take that long; a charge waits for a processor. 60 s by default. */
  timeoutMs?: number
  /** How often a request that may safely be sent again is sent again. 4 by default. */
  retriesMax?: number
  /** The first pause before a retry; each further one is twice as long, with jitter. 250 ms by default. */
  retryBaseMs?: number
  /** The secret key would cross a network unencrypted. */
  dangerouslyAllowHttp?: boolean
}

export interface Settings {
  base: string
  secretKey: string
  fetch: typeof fetch
  timeoutMs: number
  retriesMax: number
  retryBaseMs: number
}

/** Checks the options once. Throws TypeError with the option's name, never with its value. */
export function readOptions(options: SallyportOptions): Settings {
  // A key with a line break would come back inside the error message of `fetch`.
  if (!/^sk_(test|live)_[A-Za-z0-9_-]{8,128}$/.test(options.secretKey))
    throw new TypeError('secretKey: not a secret key (sk_test_… or sk_live_…)')
  if (!URL.canParse(options.baseUrl)) throw new TypeError('baseUrl: not a URL')
  const url = new URL(options.baseUrl)
  const mayBePlain = options.dangerouslyAllowHttp === true || isLoopback(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && mayBePlain)) {
    throw new TypeError('baseUrl: the secret key only travels over https, or to the loopback')
  }
  return {
    base: url.origin + url.pathname.replace(/\/+$/, ''),
    secretKey: options.secretKey,
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    timeoutMs: options.timeoutMs ?? 60_000,
    retriesMax: options.retriesMax ?? 4,
    retryBaseMs: options.retryBaseMs ?? 250,
  }
}
