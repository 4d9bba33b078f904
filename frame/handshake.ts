/**
 * The frame's side of the handshake. Comes first in the document's first module. Requirements:
 *
 * 1. A port posted before anyone listens is lost, in every engine: the frame listens first, and then says so itself.
 * 2. The hello goes to whoever embeds us, and so holds nothing: a version, and a nonce that pairs it with its port.
 * 3. An event that a script made passes any check of origin and source: only the browser's own are taken.
 * 4. Only our parent may offer a port, from the origin that the browser itself says it has.
 * 5. One port a document: the first that passes wins. Every later one is closed and reported, for somebody then
 *    stands between us and our widget.
 *
 * Steps: listen (1), hello to '*' (2); for each message: trusted (3), source (4), shape (2), origin (4), first (5).
 */
import { parsePortOffer } from '../protocol/port-to-frame.ts'
import { portVersion, type Hello } from '../protocol/port.ts'

export interface PortTaken {
  port: MessagePort
  /** The embedding page's origin, as the browser said it. */
  origin: string
}

/** What the handshake needs of a window: passed in, so that a test can be one. */
export interface FrameWindow {
  parent: { postMessage(message: unknown, targetOrigin: string): void }
  location: { ancestorOrigins?: ArrayLike<string> }
  crypto: Pick<Crypto, 'getRandomValues'>
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
}

/** Returns at once. `onPort` is called at most once, `onSecond` for each offer after it. Neither throws at the host. */
export function shakeHands(own: FrameWindow, onPort: (taken: PortTaken) => void, onSecond: () => void): void {
  const n = hex(own.crypto.getRandomValues(new Uint8Array(16)))
  let taken = false
  own.addEventListener('message', (event) => {
    if (!event.isTrusted) return
    if (event.source !== own.parent) return
    if (offered(event.data) !== n) return
    const origin = own.location.ancestorOrigins?.[0] ?? event.origin
    const port = event.ports[0]
    if (event.origin !== origin || origin === 'null' || port === undefined || event.ports.length !== 1) return
    if (taken) {
      port.close()
      onSecond()
      return
    }
    taken = true
    onPort({ port, origin })
  })
  const hello: Hello = { sallyport: 'hello', v: portVersion, n }
  own.parent.postMessage(hello, '*')
}

/** The nonce of an offer; an offer that is malformed is no better than none. */
function offered(data: unknown): string | null {
  try {
    return parsePortOffer(data)
  } catch {
    return null
  }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
