/** Facts about card numbers, and the detector with every language. Pure; imports nothing from outside this folder. */
export * from './cards.ts'
export type * from './shapes.ts'

import { detectorFor } from './detect.ts'
import { allLanguages } from './words/all.ts'

export const { detect, redact, createGuard } = detectorFor(allLanguages)
