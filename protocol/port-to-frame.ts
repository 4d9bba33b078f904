/** What the frame takes from its host: the offer of a port, then commands in Comlink's envelope. Parsed, never cast. */
import { fontBytesMax, presets, type Theme, tokenLengthMax, tokenNames } from './look/tokens.ts'
import {
  asMembers,
  callIdPattern,
  captureIdPattern,
  clientSecretPattern,
  colorSchemes,
  commandNames,
  hasExactly,
  isOneOf,
  malformed,
  matches,
  parseGreeting,
  type Members,
  type DressCommand,
  type OpenCommand,
} from './port.ts'

export type Command =
  | { id: string; name: 'open'; argument: OpenCommand }
  | { id: string; name: 'dress'; argument: DressCommand }
  | { id: string; name: 'close' | 'ping' | 'focus' }

/** The offer's nonce, or null. Throws for an offer of another version or shape. */
export const parsePortOffer = (data: unknown): string | null => parseGreeting(data, 'port')

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
  if (name === 'dress') return { id, name, argument: parseDress(onlyArgument(argumentList)) }
  if (argumentList.length !== 0) malformed()
  return { id, name }
}

function onlyArgument(list: unknown[]): Members {
  const wire = asMembers(list[0])
  if (list.length !== 1 || wire === null || wire['type'] !== 'RAW' || !hasExactly(wire, ['type', 'value'])) malformed()
  return asMembers(wire['value']) ?? malformed()
}

function parseOpen(members: Members): OpenCommand {
  const { captureId, clientSecret } = members
  if (!hasExactly(members, ['captureId', 'clientSecret'])) malformed()
  if (!matches(captureIdPattern, captureId) || !matches(clientSecretPattern, clientSecret)) malformed()
  return { captureId, clientSecret }
}

/** Strict in shape alone: what a value means, and whether it may be, is the look's own parser to say. */
function parseDress(members: Members): DressCommand {
  const { colorScheme, preset, theme, font } = members
  if (!hasExactly(members, ['colorScheme', 'preset'], ['theme', 'font'])) malformed()
  if (!isOneOf(colorSchemes, colorScheme) || !isOneOf(presets, preset)) malformed()
  const command: DressCommand = { colorScheme, preset }
  if (theme !== undefined) command.theme = parseTheme(asMembers(theme) ?? malformed())
  if (font !== undefined)
    command.font = font instanceof ArrayBuffer && font.byteLength <= fontBytesMax ? font : malformed()
  return command
}

function parseTheme(members: Members): Theme {
  const theme: Theme = {}
  for (const [name, text] of Object.entries(members)) {
    if (!isOneOf(tokenNames, name) || typeof text !== 'string' || text.length > tokenLengthMax) malformed()
    theme[name] = text
  }
  return theme
}
