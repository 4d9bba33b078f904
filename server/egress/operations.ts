/** capture, void, refund: what follows an authorization. No card is needed, so no grant and no digits are here. */
import { SallyportError } from '../../protocol/errors.ts'
import type { Outcome, Processor, Send } from '../processors/processor.ts'
import { ask, processorOf } from './ask.ts'
import type { ChargeReply } from './charge.ts'
import { answerOf, type ChargeRow, type Operation } from './charge-row.ts'
import type { Egress } from './context.ts'
import type { Idempotency } from './ledger.ts'
import { processorKey } from './processor-key.ts'
import { asked } from './resolve.ts'
import { settleOperation, verdictOf } from './settle.ts'

export type ChangeName = 'capture' | 'void' | 'refund'

export interface ChangeInput {
  tenant: string
  charge: string
  operation: ChangeName
  amount: number | undefined
  idempotency: Idempotency
}

export async function changeCharge(egress: Egress, input: ChangeInput): Promise<ChargeReply> {
  const { tenant, charge, operation, amount, idempotency } = input
  const begun = await egress.ledger.operationBegin(tenant, charge, operation, amount, idempotency)
  if (begun.result === 'conflict') throw new SallyportError('request.idempotency_conflict')
  if (begun.result === 'in_flight') {
    throw new SallyportError('request.idempotency_in_flight', { retryAfterMs: begun.retry_after_ms })
  }
  if (begun.result === 'replayed') {
    // What was refused then is refused now; the charge itself may have moved on.
    if (typeof begun.error_code === 'string') throw new SallyportError('processor.action_failed')
    return { charge: answerOf(begun.charge), replayed: true }
  }
  const change = { operation, attempt: begun.attempt, amount: begun.amount }
  if (begun.result === 'unknown') {
    const row = await asked(egress, begun.charge)
    return { charge: answerOf(refusedIf(row, change)), replayed: true }
  }
  if (!capable(egress, begun.charge, change)) {
    await settleOperation(egress, begun.charge, change, 'failed', 'processor.action_failed')
    throw new SallyportError('processor.action_failed')
  }
  const row = await sendChange(egress, begun.charge, change).catch(async (error: unknown) => {
    await egress.ledger.leave(charge)
    throw error
  })
  return { charge: answerOf(refusedIf(row, change)), replayed: false }
}

interface Change {
  operation: Operation
  attempt: number
  amount: number
}

/** The operation's own refusal is an error; the charge goes on as it was. */
function refusedIf(row: ChargeRow, { operation, attempt }: Change): ChargeRow {
  const own = row.attempt.operation === operation && row.attempt.attempt === attempt
  if (own && row.attempt.state === 'failed') throw new SallyportError('processor.action_failed')
  return row
}

function capable(egress: Egress, row: ChargeRow, { operation, amount }: Change): boolean {
  const { partialCapture, multiCapture } = processorOf(egress, row).capabilities
  if (operation !== 'capture') return true
  if (amount < row.authorized - row.captured && !partialCapture) return false
  return row.captured === 0 || multiCapture
}

/**
 * Sends an operation whose outcome is open once more, under its own key, while the processor still knows that.
 * Null where it may not be, or where nothing could be sent.
 */
export async function repeatOperation(egress: Egress, row: ChargeRow): Promise<ChargeRow | null> {
  const { attempt } = row
  const { idempotencyTtlHours } = processorOf(egress, row).capabilities
  if (attempt.state === 'pending' || (attempt.sent_ms_ago ?? 0) >= idempotencyTtlHours * 3_600_000) return null
  try {
    return await sendChange(egress, row, attempt)
  } catch (error) {
    egress.log.info({ event: 'charge.repeat_failed', charge: row.id, error })
    return null
  }
}

async function sendChange(egress: Egress, row: ChargeRow, change: Change): Promise<ChargeRow> {
  const { operation, attempt, amount } = change
  const { processor_ref: processorRef } = row
  if (processorRef === null) throw new SallyportError('system.internal')
  const request = {
    processorRef,
    amountMinor: amount,
    currency: row.currency,
    idempotencyKey: processorKey(egress.processorKeySecret, row.id, operation, attempt),
  }
  const outcome = await ask(egress, {
    row,
    beforeFirstByte: () => egress.ledger.sending(row.id, operation, attempt, null),
    run: (processor, send) => run(processor, operation, request, send),
  })
  const { state } = verdictOf(processorOf(egress, row), outcome, null)
  if (state === 'unknown') return settleOperation(egress, row, change, 'unknown', 'processor.unknown_outcome')
  if (state === 'pending') return settleOperation(egress, row, change, 'pending')
  const refused = outcome.code !== undefined || state === 'declined' || state === 'failed'
  return refused
    ? settleOperation(egress, row, change, 'failed', 'processor.action_failed')
    : settleOperation(egress, row, change, 'done')
}

function run(
  processor: Processor,
  operation: Operation,
  request: Parameters<Processor['capture']>[0],
  send: Send,
): Promise<Outcome> {
  if (operation === 'capture') return processor.capture(request, send)
  if (operation === 'void') return processor.void(request, send)
  return processor.refund(request, send)
}
