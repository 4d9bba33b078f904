/** The element as a page sees it, in the browser's own types: whoever only uses it needs none of Lit's. */
import type { CaptureLink } from '../protocol/link.ts'
import type {
  CaptureCancelEvent,
  CaptureCompleteEvent,
  CaptureErrorEvent,
  CaptureProgressEvent,
  CaptureReadyEvent,
  CaptureThemeEvent,
} from './events.ts'

export interface CaptureRequest {
  captureId: string
  /** Write-only power over one capture; goes to the frame over the port and nowhere else. */
  clientSecret: string
  /** Lets go of the form; the capture itself goes on and may be asked for again. Rejects with the signal's reason. */
  signal?: AbortSignal
}

export interface CaptureResult {
  status: 'completed' | 'canceled'
  token?: string
  brand?: string
  last4?: string
}

export interface SallyportCaptureElement extends HTMLElement {
  publishableKey: string
  frameOrigin: string
  /** `light` or `dark`; without it, as the element's own style and the system say. */
  colorScheme: string | undefined
  /** How the form is set: `bubble` (without it), `sheet` or `page`. A sheet is one on a phone, elsewhere a bubble. */
  preset: string | undefined
  /** A family of your own for the form's words: a WOFF2 file of at most 128 kB. Digits stay the system's. */
  font: ArrayBuffer | undefined
  /** A language tag; without it, the page's. */
  locale: string | undefined
  /** Reads the look again, where the page has changed its own: a class that turns it dark, a theme's variables. */
  dress(): void
  /** Loads the form ahead of a request, where the last one has used it up. Resolves when it is ready to be asked for. */
  preload(): Promise<void>
  /**
   * Shows the form for one capture. Resolves when the person has completed or canceled it, now or some time ago (then
   * without a token); rejects with a SallyportError, with the signal's reason, or with a TypeError for what can never
   * work. The same capture again, while it runs, gives the promise of the first time.
   */
  request(request: CaptureRequest): Promise<CaptureResult>
  /**
   * The same form by link, in the place of one that did not come: `captures.link(id)` of the agent, as it is. Null takes it
   * away, and so do the next request and a quarter of an hour, after which link and phrase are of no use. Throws a TypeError for a
   * link that does not lead to `frame-origin`.
   */
  showLink(link: CaptureLink | null): void
}

declare global {
  interface HTMLElementTagNameMap {
    'sallyport-capture': SallyportCaptureElement
  }
  interface HTMLElementEventMap {
    'sallyport:ready': CaptureReadyEvent
    'sallyport:progress': CaptureProgressEvent
    'sallyport:complete': CaptureCompleteEvent
    'sallyport:cancel': CaptureCancelEvent
    'sallyport:error': CaptureErrorEvent
    'sallyport:theme': CaptureThemeEvent
  }
}
