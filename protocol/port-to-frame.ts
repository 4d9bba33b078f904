/** What the frame takes from its host: the offer of a port, then commands in Comlink's envelope. Parsed, never cast. */
import {
  asMembers,
  callIdPattern,
  captureIdPattern,
  colorSchemes,
  commandNames,
  hasExactly,
  isOneOf,
  malformed,
  matches,
  parseGreeting,
  type Members,
  type OpenCommand,
} from './port.ts'

export type Command =
  | { id: string; name: 'open'; argument: OpenCommand }
  | { id: string; name: 'close' | 'ping' | 'focus' }

/** The offer's nonce, or null. Throws for an offer of another version or shape. */
export const parsePortOffer = (data: unknown): string | null => parseGreeting(data, 'port')

/** Printable ASCII without spaces: it goes into a header. */
const clientSecretPattern = /^[\x21-\x7e]{16,256}$/

/**
 * One call: `{ id, type: 'APPLY', path: [name], argumentList: [{ type: 'RAW', value }] }`.
 * Null for what Comlink sends by itself and we drop (`RELEASE`, by garbage collection) and for what is no call at all;
 * throws for GET, SET, CONSTRUCT, ENDPOINT, longer paths, handlers and every extra member.
 */
export function parseCommand(data: unknown): Command | null {
  const members = asMembers(data)
  if (members === null || !Object.hasOwn(members, 'type') || members['type'] === 'RELEASE') return null
  const { id, path, argumentList } = members
  if (members['type'] !== 'APPLY' || !hasExactly(members, ['id', 'type', 'path', 'argumentList'])) malformed()
  if (!matches(callIdPattern, id) || !Array.isArray(path) || path.length !== 1 || !Array.isArray(argumentList))
    malformed()
  const name: unknown = path[0]
  if (!isOneOf(commandNames, name)) malformed()
  if (name === 'open') return { id, name, argument: parseOpen(onlyArgument(argumentList)) }
  if (argumentList.length !== 0) malformed()
  return { id, name }
}

function onlyArgument(list: unknown[]): Members {
  const wire = asMembers(list[0])
  if (list.length !== 1 || wire === null || wire['type'] !== 'RAW' || !hasExactly(wire, ['type', 'value'])) malformed()
  return asMembers(wire['value']) ?? malformed()
}

function parseOpen(members: Members): OpenCommand {
  const { captureId, clientSecret, colorScheme } = members
  if (!hasExactly(members, ['captureId', 'clientSecret'], ['colorScheme'])) malformed()
  if (!matches(captureIdPattern, captureId) || !matches(clientSecretPattern, clientSecret)) malformed()
  const command: OpenCommand = { captureId, clientSecret }
  if (colorScheme !== undefined) command.colorScheme = isOneOf(colorSchemes, colorScheme) ? colorScheme : malformed()
  return command
}
