/** The element as a class, without the side effect of registering it (`./define` does that). */
export { SallyportCapture, type CaptureRequest, type CaptureResult } from './element.ts'
export * from './events.ts'
