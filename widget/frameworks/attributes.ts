/** What the element takes in markup, and what it tells: the ground of the three frameworks' types beside this file. */
import type {
  CaptureCancelEvent,
  CaptureCompleteEvent,
  CaptureErrorEvent,
  CaptureProgressEvent,
  CaptureReadyEvent,
  CaptureThemeEvent,
} from '../events.ts'

export interface SallyportAttributes {
  'publishable-key': string
  'frame-origin': string
  'color-scheme'?: 'light' | 'dark' | undefined
  preset?: 'bubble' | 'sheet' | 'page' | undefined
  locale?: string | undefined
}

export interface SallyportEvents {
  'sallyport:ready': CaptureReadyEvent
  'sallyport:progress': CaptureProgressEvent
  'sallyport:complete': CaptureCompleteEvent
  'sallyport:cancel': CaptureCancelEvent
  'sallyport:error': CaptureErrorEvent
  'sallyport:theme': CaptureThemeEvent
}

/** `onsallyport:ready` and so on: listeners by the events' own names. */
export type SallyportListeners = {
  [Name in keyof SallyportEvents as `on${Name}`]?: ((event: SallyportEvents[Name]) => void) | undefined
}
