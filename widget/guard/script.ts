/** The guard's script on a page: `Sallyport.guardComposer`, for whoever has no bundler; a module may import it as well. */
import { guardComposer } from './index.ts'

export * from './index.ts'

declare global {
  // `var`: what a script leaves on the window.
  var Sallyport: { guardComposer: typeof guardComposer } | undefined
}

// Two versions on a page: the first one stands.
globalThis.Sallyport ??= { guardComposer }
