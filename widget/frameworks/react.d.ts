/** `import 'sallyport/react'`: registers the element, and tells JSX of it. Listeners by name need React 19; a ref and attributes do not. */
import type { SallyportCaptureElement } from '../surface.ts'
import type { SallyportAttributes, SallyportListeners } from './attributes.ts'

export * from '../index.ts'

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'sallyport-capture': DetailedHTMLProps<HTMLAttributes<SallyportCaptureElement>, SallyportCaptureElement> &
        SallyportAttributes &
        SallyportListeners
    }
  }
}
