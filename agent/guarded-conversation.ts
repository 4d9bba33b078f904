import type { Armed, Channel, Finding, Guard, Span } from '../detect/finding.ts'
import { createGuard } from '../detect/index.ts'
import { type Heard, placeholders, type Placeholders, Talk } from '../detect/talk.ts'
import { asText, isWebStream, readThrough, typed, walkThrough } from './guard-text.ts'
import type { Leaks } from './leaks.ts'

export interface GuardedConversationOptions {
  /** The agent platform's own id of the talk, as captures have it. */
  conversation: string
  /** `voice` where the customer's words come from a recogniser. `chat` by default. */
  channel?: Channel
  /** Tells the gateway of each turn with findings (`leaks.report`): kind, rule and place, no text. On by default. */
  report?: boolean
  onFindings?: (found: {
    surface: 'agent_in' | 'agent_out'
    findings: readonly Finding[]
    amend: readonly Span[]
  }) => void
  placeholders?: Partial<Placeholders>
  /** A guard of one's own, that nothing else uses. */
  guard?: Guard
}

export interface GuardedTurn {
  /** For the model, or for the customer: without card data. */
  text: string
  findings: Finding[]
  /** Parts of a card number that had gone on in an earlier turn, so that a stored transcript can be mended. */
  amend: Span[]
  /** Digits were kept back because the next turn may complete them to a card number. The text says so. */
  held: boolean
  /** The number of this turn, which findings name. */
  turn: number
}

/**
 * One conversation, both ways: what the customer says before a model reads it, what the model says before the customer
 * does. Digits of the two are never joined; those of one are, over turns. A card that the one asks for is expected of the
 * other. When the detector fails, nothing goes on any more: every call throws `shield.unavailable`.
 */
export interface GuardedConversation {
  /** A whole message of the customer's. */
  customer(text: string): GuardedTurn
  /** A whole message of the model's. */
  model(text: string): GuardedTurn
  /** As it arrives; its end is the turn's. One at a time for each side: a new one ends the one before. */
  customerStream(source: ReadableStream<string>): ReadableStream<string>
  customerStream(source: AsyncIterable<string>): AsyncIterableIterator<string>
  modelStream(source: ReadableStream<string>): ReadableStream<string>
  modelStream(source: AsyncIterable<string>): AsyncIterableIterator<string>
  /** The agent has just asked for it: in the next turns (four by default) short runs of digits are held, and broken numbers too. */
  arm(kind: Armed, options?: { turns?: number }): void
  /** The talk is over. Resolves when everything found has been told; rejects with the first report that could not be. */
  end(): Promise<void>
}

type Side = 'customer' | 'model'
const surfaces = { customer: 'agent_in', model: 'agent_out' } as const
/** Question, answer, and once more. */
const armedTurns = 4

export function makeGuardedConversation(leaks: Leaks, options: GuardedConversationOptions): GuardedConversation {
  const { conversation, channel = 'chat', report = true, onFindings } = options
  const talk = new Talk(options.guard ?? createGuard({ channel }), { ...placeholders, ...options.placeholders })
  const told: Promise<unknown>[] = []
  let failed: unknown

  const tell = (side: Side, { findings, amend }: Pick<Heard, 'findings' | 'amend'>): void => {
    if (findings.length === 0) return
    const surface = surfaces[side]
    if (report) {
      told.push(
        leaks.report({ conversation, surface, findings }).catch((error: unknown) => {
          failed ??= error
        }),
      )
    }
    onFindings?.({ surface, findings, amend })
  }
  const hear = (side: Side, chunk: string): string => {
    const heard = typed(() => talk.hear(side, asText(chunk)))
    tell(side, heard)
    return heard.text
  }
  const endTurn = (side: Side, chunk = ''): GuardedTurn => {
    const heard = typed(() => talk.endTurn(side, asText(chunk)))
    tell(side, heard)
    return { ...heard, turn: talk.turnOf(side) }
  }
  const through = (side: Side) => {
    let turn: object | undefined
    return (source: ReadableStream<string> | AsyncIterable<string>) => {
      const mine = {}
      const passage = {
        push: (chunk: string) => {
          // Whoever was cut off mid-sentence has ended the turn all the same.
          const before = turn !== undefined && turn !== mine ? endTurn(side).text : ''
          turn = mine
          return before + hear(side, chunk)
        },
        end: () => {
          turn = undefined
          return endTurn(side).text
        },
      }
      return isWebStream(source) ? readThrough(source, passage) : walkThrough(source, passage)
    }
  }
  return {
    customer: (text) => endTurn('customer', text),
    model: (text) => endTurn('model', text),
    // Sound: `through` gives back the kind of stream that it was given.
    customerStream: through('customer') as GuardedConversation['customerStream'],
    modelStream: through('model') as GuardedConversation['modelStream'],
    arm: (kind, { turns = armedTurns } = {}) => typed(() => talk.arm(kind, { turns })),
    end: async () => {
      for (const { speaker, ...found } of typed(() => talk.finish()))
        tell(speaker === 'model' ? 'model' : 'customer', found)
      await Promise.all(told)
      if (failed !== undefined) throw failed
    },
  }
}
