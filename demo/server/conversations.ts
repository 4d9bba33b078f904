import { startAgent, type Agent } from '../agent/agent.ts'
import type { Entry, EntryBody } from '../talk.ts'

/**
 * The shop's conversations, in memory: each is an agent and one numbered list of entries. A restart keeps none, and the
 * page says so. Bounded, since anybody may open one.
 */
export interface Conversation {
  readonly id: string
  readonly entries: readonly Entry[]
  readonly agent: Agent
  /** How many messages the customer has sent. */
  heard: number
  lastSeen: number
  typing: boolean
  add(entry: EntryBody): void
  /** Called for each new entry, and for `null` where only `typing` changed. Returns how to stop. */
  listen(hear: (entry: Entry | null) => void): () => void
}

const conversationsMax = 200
/** A conversation that nobody looks at is forgotten after an hour: a capture lives no longer either. */
const idleMs = 3_600_000

export interface AgentSettings {
  gatewayUrl: string
  secretKey: string
  pause: (ms: number) => Promise<void>
}

export class Conversations {
  private readonly open = new Map<string, Conversation>()
  private readonly settings: AgentSettings
  private readonly sweep: ReturnType<typeof setInterval>

  constructor(settings: AgentSettings) {
    this.settings = settings
    this.sweep = setInterval(() => this.forgetIdle(), 60_000)
    this.sweep.unref()
  }

  find(id: string): Conversation | null {
    const found = this.open.get(id)
    if (found) found.lastSeen = Date.now()
    return found ?? null
  }

  begin(): Conversation {
    const [oldest] = [...this.open.values()].sort((a, b) => a.lastSeen - b.lastSeen)
    if (this.open.size >= conversationsMax && oldest) this.forget(oldest)
    const conversation = makeConversation(this.settings)
    this.open.set(conversation.id, conversation)
    return conversation
  }

  /** The customer begins another one. */
  leave(conversation: Conversation): void {
    conversation.agent.leave()
    this.open.delete(conversation.id)
  }

  close(): void {
    clearInterval(this.sweep)
    for (const conversation of this.open.values()) this.forget(conversation)
  }

  private forgetIdle(): void {
    for (const conversation of this.open.values()) {
      if (conversation.lastSeen < Date.now() - idleMs) this.forget(conversation)
    }
  }

  private forget(conversation: Conversation): void {
    conversation.agent.close()
    this.open.delete(conversation.id)
  }
}

function makeConversation({ gatewayUrl, secretKey, pause }: AgentSettings): Conversation {
  const id = newId()
  const entries: Entry[] = []
  const listeners = new Set<(entry: Entry | null) => void>()
  const tell = (entry: Entry | null): void => {
    for (const hear of listeners) hear(entry)
  }
  const add = (body: EntryBody): void => {
    const entry: Entry = { ...body, n: entries.length + 1, at: new Date().toISOString() }
    entries.push(entry)
    tell(entry)
  }
  const typing = (on: boolean): void => {
    conversation.typing = on
    tell(null)
  }
  const agent = startAgent({ conversation: id, gatewayUrl, secretKey, write: add, typing, pause })
  const conversation: Conversation = {
    id,
    entries,
    agent,
    heard: 0,
    lastSeen: Date.now(),
    typing: false,
    add,
    listen: (hear) => {
      listeners.add(hear)
      return () => listeners.delete(hear)
    },
  }
  return conversation
}

/** Letters alone: random, and nothing that could be taken for a card. */
export function newId(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  const bytes = crypto.getRandomValues(new Uint8Array(64)).filter((byte) => byte < 234)
  return `chat_${[...bytes.subarray(0, 26)].map((byte) => letters[byte % 26]).join('')}`
}
