/**
 * One iframe, from its creation to its end: one document, one handshake, one port, one capture. A further capture gets
 * a frame of its own, so that no state survives.
 */
import type { ErrorCode } from '../protocol/errors.ts'
import { ElementError } from './element-error.ts'
import type { ThemeNotes } from '../protocol/look/tokens.ts'
import type { FrameEvent } from '../protocol/port-to-host.ts'
import { deferred } from './deferred.ts'
import { shakeHands, type Handshake } from './handshake.ts'
import { FramePort, type FrameCommands } from './port.ts'

export interface FrameOptions {
  /** The capture origin, exactly. */
  origin: string
  /** Of the form's page, on that origin. */
  address: string
  /** For screen readers. */
  title: string
  onEvent(event: FrameEvent): void
  /** At most once. The frame is closed by then. */
  onFailure(code: ErrorCode): void
}

/** As the gateway makes them. */
export const publishableKeyPattern = /^pk_(test|live)_[A-Za-z0-9]{20,60}$/

export class Frame {
  readonly element: HTMLIFrameElement
  readonly address: string
  /** A capture was opened here, or it failed: the next one takes another frame. */
  spent = false
  /** Rejects with a SallyportError; has a handler, so that nobody needs to listen. */
  readonly bound: Promise<void>
  readonly #handshake: Handshake
  readonly #options: FrameOptions
  #port: FramePort | null = null
  readonly #settle = deferred<void>()
  #isBound = false
  #closed = false

  constructor(options: FrameOptions) {
    this.#options = options
    this.address = options.address
    this.bound = this.#settle.promise
    this.bound.catch(() => {})
    const iframe = document.createElement('iframe')
    iframe.title = options.title
    // Least that works (DESIGN §6): forms for the submit event, same-origin for fetch; no popups, no top navigation.
    iframe.setAttribute('sandbox', 'allow-scripts allow-forms allow-same-origin')
    iframe.setAttribute('allow', 'payment; publickey-credentials-get')
    // `no-referrer` would hide ancestorOrigins from the frame in Firefox.
    iframe.setAttribute('referrerpolicy', 'strict-origin')
    iframe.setAttribute('part', 'frame')
    this.element = iframe
    this.#handshake = shakeHands(iframe, options.origin, {
      onPort: (port) => this.#take(port),
      onFailure: (code) => this.#fail(code),
    })
    iframe.setAttribute('src', this.address)
  }

  /** As `FramePort.call`, once the port is bound. */
  async call<N extends keyof FrameCommands>(name: N, ...input: Parameters<FrameCommands[N]>): Promise<ThemeNotes> {
    await this.bound
    if (this.#port === null) throw new ElementError('channel.lost')
    return this.#port.call(name, ...input)
  }

  /** Closes the port and the listeners; what is pending is rejected. The element stays where it is. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.spent = true
    this.#handshake.end()
    this.#port?.close()
    this.#settle.reject(new ElementError('channel.lost'))
  }

  /** The capture has ended: its last view stays, and says nothing more. */
  retire(): void {
    this.spent = true
    this.#handshake.end()
  }

  #take(raw: MessagePort): void {
    this.#port?.close()
    this.#port = new FramePort(raw, {
      onEvent: (event) => this.#heard(event),
      onMalformed: () => this.#fail('channel.version'),
    })
  }

  /** The first event is the height, sent as soon as the frame has its port. */
  #heard(event: FrameEvent): void {
    if (!this.#isBound) {
      this.#isBound = true
      this.#handshake.bound()
      this.#settle.resolve()
    }
    this.#options.onEvent(event)
  }

  #fail(code: ErrorCode): void {
    if (this.#closed) return
    this.#settle.reject(new ElementError(code))
    this.close()
    this.#options.onFailure(code)
  }
}
