/**
 * The detector with English alone, for what a browser loads. A further language is a file of its own, `words/de.ts`, that
 * may come later: `detect(text, { languages: [en, de] })`. A list is compiled once, so keep the one you made.
 */
export type * from './shapes.ts'
export { en }

import { detectorFor } from './detect.ts'
import { en } from './words/en.ts'

export const { detect, redact, createGuard } = detectorFor([en])
