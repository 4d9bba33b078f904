/**
 * What the host takes from the frame: its hello, answers to calls, and events. No member can carry digits beyond last4:
 * words are enums or letters, the token is letters, numbers are a height and a counter.
 */
import {
  captureStates,
  fieldNames,
  fieldStates,
  progressLevels,
  type CaptureState,
  type FieldName,
  type FieldState,
  type ProgressLevel,
} from './capture-states.ts'
import { isErrorCode, rejectionReasons, type ErrorCode, type RejectionReason } from './errors.ts'
import { tokenPattern } from './ids.ts'
import { type ThemeNotes, themeVerdicts, tokenNames } from './look/tokens.ts'
import {
  asMembers,
  callIdPattern,
  hasExactly,
  isOneOf,
  malformed,
  matches,
  parseGreeting,
  type Members,
} from './port.ts'

/** `notes`: what a theme could not have; an answer to `dress` alone. */
export type Answer = { ok: true; notes?: ThemeNotes } | { ok: false; code: ErrorCode }

export interface FieldHint {
  field: FieldName
  status: FieldState
  level?: ProgressLevel
  code?: RejectionReason
  brand?: string
  last4?: string
}

export type FrameEvent =
  | { t: 'ready' }
  | { t: 'resize'; height: number }
  /** A sheet was folded to a line, or opened again, by the person. */
  | { t: 'folded'; folded: boolean }
  /** Something lies over the form: to be lifted above the page where it stands, or put back. */
  | { t: 'lift'; up: boolean }
  | { t: 'state'; state: CaptureState }
  | ({ t: 'progress' } & FieldHint)
  | { t: 'complete'; token?: string; brand?: string; last4?: string }
  | { t: 'canceled' }
  /** `fatal`: the capture cannot go on in this frame. Otherwise the frame itself offers the person another try. */
  | { t: 'error'; code: ErrorCode; fatal: boolean }

/** On the wire: `sp` marks the message as ours, `seq` counts from 1 without a gap. */
export type NumberedEvent = FrameEvent & { sp: 1; seq: number }

/** A form with every error open at 320 px is under 900 px; more is somebody's mistake. */
export const frameHeightMax = 2_000

export const brandPattern = /^[a-z_]{2,24}$/
const last4Pattern = /^\d{4}$/

/** The hello's nonce, or null. Throws for a hello of another version or shape. */
export const parseHello = (data: unknown): string | null => parseGreeting(data, 'hello')

/** An answer to a call, as Comlink wraps it; null for what is no answer. Throws for thrown values and proxies. */
export function parseAnswer(data: unknown): { id: string; answer: Answer } | null {
  const members = asMembers(data)
  if (members === null || !Object.hasOwn(members, 'id')) return null
  const value = asMembers(members['value'])
  const { id } = members
  if (!hasExactly(members, ['id', 'type', 'value']) || members['type'] !== 'RAW' || value === null) malformed()
  if (!matches(callIdPattern, id)) malformed()
  if (value['ok'] === true && hasExactly(value, ['ok'], ['notes'])) {
    const { notes } = value
    return { id, answer: notes === undefined ? { ok: true } : { ok: true, notes: parseNotes(asMembers(notes)) } }
  }
  const { code } = value
  if (value['ok'] !== false || !hasExactly(value, ['ok', 'code']) || !isErrorCode(code)) malformed()
  return { id, answer: { ok: false, code } }
}

function parseNotes(members: Members | null): ThemeNotes {
  const notes: ThemeNotes = {}
  for (const [name, verdict] of Object.entries(members ?? malformed()))
    notes[isOneOf(tokenNames, name) ? name : malformed()] = isOneOf(themeVerdicts, verdict) ? verdict : malformed()
  return notes
}

/** An event of the frame; null for what does not carry our mark. */
export function parseFrameEvent(data: unknown): NumberedEvent | null {
  const members = asMembers(data)
  if (members?.['sp'] !== 1) return null
  const { seq } = members
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 1) malformed()
  return { sp: 1, seq, ...parseBody(members) }
}

function parseBody(members: Members): FrameEvent {
  const { t } = members
  const only = (required: readonly string[], optional: readonly string[] = []): void => {
    if (!hasExactly(members, ['sp', 'seq', 't', ...required], optional)) malformed()
  }
  switch (t) {
    case 'ready':
    case 'canceled':
      only([])
      return { t }
    case 'resize': {
      only(['height'])
      const { height } = members
      if (typeof height !== 'number' || !Number.isInteger(height) || height < 0 || height > frameHeightMax) malformed()
      return { t, height }
    }
    case 'folded': {
      only(['folded'])
      const { folded } = members
      return { t, folded: typeof folded === 'boolean' ? folded : malformed() }
    }
    case 'lift': {
      only(['up'])
      const { up } = members
      return { t, up: typeof up === 'boolean' ? up : malformed() }
    }
    case 'state': {
      only(['state'])
      const { state } = members
      return { t, state: isOneOf(captureStates, state) ? state : malformed() }
    }
    case 'progress':
      only(['field', 'status'], ['level', 'code', 'brand', 'last4'])
      return { t, ...parseHint(members) }
    case 'complete': {
      only([], ['token', 'brand', 'last4'])
      const { token } = members
      if (token !== undefined && !matches(tokenPattern, token)) malformed()
      return { t, ...(token === undefined ? {} : { token }), ...parseCard(members) }
    }
    case 'error': {
      only(['code', 'fatal'])
      const { code, fatal } = members
      if (!isErrorCode(code) || typeof fatal !== 'boolean') malformed()
      return { t, code, fatal }
    }
    default:
      return malformed()
  }
}

function parseHint(members: Members): FieldHint {
  const { field, status, level, code } = members
  if (!isOneOf(fieldNames, field) || !isOneOf(fieldStates, status)) malformed()
  const hint: FieldHint = { field, status, ...parseCard(members) }
  if (level !== undefined) hint.level = isOneOf(progressLevels, level) ? level : malformed()
  if (code !== undefined) hint.code = isOneOf(rejectionReasons, code) ? code : malformed()
  // Brand and last4 are told of a complete number alone: earlier they would be a leak, elsewhere a mistake.
  if ((hint.brand ?? hint.last4) !== undefined && (status !== 'complete' || field !== 'number')) malformed()
  return hint
}

function parseCard(members: Members): { brand?: string; last4?: string } {
  const { brand, last4 } = members
  const card: { brand?: string; last4?: string } = {}
  if (brand !== undefined) card.brand = matches(brandPattern, brand) ? brand : malformed()
  if (last4 !== undefined) card.last4 = matches(last4Pattern, last4) ? last4 : malformed()
  return card
}
