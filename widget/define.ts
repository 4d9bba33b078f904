/** The script that a page loads: registers the element. The class itself has no side effect. */
import { SallyportCapture } from './element.ts'

export { SallyportCapture } from './element.ts'
export type { CaptureRequest, CaptureResult } from './element.ts'
export * from './events.ts'

// Two versions on a page: the first one stands, and a second script tag does not break it.
if (customElements.get('sallyport-capture') === undefined) customElements.define('sallyport-capture', SallyportCapture)

declare global {
  interface HTMLElementTagNameMap {
    'sallyport-capture': SallyportCapture
  }
  interface HTMLElementEventMap {
    'sallyport:ready': import('./events.ts').CaptureReadyEvent
    'sallyport:progress': import('./events.ts').CaptureProgressEvent
    'sallyport:complete': import('./events.ts').CaptureCompleteEvent
    'sallyport:cancel': import('./events.ts').CaptureCancelEvent
    'sallyport:error': import('./events.ts').CaptureErrorEvent
  }
}
