/** Facts about card numbers, and the detector with every language. Pure; imports nothing from outside this folder. */
export {
  type Brand,
  type BrandInfo,
  type BrandMatch,
  brandInfo,
  brandOf,
  brands,
  candidatesOf,
  groupingOf,
  type Tier,
} from './brands.ts'
export { luhn } from './luhn.ts'
export { isTestNumber } from './test-numbers.ts'

export type {
  Armed,
  Channel,
  DetectOptions,
  Finding,
  FindingKind,
  Guard,
  Pushed,
  PushOptions,
  Span,
} from './finding.ts'
export type { Lexicon } from './words/lexicon.ts'

import { detectorFor } from './detect.ts'
import { allLanguages } from './words/all.ts'

export const { detect, redact, createGuard } = detectorFor(allLanguages)
