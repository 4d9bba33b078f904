/**
 * The messages between widget and frame: what both directions share. Each side imports its own inbound parsers
 * (`port-to-frame.ts`, `port-to-host.ts`), so that the two sets do not ship twice. Hand-written because zod does not
 * fit the widget's budget; a test holds them against zod shapes.
 *
 * Every parser answers `null` for what is not ours, and throws `MalformedMessage` for what is ours and wrong.
 */
import type { Preset, Theme } from './look/tokens.ts'

export const portVersion = 1

/** Frame → parent window, to `'*'`: the frame listens. It holds nothing that matters: `n` only pairs it with its port. */
export interface Hello {
  sallyport: 'hello'
  v: typeof portVersion
  n: string
}

/** Host window → frame window, to the exact origin, with one port. */
export interface PortOffer {
  sallyport: 'port'
  v: typeof portVersion
  n: string
}

/** Comlink's envelope as far as it may pass (DESIGN §6): one flat name, raw arguments. */
export const commandNames = ['dress', 'open', 'close', 'ping', 'focus'] as const
export type CommandName = (typeof commandNames)[number]

export const colorSchemes = ['light', 'dark'] as const
export type ColorScheme = (typeof colorSchemes)[number]

export interface OpenCommand {
  captureId: string
  clientSecret: string
}

/** How the form looks. Said as soon as the port is bound, before a capture is, and again whenever it changes. */
export interface DressCommand {
  colorScheme: ColorScheme
  preset: Preset
  theme?: Theme
  /** A WOFF2 file. */
  font?: ArrayBuffer
}

export class MalformedMessage extends Error {
  constructor() {
    super('the message is ours and malformed')
    this.name = 'MalformedMessage'
  }
}

export function malformed(): never {
  throw new MalformedMessage()
}

export type Members = Record<string, unknown>

/** An object as structured cloning makes it; arrays and all else are `null`. */
export function asMembers(value: unknown): Members | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const prototype: unknown = Object.getPrototypeOf(value)
  // Sound: a plain object, whose members are unknown until they are asked for.
  return prototype === Object.prototype || prototype === null ? (value as Members) : null
}

/** Exactly the required members, perhaps the optional ones, nothing else: an own `__proto__` is something else. */
export function hasExactly(members: Members, required: readonly string[], optional: readonly string[] = []): boolean {
  const names = Object.keys(members)
  return (
    required.every((name) => Object.hasOwn(members, name)) &&
    names.every((name) => required.includes(name) || optional.includes(name))
  )
}

export const isOneOf = <T extends string>(list: readonly T[], value: unknown): value is T =>
  (list as readonly unknown[]).includes(value)

export const matches = (pattern: RegExp, value: unknown): value is string =>
  typeof value === 'string' && pattern.test(value)

export const noncePattern = /^[0-9a-f]{32}$/
export const captureIdPattern = /^cap_[a-z]{26}$/
/** Printable ASCII without spaces: it goes into a header. */
export const clientSecretPattern = /^[\x21-\x7e]{16,256}$/
/** Comlink makes ids of four hexadecimal numbers. */
export const callIdPattern = /^[0-9a-f-]{1,64}$/
export const localePattern = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}$/

/** A window message of the handshake, told by its `sallyport` member. */
export function parseGreeting(data: unknown, kind: 'hello' | 'port'): string | null {
  const members = asMembers(data)
  if (members?.['sallyport'] !== kind) return null
  const n = members['n']
  if (!hasExactly(members, ['sallyport', 'v', 'n']) || members['v'] !== portVersion || !matches(noncePattern, n))
    malformed()
  return n
}
