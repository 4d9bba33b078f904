/**
 * What the screen remembers, in memory alone: for each conversation the guard with the digits that the next turns may
 * complete. Two minutes after its last turn it is forgotten. Whose it is, a keyed hash of the caller's credential says, so
 * that two callers who use one name never meet, and the credential itself is not kept.
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { Channel, Finding, Span } from '../../detect/finding.ts'
import { createGuard } from '../../detect/index.ts'
import { Talk } from '../../detect/talk.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { screenKeeps } from './limits.ts'

export interface Conversation {
  readonly talk: Talk
  /** Speakers whose turn is being streamed. */
  readonly speaking: Set<string>
  readonly speakers: Set<string>
  lastMs: number
}

export interface Conversations {
  /** Throws `request.rate_limited` where there are too many. */
  of(caller: string, name: string, channel: Channel | undefined): Conversation
  /** Forgets it; what was open is decided, and its findings given back. */
  forget(caller: string, name: string): { findings: Finding[]; amend: Span[] }
  /** For a detector that failed: nothing of it is used again. */
  drop(caller: string, name: string): void
  readonly count: number
  close(): void
}

export interface ConversationsOptions {
  now: () => number
  max?: number
  makeGuard?: typeof createGuard
}

export function makeConversations(options: ConversationsOptions): Conversations {
  const { now, max = screenKeeps.conversationsMax, makeGuard = createGuard } = options
  // Of this process's life: what it hashes to says nothing to anybody else, nor to the next one.
  const secret = randomBytes(32)
  /** In the order of their last turns. */
  const kept = new Map<string, Conversation>()
  const keyOf = (caller: string, name: string): string =>
    createHmac('sha256', secret).update(`${caller.length}:${caller}:${name}`).digest('base64')

  const sweep = (): void => {
    for (const [key, conversation] of kept) {
      if (now() - conversation.lastMs <= screenKeeps.rememberMs) return
      if (conversation.speaking.size === 0) kept.delete(key)
    }
  }
  const timer = setInterval(sweep, screenKeeps.sweepMs)
  timer.unref()

  return {
    of(caller, name, channel = 'chat') {
      sweep()
      const key = keyOf(caller, name)
      const known = kept.get(key)
      // Nobody's is thrown out for a stranger's: half a number would be forgotten with it.
      if (known === undefined && kept.size >= max) throw new SallyportError('request.rate_limited')
      const conversation = known ?? {
        talk: new Talk(makeGuard({ channel })),
        speaking: new Set<string>(),
        speakers: new Set<string>(),
        lastMs: now(),
      }
      conversation.lastMs = now()
      kept.delete(key)
      kept.set(key, conversation)
      return conversation
    },
    forget(caller, name) {
      const key = keyOf(caller, name)
      const found = kept.get(key)?.talk.finish() ?? []
      kept.delete(key)
      return { findings: found.flatMap(({ findings }) => findings), amend: found.flatMap(({ amend }) => amend) }
    },
    drop: (caller, name) => void kept.delete(keyOf(caller, name)),
    get count() {
      return kept.size
    },
    close() {
      clearInterval(timer)
      kept.clear()
    },
  }
}
