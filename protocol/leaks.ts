import * as z from 'zod/mini'
import { findingKinds, leakActions, leakSurfaces } from './leak-words.ts'
import { callerId } from './events.ts'
import { idPattern } from './ids.ts'
import { limits } from './limits.ts'

/**
 * What is told of card data that the detector found: where, by which rule, and what was done. Closed and bounded, and
 * without a member for what was found: names of rules have two digits in a row at the most, places six.
 */
const place = z.int().check(z.nonnegative(), z.maximum(limits.leakPlaceMax))
export const ruleName = z.string().check(z.regex(/^(?!.*\d{3})[A-Za-z][A-Za-z0-9_.-]{0,47}$/))
/** SHA-256 of the rules and words that judged, in hex: with it, and the text, a finding can be replayed. */
export const rulesetHash = z.string().check(z.regex(/^[0-9a-f]{64}$/))

export const leakFinding = z.strictObject({
  kind: z.enum(findingKinds),
  rule: ruleName,
  ruleset: rulesetHash,
  brand: z.optional(z.string().check(z.regex(/^[a-z_]{2,24}$/))),
  /** UTF-16 offsets in the original text of a turn; a place beyond the bound is told as the bound. */
  spans: z
    .array(z.strictObject({ turn: place, start: place, end: place }))
    .check(z.minLength(1), z.maxLength(limits.leakSpansMax)),
})
export type LeakFinding = z.infer<typeof leakFinding>

/** `POST /v1/leaks` */
export const leakReport = z.strictObject({
  conversation: callerId(limits.conversationLengthMax),
  surface: z.enum(leakSurfaces),
  action: z.enum(leakActions),
  findings: z.array(leakFinding).check(z.minLength(1), z.maxLength(limits.leakFindingsMax)),
})
export type LeakReport = z.infer<typeof leakReport>

/** The event that tells of it, and how many findings it stands for. */
export const leakAnswer = z.strictObject({
  id: z.string().check(z.regex(idPattern('evt_'))),
  count: z.int().check(z.positive(), z.maximum(limits.leakFindingsMax)),
})
export type LeakAnswer = z.infer<typeof leakAnswer>
