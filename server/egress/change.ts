/**
 * change: one capture, void or refund to the processor and back, under the key of its attempt. The caller holds the
 * charge's lease. No card is needed.
 */
import { SallyportError } from '../../protocol/errors.ts'
import type { Outcome, Processor, Send } from '../processors/processor.ts'
import { ask, processorOf } from './ask.ts'
import type { ChargeRow, Operation } from './charge-row.ts'
import type { Egress } from './context.ts'
import { processorKey } from './processor-key.ts'
import { settleOperation, verdictOf } from './settle.ts'

export interface Change {
  operation: Operation
  attempt: number
  amount: number
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

export async function sendChange(egress: Egress, row: ChargeRow, change: Change): Promise<ChargeRow> {
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
  const { state, error } = verdictOf(processorOf(egress, row), outcome, null)
  if (state === 'unknown') return settleOperation(egress, row, change, 'unknown', 'processor.unknown_outcome')
  if (state === 'pending') return settleOperation(egress, row, change, 'pending')
  // A payment may be there and the operation refused all the same: then the answer carries a code.
  return error !== undefined
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
