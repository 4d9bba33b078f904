/** `import 'sallyport/vue'`: registers the element, and tells templates of it. Tell Vue's compiler too that it is no component. */
import type { EmitFn, HTMLAttributes, PublicProps } from 'vue'
import type { SallyportCaptureElement } from '../surface.ts'
import type { SallyportAttributes, SallyportEvents } from './attributes.ts'

/** Templates write attributes with hyphens; Vue's checker reads them in camel case. */
interface SallyportProps {
  publishableKey: string
  frameOrigin: string
  colorScheme?: SallyportAttributes['color-scheme']
  preset?: SallyportAttributes['preset']
  locale?: string | undefined
}

export * from '../index.ts'

declare module 'vue' {
  interface GlobalComponents {
    SallyportCapture: new () => SallyportCaptureElement & {
      /** For the type checker alone. @deprecated */
      $props: HTMLAttributes & SallyportProps & PublicProps
      /** For the type checker alone. @deprecated */
      $emit: EmitFn<{ [Name in keyof SallyportEvents]: (event: SallyportEvents[Name]) => void }>
    }
  }
}
