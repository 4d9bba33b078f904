/** The capture origin's requests (protocol/capture-http.ts), parsed: closed, bounded, and without anything that could be a card. */
import * as z from 'zod/mini'
import type {
  AttachRequest,
  CancelRequest,
  LinkOpenRequest,
  ProgressRequest,
  SubmitRequest,
  WatchRequest,
} from '../../protocol/capture-http.ts'
import { channels, fieldNames, progressLevels, visibilities } from '../../protocol/capture-states.ts'
import { captureId, originShape } from '../../protocol/agent-http.ts'
import { errors, type ErrorCode, rejectionReasons, SallyportError } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { linkChoices } from '../../protocol/link.ts'
import { localePattern } from '../../protocol/port.ts'

const base64url = (min: number, max: number) => z.string().check(z.regex(new RegExp(`^[A-Za-z0-9_-]{${min},${max}}$`)))
const epoch = z.int().check(z.minimum(1), z.maximum(100_000))
const build = z.string().check(z.regex(/^[A-Za-z0-9._-]{1,64}$/))
const field = z.enum(fieldNames)

export const attachRequest = z.strictObject({
  v: z.literal(1),
  capture_id: captureId,
  channel: z.enum(channels),
  ancestors: z.array(originShape).check(z.maxLength(8)),
  build,
  lang: z.optional(z.string().check(z.regex(localePattern))),
})

export const linkOpenRequest = z.strictObject({ v: z.literal(1), claim: base64url(43, 43) })
export const linkPickRequest = z.strictObject({
  v: z.literal(1),
  choice: z.nullable(z.int().check(z.minimum(0), z.maximum(linkChoices - 1))),
  lang: z.optional(z.string().check(z.regex(localePattern))),
})

export const progressRequest = z.strictObject({
  capture_id: captureId,
  epoch,
  items: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('started'), field }),
        z.strictObject({ kind: z.literal('progress'), field, level: z.enum(progressLevels) }),
        z.strictObject({
          kind: z.literal('completed'),
          field,
          brand: z.optional(z.string().check(z.regex(/^[a-z_]{2,24}$/))),
          last4: z.optional(z.string().check(z.regex(/^\d{4}$/))),
        }),
        z.strictObject({ kind: z.literal('rejected'), field, code: z.enum(rejectionReasons) }),
        z.strictObject({
          kind: z.literal('shield_failed'),
          code: z.enum(Object.keys(errors) as [ErrorCode, ...ErrorCode[]]),
        }), // sound: the keys are the union
        z.strictObject({ kind: z.literal('detached'), reason: z.enum(['lost', 'closed']) }),
      ]),
    )
    .check(z.minLength(1), z.maxLength(limits.progressItemsMax)),
})

export const submitRequest = z.strictObject({
  capture_id: captureId,
  epoch,
  key_id: base64url(4, 32),
  enc: base64url(43, 43),
  // From the three digits of a code with their tag.
  ciphertext: base64url(26, 2_000),
  build,
  shown: base64url(43, 43),
  visibility: z.optional(z.enum(visibilities)),
})

export const cancelRequest = z.strictObject({ capture_id: captureId, epoch: z.optional(epoch) })
export const watchRequest = z.strictObject({ capture_id: captureId, epoch, after: z.int().check(z.minimum(0)) })

/** Parses or throws `request.malformed` with the member's name where it is a documented one; never with its value. */
export function parse<S extends z.ZodMiniType>(shape: S, value: unknown): z.output<S> {
  const result = shape.safeParse(value)
  if (result.success) return result.data
  const at = result.error.issues[0]?.path[0]
  throw new SallyportError('request.malformed', typeof at === 'string' ? { param: at } : {})
}

// The frame's types and these shapes are the same, member by member: a difference does not compile.
type Same<A, B> = [A, B] extends [B, A] ? true : never
type Loose<T> = { [K in keyof T]: T[K] }
export const shapesMatch: [
  Same<z.output<typeof submitRequest>, Loose<SubmitRequest>>,
  Same<z.output<typeof watchRequest>, Loose<WatchRequest>>,
  Same<z.output<typeof linkOpenRequest>, Loose<LinkOpenRequest>>,
] = [true, true, true]
export type ParsedAttach = z.output<typeof attachRequest> & Omit<AttachRequest, 'channel' | 'lang'>
export type ParsedLinkOpen = z.output<typeof linkOpenRequest>
export type ParsedLinkPick = z.output<typeof linkPickRequest>
export type ParsedProgress = z.output<typeof progressRequest>
export type ParsedCancel = z.output<typeof cancelRequest>
export type FrameProgress = ProgressRequest
export type FrameCancel = CancelRequest
