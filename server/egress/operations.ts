/** capture, void, refund: what follows an authorization. No card is needed, so no grant and no digits are here. */
import { SallyportError } from '../../protocol/errors.ts'
import { processorOf } from './ask.ts'
import { type Change, sendChange } from './change.ts'
import { answerOf, type ChargeReply, type ChargeRow } from './charge-row.ts'
import type { Egress } from './context.ts'
import type { Idempotency } from './ledger.ts'
import { asked } from './resolve.ts'
import { settleOperation } from './settle.ts'

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
  // May have been done before a restore: whoever asks reads the charge, and asks under a new key for what is still wanted.
  if (begun.result === 'lost') throw new SallyportError('system.conflict')
  if (begun.result === 'replayed') {
    // What was refused then is refused now; the charge itself may have moved on.
    if (begun.error_code === 'system.conflict') throw new SallyportError('system.conflict')
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
