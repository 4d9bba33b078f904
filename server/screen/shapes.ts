/** The screen's requests, parsed: closed and bounded. Nothing of a text gets into an error. */
import * as z from 'zod/mini'
import { SallyportError } from '../../protocol/errors.ts'
import { callerId } from '../../protocol/events.ts'
import { limits } from '../../protocol/limits.ts'
import { screenKeeps } from './limits.ts'

const conversation = callerId(limits.conversationLengthMax)
const speaker = z.string().check(z.regex(/^[a-z][a-z_]{0,31}$/))
const channel = z.optional(z.enum(['chat', 'voice']))
const kind = z.enum(['pan', 'cvc', 'expiry'])

/** `POST /v1/screen` */
export const screenRequest = z.strictObject({
  conversation,
  /** Of the whole conversation, as its first request says it. `voice` where the words come from a recogniser. */
  channel,
  /** The agent has just asked for it. */
  arm: z.optional(
    z
      .array(z.strictObject({ kind, turns: z.int().check(z.minimum(1), z.maximum(screenKeeps.armedTurnsMax)) }))
      .check(z.maxLength(3)),
  ),
  turns: z.array(z.strictObject({ speaker, text: z.string() })).check(z.maxLength(screenKeeps.turnsPerRequestMax)),
  /** The talk is over: what is known of it is forgotten at once. */
  end: z.optional(z.boolean()),
})

/** The query of `POST /v1/screen/stream`; its body is the text of one turn. */
export const streamQuery = z.strictObject({ conversation, speaker, channel, arm: z.optional(kind) })

/** Throws `request.malformed` with the name of a documented member. */
export function parse<S extends z.ZodMiniType>(shape: S, value: unknown): z.output<S> {
  const result = shape.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const at = issue?.code === 'unrecognized_keys' ? undefined : issue?.path[0]
  throw new SallyportError('request.malformed', typeof at === 'string' ? { param: at } : {})
}
