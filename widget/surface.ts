/** The element as a page sees it, in the browser's own types: whoever only uses it needs none of Lit's. */
import type {
  CaptureCancelEvent,
  CaptureCompleteEvent,
  CaptureErrorEvent,
  CaptureProgressEvent,
  CaptureReadyEvent,
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
  /** A language tag; without it, the page's. */
  locale: string | undefined
  /** Loads the form ahead of a request, where the last one has used it up. Resolves when it is ready to be asked for. */
  preload(): Promise<void>
  /**
   * Shows the form for one capture. Resolves when the person has completed or canceled it, now or some time ago (then
   * without a token); rejects with a SallyportError, with the signal's reason, or with a TypeError for what can never
   * work. The same capture again, while it runs, gives the promise of the first time.
   */
  request(request: CaptureRequest): Promise<CaptureResult>
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
  }
}
