/**
 * The name on a card, from one form to the next in the same talk: a declined card leads to another, and nobody should
 * type a name twice. The host must not see it and the client secret reads nothing, so neither can carry it. The frames of
 * one page are of one origin: the form that is done gives the name to those that wait beside it, and to one that comes
 * while it still stands, in memory alone, for an hour. It is used where intake says that the capture is a retry of that
 * very one, for the same tenant. Never a number, never a code, and no storage.
 */
import { captureIdPattern, asMembers, matches } from '../protocol/port.ts'
import { clock } from './clock.ts'

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

export class KeptName {
  readonly #deps: KeptNameDeps
  readonly #channel: NameChannel | null
  readonly #kept = new Map<string, Kept>()
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
    if (retryOf !== undefined) this.#wanted = { capture: retryOf, tenant, give }
    this.#answer()
  }

  #heard(data: unknown): void {
    const members = asMembers(data) ?? {}
    const { capture, tenant, name, untilMs } = members
    if (members['ask'] === 'names') for (const kept of this.#kept.values()) this.#say(kept)
    if (!matches(captureIdPattern, capture) || typeof tenant !== 'string' || typeof name !== 'string') return
    if (typeof untilMs !== 'number' || untilMs > this.#deps.now() + keptMs || name.length > nameLengthMax) return
    this.#add({ capture, tenant, name, untilMs })
    this.#answer()
  }

  #answer(): void {
    const wanted = this.#wanted
    const kept = this.#kept.get(wanted?.capture ?? '')
    if (wanted === null || kept?.tenant !== wanted.tenant || kept.untilMs <= this.#deps.now()) return
    this.#wanted = null
    wanted.give(kept.name)
  }

  #add(kept: Kept): void {
    this.#kept.set(kept.capture, kept)
    this.#deps.setTimeout(() => this.#kept.delete(kept.capture), kept.untilMs - this.#deps.now())
  }

  #say(message: object): void {
    this.#channel?.postMessage(message)
  }
}

function opened({ channel }: KeptNameDeps): NameChannel | null {
  try {
    return channel()
  } catch {
    return null
  }
}

/** The forms of this browser. */
export const amongForms: KeptNameDeps = {
  channel: () => new BroadcastChannel('sallyport:name'),
  now: () => Date.now(),
  setTimeout: clock.setTimeout,
}
