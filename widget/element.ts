/** **collect**, as a page sees it: a request goes into a frame, and hints come out. Never holds a digit. */
import { ReactiveElement, type PropertyValues } from '@lit/reactive-element'
import { SallyportError, type ErrorCode } from '../protocol/errors.ts'
import { ElementError } from './element-error.ts'
import type { CaptureLink } from '../protocol/link.ts'
import { captureIdPattern, clientSecretPattern, matches, type OpenCommand } from '../protocol/port.ts'
import type { FrameEvent } from '../protocol/port-to-host.ts'
import {
  CaptureCancelEvent,
  CaptureCompleteEvent,
  CaptureErrorEvent,
  CaptureProgressEvent,
  CaptureReadyEvent,
  CaptureThemeEvent,
} from './events.ts'
import { deferred } from './deferred.ts'
import { explainBlocked, explainTheme } from './explain.ts'
import { Frame, publishableKeyPattern } from './frame.ts'
import { linkCard } from './link-card.ts'
import { keepAlive } from './liveness.ts'
import { isNarrow, lookOf, prefersDark, presetOf } from './look.ts'
import { Stage } from './stage.ts'
import { styles } from './styles.ts'
import type { CaptureRequest, CaptureResult, SallyportCaptureElement } from './surface.ts'
import { failureFor, ownWords } from './words.ts'

interface Running {
  captureId: string
  promise: Promise<CaptureResult>
  resolve(result: CaptureResult): void
  reject(reason: unknown): void
  command: OpenCommand
  frame: Frame | null
}

/** A request by event belongs to the first element that hears it. */
const claimed = new WeakSet<Event>()

/**
 * `<sallyport-capture publishable-key frame-origin>`: the place in a chat where a card is typed, in a frame of another
 * origin that this element never sees into. The frame is there from the beginning, without height, so that it takes
 * keys at once when the agent asks. Lit's element without Lit's templates: those make a Trusted Types policy at import,
 * which a page with a list of its own refuses, and are a fifth of what may be loaded here.
 */
export class SallyportCapture extends ReactiveElement implements SallyportCaptureElement {
  static override properties = {
    publishableKey: { attribute: 'publishable-key' },
    frameOrigin: { attribute: 'frame-origin' },
    colorScheme: { attribute: 'color-scheme' },
    locale: {},
    preset: {},
    font: { attribute: false },
  }

  static override styles = styles

  declare publishableKey: string
  declare frameOrigin: string
  /** `light` or `dark`; without it, as the element's own style and the system say. */
  declare colorScheme: string | undefined
  /** A language tag; without it, the page's. */
  declare locale: string | undefined
  declare preset: string | undefined
  declare font: ArrayBuffer | undefined

  #notice: HTMLElement | null = null
  #link: HTMLElement | null = null
  #linkOver: ReturnType<typeof setTimeout> | undefined
  readonly #stage = new Stage()
  #frame: Frame | null = null
  #running: Running | null = null
  readonly #onRequest = (event: Event): void => this.#requested(event)
  readonly #onMedia = (): void => this.dress()

