/**
 * Texts of a conversation in, the same without card data out. Knows nothing of HTTP. Where the detector fails nothing goes
 * on: `shield.unavailable`, and the conversation is dropped, so that no half of a number is joined to anything.
 */
import type { Armed, Channel, Finding, Span } from '../../detect/finding.ts'
import { GuardFailed, type Heard } from '../../detect/talk.ts'
import { SallyportError } from '../../protocol/errors.ts'
import type { Conversation, Conversations } from './conversations.ts'
import { screenKeeps } from './limits.ts'

export interface Caller {
  /** The Authorization header as it came; it goes to the gateway with the findings, and nowhere else. */
  authorization: string
  conversation: string
}

export interface ScreenedTurn {
  speaker: string
  /** Counted by the screen from 1, as long as it remembers the conversation. */
  turn: number
  text: string
  held: boolean
  findings: Finding[]
  amend: Span[]
}

export interface Screen {
  turns(caller: Caller, request: ScreenRequest): { turns: ScreenedTurn[]; findings: Finding[]; amend: Span[] }
  /** One turn, piece by piece. */
  open(caller: Caller, request: OpenRequest): OpenTurn
}
interface ScreenRequest {
  channel?: Channel | undefined
  arm?: readonly { kind: Armed; turns: number }[] | undefined
  turns: readonly { speaker: string; text: string }[]
  end?: boolean | undefined
}
interface OpenRequest {
  speaker: string
  channel?: Channel | undefined
  arm?: Armed | undefined
}
export interface OpenTurn {
  push(text: string): Heard
  /** Also where its sender has gone: what came is a turn. Once. */
  end(): Heard & { turn: number }
}

export interface ScreenParts {
  conversations: Conversations
  /** Told of all findings, as they come. */
  found(caller: Caller, findings: readonly Finding[]): void
}

export function makeScreen({ conversations, found }: ScreenParts): Screen {
  const guarded = <T>({ authorization, conversation }: Caller, work: () => T): T => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof GuardFailed)) throw error
      conversations.drop(authorization, conversation)
      throw new SallyportError('shield.unavailable', { cause: error })
    }
  }
  const take = (caller: Caller, channel: Channel | undefined, speakers: readonly string[]): Conversation => {
    const conversation = conversations.of(caller.authorization, caller.conversation, channel)
    // A turn of theirs is under way: two at once would be one text.
    if (speakers.some((speaker) => conversation.speaking.has(speaker))) throw new SallyportError('system.conflict')
    const all = new Set([...conversation.speakers, ...speakers])
    if (all.size > screenKeeps.speakersMax) throw new SallyportError('request.malformed', { param: 'speaker' })
    for (const speaker of speakers) conversation.speakers.add(speaker)
    return conversation
  }
  const tell = <H extends Pick<Heard, 'findings'>>(caller: Caller, heard: H): H => {
    if (heard.findings.length > 0) found(caller, heard.findings)
    return heard
  }

  return {
    turns(caller, { channel, arm = [], turns, end }) {
      const { talk } = take(
        caller,
        channel,
        turns.map(({ speaker }) => speaker),
      )
      return guarded(caller, () => {
        for (const { kind, turns: count } of arm) talk.arm(kind, { turns: count })
        const screened = turns.map(({ speaker, text }): ScreenedTurn => {
          const heard = tell(caller, talk.endTurn(speaker, text))
          return { speaker, turn: talk.turnOf(speaker), ...heard }
        })
        const late = end === true ? conversations.forget(caller.authorization, caller.conversation) : nothing
        return { turns: screened, ...tell(caller, late) }
      })
    },
    open(caller, { speaker, channel, arm }) {
      const { talk, speaking } = take(caller, channel, [speaker])
      if (arm !== undefined) guarded(caller, () => talk.arm(arm, { turns: 1 }))
      speaking.add(speaker)
      return {
        push: (text) => guarded(caller, () => tell(caller, talk.hear(speaker, text))),
        end: () => {
          speaking.delete(speaker)
          return guarded(caller, () => ({ ...tell(caller, talk.endTurn(speaker)), turn: talk.turnOf(speaker) }))
        },
      }
    },
  }
}

const nothing: { findings: Finding[]; amend: Span[] } = { findings: [], amend: [] }
