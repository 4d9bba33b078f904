/** The element as a class, without the side effect of registering it (`./define` does that). */
import { SallyportCapture as Element } from './element.ts'
import type { SallyportCaptureElement } from './surface.ts'

export const SallyportCapture: { new (): SallyportCaptureElement; prototype: SallyportCaptureElement } = Element
export type SallyportCapture = SallyportCaptureElement
export type { CaptureRequest, CaptureResult } from './surface.ts'
export type { CaptureLink } from '../protocol/link.ts'
export * from './events.ts'
