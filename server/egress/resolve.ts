/**
 * resolve: a charge or an operation whose outcome is open is asked for at the processor. A sale or an authorization is
 * never sent again from here (that takes a card, hence a grant); a capture, void or refund may be, under its own key.
 */
import type { Outcome } from '../processors/processor.ts'
import { ask } from './ask.ts'
import { repeatOperation } from './change.ts'
import type { AttemptRow, ChargeRow } from './charge-row.ts'
import type { Egress } from './context.ts'
import { isOpen, settle, settleOperation } from './settle.ts'

export interface News {
  row: ChargeRow
  learned: boolean
  /** The processor says that it has no such payment. */
  absent: boolean
}

const nothing = (row: ChargeRow, absent = false): News => ({ row, learned: false, absent })

/** The caller holds the charge's lease, and lets it go where nothing was learned. Never rejects for the processor's sake. */
export async function resolve(egress: Egress, row: ChargeRow): Promise<News> {
  const { attempt } = row
  const first = attempt.operation === row.operation
  let outcome: Outcome | null
  try {
    outcome = await ask(egress, {
      row,
      run: (processor, send) =>
        processor.get(
          { reference: row.id, ...(row.processor_ref === null ? {} : { processorRef: row.processor_ref }) },
          send,
        ),
    })
  } catch (error) {
    egress.log.info({ event: 'charge.ask_failed', charge: row.id, error })
    return nothing(row)
  }
  if (outcome === null) return nothing(row, true)
  if (outcome.state === 'unknown') return nothing(row)
  if (first) return { row: await settle(egress, row, attempt.attempt, outcome, row.cvc), learned: true, absent: false }
  if (inBooks(row, attempt, outcome)) {
    return { row: await settleOperation(egress, row, attempt, 'done'), learned: true, absent: false }
  }
  const repeated = await repeatOperation(egress, row)
  return repeated === null ? nothing(row) : { row: repeated, learned: true, absent: false }
}

/** One operation at a time is under way on a charge, so the processor's sums tell whether this one happened. */
function inBooks(row: ChargeRow, { operation, amount }: AttemptRow, outcome: Outcome): boolean {
  if (operation === 'void') return outcome.state === 'voided'
  const { books } = outcome
  if (books === undefined) return false
  return operation === 'capture'
    ? books.capturedMinor >= row.captured + amount
    : books.refundedMinor >= row.refunded + amount
}

const isWaiting = (row: ChargeRow): boolean => isOpen(row.state) || ['unknown', 'pending'].includes(row.attempt.state)

/** For whoever reads a charge: asks the processor first where something is open, at most once a second. */
export async function refresh(egress: Egress, row: ChargeRow): Promise<ChargeRow> {
  if (!isWaiting(row)) return row
  const claimed = await egress.ledger.claim(row.tenant, row.id)
  if (claimed === null) return (await egress.ledger.read(row.tenant, row.id)) ?? row
  return asked(egress, claimed)
}

/** Resolves what is held and lets it go. */
export async function asked(egress: Egress, row: ChargeRow): Promise<ChargeRow> {
  const news = await resolve(egress, row).catch((error: unknown) => {
    egress.log.error({ event: 'charge.resolve_failed', charge: row.id, error })
    return nothing(row)
  })
  return news.learned ? news.row : egress.ledger.leave(row.id, { asked: true })
}
