/** `import 'sallyport/svelte'`: registers the element, and tells templates of it. */
import type { SallyportCaptureElement } from '../surface.ts'
import type { SallyportAttributes, SallyportListeners } from './attributes.ts'

export * from '../index.ts'

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'sallyport-capture': HTMLAttributes<SallyportCaptureElement> & SallyportAttributes & SallyportListeners
  }
}