  constructor() {
    super()
    this.publishableKey = ''
    this.frameOrigin = ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('sallyport:request', this.#onRequest)
    for (const media of watched) matchMedia(media).addEventListener('change', this.#onMedia)
    this.renderRoot.append(this.#stage.element)
    this.#begin()
  }

  /** Leaving the page closes the port. A move within it brings the same request back in a new document. */
  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('sallyport:request', this.#onRequest)
    for (const media of watched) matchMedia(media).removeEventListener('change', this.#onMedia)
    this.#discard()
    const running = this.#running
    if (running === null) return
    running.frame = null
    queueMicrotask(() => {
      if (!this.isConnected && this.#running === running)
        this.#finish(() => running.reject(new ElementError('channel.lost')))
    })
  }

  /** Loads the form ahead of a request, where the last one has used it up. Resolves when it is ready to be asked for. */
  async preload(): Promise<void> {
    if (this.#running === null) await this.#ensureFrame().bound
  }

  /**
   * Shows the form for one capture. Resolves when the person has completed or canceled it, now or some time ago (then
   * without a token); rejects with a SallyportError, with the signal's reason, or with a TypeError for what can never
   * work. The same capture again, while it runs, gives the promise of the first time.
   */
  request(request: CaptureRequest): Promise<CaptureResult> {
    const { captureId, clientSecret, signal } = request ?? {}
    if (this.#running !== null && this.#running.captureId === captureId) return this.#running.promise
    const refusal = this.#refusalOf(captureId, clientSecret)
    if (refusal !== null) return Promise.reject(refusal)
    if (signal?.aborted) return Promise.reject(signal.reason)

    const { promise, resolve, reject } = deferred<CaptureResult>()
    const running: Running = {
      captureId,
      promise,
      resolve,
      reject,
      frame: null,
      command: this.#command(captureId, clientSecret),
    }
    this.#running = running
    const abort = (): void => {
      running.frame?.call('close').catch(() => {})
      this.#finish(() => reject(signal?.reason))
      this.#discard(true)
    }
    signal?.addEventListener('abort', abort)
    // A signal may outlive many requests.
    const done = (): void => signal?.removeEventListener('abort', abort)
    promise.then(done, done)
    this.#begin()
    return promise
  }

  /**
   * The same form by link, in the place of one that did not come: `captures.link(id)` of the agent, as it is. Null takes it
   * away, and so do the next request and a quarter of an hour, after which link and phrase are of no use. Throws a TypeError for a
   * link that does not lead to `frame-origin`.
   */
  showLink(link: CaptureLink | null): void {
    if (link !== null && !link.url.startsWith(`${this.#origin}/l#`)) throw new TypeError(linkNeeded)
    clearTimeout(this.#linkOver)
    this.#link?.remove()
    this.#link = link && linkCard(link)
    if (this.#link === null) return
    this.renderRoot.append(this.#link)
    // From when it is shown, not until `expires_at`: the customer's clock may be hours off.
    this.#linkOver = setTimeout(() => this.showLink(null), linkUsefulMs)
  }

  /** The keyboard goes into the form; some engines allow it only right after the person's own gesture. */
  override focus(options?: FocusOptions): void {
    if (this.#running === null) return super.focus(options)
    this.#frame?.element.focus(options)
    this.#frame?.call('focus').catch(() => {})
  }

  dress(): void {
    const frame = this.#frame
    if (frame === null) return
    const look = lookOf(this, this.#stage.element)
    this.#stage.place(look.preset)
    frame.call('dress', look).then(
      (notes) => {
        if (frame !== this.#frame || Object.keys(notes).length === 0) return
        explainTheme(frame, notes)
        this.dispatchEvent(new CaptureThemeEvent(notes))
      },
      () => {},
    )
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if ((['colorScheme', 'preset', 'font'] as const).some((name) => changed.has(name))) this.dress()
    if (!changed.has('publishableKey') && !changed.has('frameOrigin')) return
    const address = this.#address
    // A running request keeps the frame it is in.
    if (this.#running === null && this.#frame?.address !== address) this.#discard()
    this.#begin()
  }

  /** One sentence where the form would be; null takes it away. */
  #say(code: ErrorCode | null): void {
    this.#notice?.remove()
    this.#notice = null
    if (code === null) return
    const notice = document.createElement('p')
    notice.setAttribute('part', 'notice')
    notice.setAttribute('role', 'alert')
    this.renderRoot.append(notice)
    // An alert is read when it changes, so it stands there before it speaks.
    notice.textContent = failureFor(code, this.#lang)
    this.#notice = notice
  }

  /** A frame where there can be one; and the running request into it, if it is in none. */
  #begin(): void {
    if (!this.isConnected || !this.#isSetUp) return
    const frame = this.#ensureFrame()
    const running = this.#running
    if (running === null || running.frame === frame) return
    running.frame = frame
    frame.spent = true
    this.#say(null)
    this.showLink(null)
    this.#stage.show(presetOf(this))
    this.dress()
    // A refused call ends as the frame's own failure does. A frame that went has said so itself.
    frame.call('open', running.command).catch((error: unknown) => {
      if (running.frame === frame && error instanceof SallyportError) this.#failed(frame, error.code)
    })
    keepAlive(
      frame,
      () => this.#running === running && running.frame === frame,
      (code) => this.#failed(frame, code),
    )
  }

  #ensureFrame(): Frame {
    const current = this.#frame
    // A page that changed its language since gets a form in that language.
    const fresh = current !== null && !current.spent && current.address === this.#address
    if (current !== null && (fresh || this.#running?.frame === current)) return current
    if (!this.#isSetUp) throw new TypeError(attributesNeeded)
    if (!this.isConnected) throw new ElementError('channel.lost')
    current?.close()
    const frame = new Frame({
      origin: this.#origin,
      address: this.#address,
      title: ownWords(this.#lang).title,
      onEvent: (event) => this.#heard(frame, event),
      onFailure: (code) => this.#failed(frame, code),
    })
    this.#frame = frame
    this.#stage.put(frame.element)
    this.dress()
    this.#say(null)
    return frame
  }

  #heard(frame: Frame, event: FrameEvent): void {
    if (frame !== this.#frame) return
    if (event.t === 'resize') return this.#stage.resize(event.height)
    if (event.t === 'lift') return this.#stage.lift(event.up)
    if (event.t === 'folded') return this.#stage.fold(event.folded, presetOf(this))
    const running = this.#running
    if (running?.frame !== frame) return
    const { captureId } = running
    // The form before it stood, unseen, until here: it may know a name that need not be typed again.
    this.#stage.alone()
    switch (event.t) {
      case 'ready':
        this.dispatchEvent(new CaptureReadyEvent(captureId))
        return
      case 'progress':
        this.dispatchEvent(new CaptureProgressEvent(captureId, event))
        return
      case 'state':
        return
      case 'complete': {
        const { t: _type, ...card } = event
        frame.retire()
        this.#finish(() => running.resolve({ status: 'completed', ...card }))
        this.dispatchEvent(new CaptureCompleteEvent(captureId, card))
        return
      }
      case 'canceled':
        frame.retire()
        this.#finish(() => running.resolve({ status: 'canceled' }))
        this.dispatchEvent(new CaptureCancelEvent(captureId))
        return
      case 'error':
        this.#erred(frame, event.code, event.fatal)
    }
  }

  /** The frame says it cannot go on: what it shows stays. */
  #erred(frame: Frame, code: ErrorCode, fatal: boolean): void {
    const running = this.#running
    if (fatal) {
      frame.retire()
      this.#finish(() => running?.reject(new ElementError(code)))
    }
    this.dispatchEvent(new CaptureErrorEvent(running?.captureId, code, fatal))
  }

  /** The frame itself is gone or never came. */
  #failed(frame: Frame, code: ErrorCode): void {
    if (frame !== this.#frame) return
    const running = this.#running
    this.#discard(true)
    if (code === 'channel.blocked') explainBlocked(frame)
    if (running !== null) {
      this.#say(code)
      this.#finish(() => running.reject(new ElementError(code)))
    }
    this.dispatchEvent(new CaptureErrorEvent(running?.captureId, code, true))
  }

  #finish(settle: () => void): void {
    this.#running = null
    // A sheet has done its part: what is left is a line of the chat.
    this.#stage.fold(true, presetOf(this))
    settle()
  }

  #discard(keepPlace = false): void {
    const frame = this.#frame
    this.#frame = null
    frame?.close()
    // Wherever the page has put it meanwhile.
    frame?.element.remove()
    this.#stage.clear()
    if (!keepPlace) this.#say(null)
  }

  #requested(event: Event): void {
    const detail: unknown = event instanceof CustomEvent ? event.detail : null
    if (claimed.has(event) || typeof detail !== 'object' || detail === null || this.#running !== null) return
    claimed.add(event)
    // Sound: `request` refuses whatever is not two strings of the right form.
    const { captureId, clientSecret, signal } = detail as CaptureRequest
    this.request({ captureId, clientSecret, ...(signal && { signal }) }).catch((error: unknown) => {
      // What fails in the frame has been told already; a request that never began has not.
      if (error instanceof TypeError) this.dispatchEvent(new CaptureErrorEvent(undefined, 'request.malformed', true))
    })
  }

  /** What the caller got wrong is told at once and in words; the frame could only fall silent. */
  #refusalOf(captureId: unknown, clientSecret: unknown): Error | null {
    if (!matches(captureIdPattern, captureId) || !matches(clientSecretPattern, clientSecret))
      return new TypeError('request() needs { captureId, clientSecret }')
    if (!this.#isSetUp) return new TypeError(attributesNeeded)
    if (this.#running !== null) return new ElementError('system.conflict')
    return this.isConnected ? null : new ElementError('channel.lost')
  }

  get #isSetUp(): boolean {
    return this.#origin !== '' && publishableKeyPattern.test(this.publishableKey)
  }

  #command(captureId: string, clientSecret: string): OpenCommand {
    return { captureId, clientSecret }
  }

  /** The page is the same for every capture of a tenant; what it is for comes later, over the port. */
  get #address(): string {
    return `${this.#origin}/f/${this.publishableKey}?lang=${encodeURIComponent(this.#lang)}`
  }

  get #lang(): string {
    return this.locale ?? this.closest<HTMLElement>('[lang]')?.lang ?? document.documentElement.lang
  }

  /** Empty for what is none. */
  get #origin(): string {
    if (!URL.canParse(this.frameOrigin)) return ''
    const { protocol, origin } = new URL(this.frameOrigin)
    return /^https?:$/.test(protocol) ? origin : ''
  }
}

/** What changes the look without a word from the page. */
const watched = [prefersDark, isNarrow]

/** `limits.linkTtlMs` to open it and `linkPickMs` to pick its phrase; all limits would travel for it (a test compares). */
const linkUsefulMs = 900_000
const linkNeeded = 'showLink() needs a link to frame-origin'
const attributesNeeded = '<sallyport-capture> needs publishable-key="pk_…" and frame-origin="https://…"'
