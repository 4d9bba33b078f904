/**
 * settle: what the processor said becomes the charge's state, its event, the ledger and the audit entry, in one
 * transaction; a definite outcome also ends the CVC. No digits here.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { ChargeState } from '../../protocol/charge.ts'
import { isDefinite } from '../../protocol/charge.ts'
import { decide, type Outcome, type OutcomeState, type Processor } from '../processors/processor.ts'
import type { CvcState } from '../records/keyd-calls.ts'
import { type ChargeRow, type ErrorData, errorData, type Operation } from './charge-row.ts'
import type { Egress } from './context.ts'

interface Verdict {
  state: OutcomeState
  error?: ErrorData
}

/** A refusal means what the adapter's table says; one that nobody considered leaves the outcome open. */
export function verdictOf(processor: Processor, outcome: Outcome, cvc: CvcState | null): Verdict {
  if (outcome.state === 'unknown') return { state: 'unknown', error: errorData('processor.unknown_outcome', cvc) }
  if (outcome.state !== 'declined' && outcome.state !== 'failed') return { state: outcome.state }
  const { state, code } = decide(processor, outcome.code)
  return { state, error: errorData(code, cvc) }
}

/** What can be news about a sale or an authorization: later steps at the processor imply that it went through. */
const asFirstNews = (row: ChargeRow, state: OutcomeState): OutcomeState => {
  if (state === 'partially_captured') return row.operation === 'sale' ? 'captured' : 'authorized'
  if (state === 'partially_refunded' || state === 'refunded') return 'captured'
  return state === 'voided' ? 'failed' : state
}

export async function settle(
  egress: Egress,
  row: ChargeRow,
  attempt: number,
  outcome: Outcome,
  cvc: CvcState | null,
): Promise<ChargeRow> {
  const { state, error } = verdictOf(egress.processors.get(row.processor) ?? unlisted(), outcome, cvc)
  const to = asFirstNews(row, state)
  const failed = to === 'failed' && error === undefined ? errorData('processor.action_failed', cvc) : error
  const settled = await patiently(() =>
    egress.ledger.settle({
      charge: row.id,
      attempt,
      state: to,
      ...(outcome.processorRef === undefined ? {} : { processor_ref: outcome.processorRef }),
      ...(failed === undefined ? {} : { error: failed }),
      ...(to === 'action_required' ? { next_action: outcome.nextAction ?? '3ds' } : {}),
    }),
  )
  egress.log.info({ event: 'charge.settled', charge: row.id, state: settled.state, attempt, code: settled.error_code })
  if (isDefinite(settled.state)) await Promise.all([endCvc(egress, settled), endToken(egress, settled)])
  return settled
}

export function settleOperation(
  egress: Egress,
  row: ChargeRow,
  change: { operation: Operation; attempt: number },
  outcome: 'done' | 'failed' | 'unknown' | 'pending',
  code?: 'processor.action_failed' | 'processor.unknown_outcome',
): Promise<ChargeRow> {
  const { operation, attempt } = change
  const error = code === undefined ? {} : { error: errorData(code) }
  return patiently(() => egress.ledger.operationSettle({ charge: row.id, operation, attempt, outcome, ...error }))
}

/** The processor has acted by now: a database that hiccups must not turn that into an error at the first try. */
async function patiently<T>(write: () => Promise<T>): Promise<T> {
  for (const waitMs of [100, 400, 1_000]) {
    try {
      return await write()
    } catch {
      await delay(waitMs)
    }
  }
  return write()
}

/**
 * DESIGN §5: the first definite outcome ends the CVC, in keyd's memory and in the vault. A newer one, for a later
 * charge, stays. What fails here ends by itself within five minutes.
 */
async function endCvc({ ledger, keyd, log }: Egress, row: ChargeRow): Promise<void> {
  try {
    const cvc = await ledger.cvc(row.token)
    if (cvc === null || cvc.created_ms > row.created_ms) return
    const { cvc_key: id, instance } = cvc
    await Promise.all([
      ledger.cvcSettle(row.token),
      keyd('POST', '/cvc/settle', { cvc_key: { id, instance }, charge: row.id }, { instance }),
    ])
  } catch (error) {
    log.warn({ event: 'cvc.settle_failed', charge: row.id, error })
  }
}

/**
 * The last use is settled: keyd opens the token never again, whoever may later sign grants. What fails here is bounded
 * by the mandate's end and its openings.
 */
export async function endToken(
  { ledger, keyd, log }: Egress,
  row: Pick<ChargeRow, 'id' | 'tenant' | 'token'>,
): Promise<void> {
  try {
    const token = await ledger.token(row.tenant, row.token)
    if (token === null || token.uses_left > 0 || token.uses_reserved > 0) return
    await keyd('POST', '/used-up', { token: row.token })
  } catch (error) {
    log.warn({ event: 'token.end_failed', charge: row.id, error })
  }
}

const unlisted = (): never => {
  throw new Error('the account names a processor that this egress does not have')
}

export const isOpen = (state: ChargeState): boolean => ['unknown', 'pending', 'action_required'].includes(state)
