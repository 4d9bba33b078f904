/**
 * The host's side of the handshake. Requirements:
 *
 * 1. A port posted before the frame listens is lost: it is sent in answer to the frame's hello, never on `load`, which
 *    also fires where the page was refused.
 * 2. Whoever can post a message could claim to be the frame: events made by scripts pass every check of origin and
 *    source, so the browser's mark of trust is asked first; then the source, the shape, the exact origin.
 * 3. A port that goes from the frame to us could be read by every listener of the page: the channel is made here, and
 *    one port goes to the exact origin, with the hello's nonce. `MessageChannel` is that of load time; the frame's
 *    `postMessage` belongs to another origin, and no script of the page can replace it.
 * 4. Until the frame has spoken on its port, a further hello is a slow page that was loaded again, and gets a fresh port.
 *    After that it is another document, and the channel is lost.
 * 5. No hello in 4 s: loaded once more, unless the person stands in it already: then it is its script that is slow, and
 *    what was typed would go. None in 8 s, or no word on the port: a typed error that names the cause.
 *
 * Steps: listen (1); for each message trusted, source, shape, origin (2), then answer (3, 4); watch the clock (5).
 */
import type { ErrorCode } from '../protocol/errors.ts'
import { portLimits } from '../protocol/limits.ts'
import { isLoopback } from '../protocol/loopback.ts'
import { portVersion, type PortOffer } from '../protocol/port.ts'
import { parseHello } from '../protocol/port-to-host.ts'

const Channel = globalThis.MessageChannel

export interface HandshakeCallbacks {
  /** A port whose other end is on its way to the frame. An earlier one is dead. */
  onPort(port: MessagePort): void
  /** At most once, and after that nothing. */
  onFailure(code: ErrorCode): void
}

export interface Handshake {
  /** The frame has spoken on its port. */
  bound(): void
  end(): void
}

const isEntered = (iframe: HTMLIFrameElement): boolean =>
  (iframe.getRootNode() as Document | ShadowRoot).activeElement === iframe // sound: the root of what is in a page

/** Begins before the iframe gets its address. `origin` is the only origin that is ever answered. */
export function shakeHands(iframe: HTMLIFrameElement, origin: string, callbacks: HandshakeCallbacks): Handshake {
  const life = new AbortController()
  const { signal } = life
  let loads = 0
  let reloads = 0
  let isBound = false
  let greeted = false

  const fail = (code: ErrorCode): void => {
    if (signal.aborted) return
    end()
    callbacks.onFailure(code)
  }

  addEventListener(
    'message',
    (event) => {
      if (!event.isTrusted) return
      if (event.source === null || event.source !== iframe.contentWindow) return
      let n: string | null
      try {
        n = parseHello(event.data)
      } catch {
        return event.origin === origin ? fail('channel.version') : undefined
      }
      if (n === null || event.origin !== origin) return
      if (isBound) return fail('channel.lost')
      greeted = true
      const { port1, port2 } = new Channel()
      const offer: PortOffer = { sallyport: 'port', v: portVersion, n }
      callbacks.onPort(port1)
      iframe.contentWindow?.postMessage(offer, origin, [port2])
    },
    { signal },
  )

  // A document without a hello (an error page, `about:blank`) still loads: one more than we asked for is not ours.
  iframe.addEventListener(
    'load',
    () => {
      loads += 1
      if (isBound && loads > reloads + 1) fail('channel.lost')
    },
    { signal },
  )

  document.addEventListener(
    'securitypolicyviolation',
    (event) => {
      if (event.disposition !== 'enforce' || !/^(frame|child|default)-src/.test(event.effectiveDirective)) return
      if (event.blockedURI.startsWith(origin)) fail('channel.csp')
    },
    { signal },
  )

  const again = setTimeout(() => {
    if (greeted || isEntered(iframe)) return
    reloads += 1
    // Taken out and put back at its place it has another window: the slow page that may still arrive in the old one is
    // not heard. Assigning the address anew would leave the old page alive until the new one commits, and bind it.
    const { parentNode, nextSibling } = iframe
    iframe.remove()
    parentNode?.insertBefore(iframe, nextSibling)
  }, portLimits.helloRetryMs)
  const late = setTimeout(() => {
    if (isBound) return
    // It greeted and never spoke: somebody else answered it first.
    if (greeted) return fail('channel.lost')
    if (!navigator.onLine && !isLoopback(new URL(origin).hostname)) return fail('channel.offline')
    fail(loads > 0 ? 'channel.blocked' : 'channel.timeout')
  }, portLimits.handshakeTimeoutMs)

  function end(): void {
    life.abort()
    clearTimeout(again)
    clearTimeout(late)
  }
  return {
    bound() {
      isBound = true
      clearTimeout(again)
      clearTimeout(late)
    },
    end,
  }
}
