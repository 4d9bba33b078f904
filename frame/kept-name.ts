/**
 * The name on a card, from one form to the next in the same talk: a declined card leads to another, and nobody should
 * type a name twice. The host must not see it and the client secret reads nothing, so neither can carry it. The frames of
 * one page are of one origin: the form that is done gives the name to those that wait beside it, and to one that comes
 * while it still stands, in memory alone, for an hour. It is used where intake says that the capture is a retry of that
 * very one, for the same tenant. Never a number, never a code, and no storage.
 */
import { captureIdPattern, asMembers, matches } from '../protocol/port.ts'

interface Kept {
  capture: string
  tenant: string
  name: string
  untilMs: number
}

/** The part of a BroadcastChannel that is used. Browsers keep it within one origin below one site. */
export interface NameChannel {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
}

export interface KeptNameDeps {
  /** Throws or answers null where a browser has none: then names are typed again. */
  channel(): NameChannel | null
  now(): number
  setTimeout(run: () => void, ms: number): unknown
}

const keptMs = 3_600_000
const nameLengthMax = 128
/** More forms than anybody fills in within an hour. */
const keptMax = 8

export class KeptName {
  readonly #deps: KeptNameDeps
  readonly #channel: NameChannel | null
  #kept: Kept[] = []
  #wanted: { capture: string; tenant: string; give(name: string): void } | null = null

  constructor(deps: KeptNameDeps) {
    this.#deps = deps
    this.#channel = opened(deps)
    this.#channel?.addEventListener('message', ({ data }) => this.#heard(data))
    this.#say({ ask: 'names' })
  }

  /** This form is done: its name may serve the next try. */
  keep(capture: string, tenant: string, name: string): void {
    if (name.trim() === '') return
    const kept = { capture, tenant, name: name.trim(), untilMs: this.#deps.now() + keptMs }
    this.#add(kept)
    this.#say(kept)
  }

  /** Gives the name of the form that this capture is a retry of, at once or when it is heard of; once, or never. */
  want(retryOf: string | undefined, tenant: string, give: (name: string) => void): void {
    if (retryOf === undefined) return
    this.#wanted = { capture: retryOf, tenant, give }
    this.#answer()
  }

  #heard(data: unknown): void {
    const members = asMembers(data)
    if (members?.['ask'] === 'names') {
      this.#forget()
      for (const kept of this.#kept) this.#say(kept)
      return
    }
    const { capture, tenant, name, untilMs } = members ?? {}
    if (!matches(captureIdPattern, capture) || typeof tenant !== 'string' || typeof name !== 'string') return
    if (typeof untilMs !== 'number' || untilMs > this.#deps.now() + keptMs || name.length > nameLengthMax) return
    if (this.#kept.some((known) => known.capture === capture)) return
    this.#add({ capture, tenant, name, untilMs })
    this.#answer()
  }

  #answer(): void {
    this.#forget()
    const wanted = this.#wanted
    const found = this.#kept.find(({ capture, tenant }) => capture === wanted?.capture && tenant === wanted.tenant)
    if (wanted === null || found === undefined) return
    this.#wanted = null
    wanted.give(found.name)
  }

  #add(kept: Kept): void {
    this.#kept = [...this.#kept, kept].slice(-keptMax)
    this.#deps.setTimeout(() => this.#forget(), kept.untilMs - this.#deps.now() + 1)
  }

  #forget(): void {
    const now = this.#deps.now()
    this.#kept = this.#kept.filter(({ untilMs }) => untilMs > now)
  }

  #say(message: object): void {
    try {
      this.#channel?.postMessage(message)
    } catch {
      // A closed channel: the name is typed again.
    }
  }
}

function opened({ channel }: KeptNameDeps): NameChannel | null {
  try {
    return channel()
  } catch {
    return null
  }
}
