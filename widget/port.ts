/**
 * The host's end of a port: Comlink for calls, plain numbered messages for events, a parser before both. Comlink alone
 * has no deadlines, and leaves what is pending for ever when a port closes; both are mended here.
 */
import { wrap, type Endpoint } from 'comlink'
import type { SallyportError, ErrorCode } from '../protocol/errors.ts'
import { ElementError } from './element-error.ts'
import { portLimits } from '../protocol/limits.ts'
import type { ThemeNotes } from '../protocol/look/tokens.ts'
import type { DressCommand, OpenCommand } from '../protocol/port.ts'
import { parseAnswer, parseFrameEvent, type Answer, type FrameEvent } from '../protocol/port-to-host.ts'
import { deferred } from './deferred.ts'

/** What Comlink's proxy calls: the frame's commands. */
export interface FrameCommands {
  dress(command: DressCommand): Promise<Answer>
  open(command: OpenCommand): Promise<Answer>
  close(): Promise<Answer>
  ping(): Promise<Answer>
  focus(): Promise<Answer>
}

export interface PortCallbacks {
  onEvent(event: FrameEvent): void
  /** The frame said what it may not say. */
  onMalformed(): void
}

export class FramePort {
  readonly #raw: MessagePort
  readonly #frame: FrameCommands
  readonly #pending = new Set<(error: SallyportError) => void>()
  #seq = 0
  #closed = false

  constructor(raw: MessagePort, callbacks: PortCallbacks) {
    this.#raw = raw
    // Sound: every answer is parsed into this shape before Comlink sees it, and calls go out by these four names alone.
    this.#frame = wrap(this.#endpoint(callbacks)) as unknown as FrameCommands
    // Comlink starts a port with its first call; the frame speaks before that.
    raw.start()
  }

  /** Resolves when the frame has done it, with what it notes. Rejects with its code, `channel.timeout` or `channel.lost`; never hangs. */
  async call<N extends keyof FrameCommands>(name: N, ...input: Parameters<FrameCommands[N]>): Promise<ThemeNotes> {
    if (this.#closed) throw new ElementError('channel.lost')
    const { promise: broken, reject } = deferred<never>()
    const late = setTimeout(() => reject(new ElementError('channel.timeout')), portLimits.portCallTimeoutMs)
    this.#pending.add(reject)
    try {
      // Sound: `input` are this name's parameters by the signature, which an indexed call cannot express.
      const call = this.#frame[name] as (...input: unknown[]) => Promise<Answer>
      const answer = await Promise.race([call(...input), broken])
      if (!answer.ok) throw new ElementError(answer.code)
      return answer.notes ?? {}
    } finally {
      clearTimeout(late)
      this.#pending.delete(reject)
    }
  }

  close(code: ErrorCode = 'channel.lost'): void {
    if (this.#closed) return
    this.#closed = true
    this.#raw.close()
    for (const reject of this.#pending) reject(new ElementError(code))
    this.#pending.clear()
  }

  #endpoint(callbacks: PortCallbacks): Endpoint {
    const raw = this.#raw
    return {
      addEventListener: (_type, listener) => {
        raw.addEventListener('message', ({ data, isTrusted, ports }) => {
          if (this.#closed || !isTrusted) return
          try {
            if (ports.length > 0) throw new ElementError('channel.version')
            const event = parseFrameEvent(data)
            if (event !== null) return this.#follow(event, callbacks)
            const parsed = parseAnswer(data)
            if (parsed === null || typeof listener !== 'function') return
            listener(new MessageEvent('message', { data: { id: parsed.id, type: 'RAW', value: parsed.answer } }))
          } catch {
            callbacks.onMalformed()
          }
        })
      },
      removeEventListener() {},
      postMessage: (message) => {
        if (!this.#closed) raw.postMessage(message)
      },
      start: () => raw.start(),
    }
  }

  /** A gap in the numbers is a message that somebody kept. */
  #follow({ sp: _mark, seq, ...event }: FrameEvent & { sp: 1; seq: number }, callbacks: PortCallbacks): void {
    if (seq !== this.#seq + 1) throw new ElementError('channel.version')
    this.#seq = seq
    callbacks.onEvent(event)
  }
}
