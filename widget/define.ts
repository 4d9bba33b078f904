/** The script that a page loads: registers the element. The class itself has no side effect. */
import { SallyportCapture } from './index.ts'

export * from './index.ts'

// Two versions on a page: the first one stands, and a second script tag does not break it.
if (customElements.get('sallyport-capture') === undefined) customElements.define('sallyport-capture', SallyportCapture)
