/** What a refusal of intake means for the person: another try, a field to mend, or the end, and in which words. */
import type { EndState, FieldName } from '../protocol/capture-states.ts'
import { errors, isErrorCode, rejectionReasons, type ErrorCode, type RejectionReason } from '../protocol/errors.ts'
import { isLoopback } from '../protocol/loopback.ts'
import { Refusal, Unreachable } from './intake.ts'
import type { FrameEvent } from '../protocol/port-to-host.ts'
import type { Word } from './words/en.ts'

export interface RefusedVerdict {
  code: ErrorCode
  final: boolean
  field?: FieldName | undefined
}

export function verdictOf(error: unknown): RefusedVerdict {
  if (error instanceof Unreachable) return { code: 'channel.offline', final: false }
  if (!(error instanceof Refusal)) return { code: 'system.internal', final: false }
  const { code, field } = error
  // A conflict passes: the capture is held by a person or a question for the moment.
  return { code, field, final: !errors[code].retryable && code !== 'system.conflict' }
}

/** A session that intake no longer knows was replaced: the form has been taken up elsewhere. */
export const afterAttach = (verdict: RefusedVerdict): RefusedVerdict =>
  verdict.code === 'auth.unauthenticated' ? { ...verdict, code: 'channel.epoch_stale' } : verdict

export function rejectionOf(code: ErrorCode): RejectionReason | null {
  const reason = code.startsWith('input.') ? code.slice('input.'.length) : ''
  return rejectionReasons.find((known) => known === reason && isErrorCode(code)) ?? null
}

/** Whether it is worth saying that there is no network: intake on this machine needs none. */
export const isOnline = (): boolean => navigator.onLine || isLoopback(location.hostname)

export const noticeOf = (code: ErrorCode): Word => {
  if (code === 'channel.offline') return isOnline() ? 'lost' : 'offline'
  if (code === 'system.conflict') return 'paused'
  return code === 'system.unavailable' ? 'unavailable' : 'refused'
}

const endings: Partial<Record<ErrorCode, Word>> = {
  'channel.epoch_stale': 'ended_taken_over',
  'customer.canceled': 'ended_canceled',
  'customer.abandoned': 'ended_expired',
  'auth.unauthenticated': 'ended_expired',
  'input.too_many_attempts': 'ended_failed',
  'policy.cards_paused': 'ended_failed',
}
export const endingOf = (code: ErrorCode): Word => endings[code] ?? 'ended_unusable'

/**
 * What is said, and told to the host, of a capture that ended before this form was open, or beside it. Whether a
 * completed one was also charged is the agent's to say, and what card it was nobody's here: the host hears that it is done.
 */
export const endedElsewhere: Record<EndState, [Word, FrameEvent]> = {
  completed: ['ended_completed', { t: 'complete' }],
  canceled: ['ended_canceled', { t: 'canceled' }],
  failed: ['ended_failed', { t: 'error', code: 'input.too_many_attempts', fatal: true }],
  expired: ['ended_expired', { t: 'error', code: 'customer.abandoned', fatal: true }],
}
