/**
 * reconcile: after a restore, what the processor made or changed since the backup is compared with the ledger, which takes
 * over what it has forgotten; then charges with tokens of before go on. Asked for by `sallyport reconcile`. Nothing is sent but
 * questions, so no card is needed and none is here.
 */
import type { ListedPage, ListedPayment } from '../processors/processor.ts'
import { ask, processorOf } from './ask.ts'
import type { Egress } from './context.ts'
import type { Comparison, FoundPayment } from './found-payment.ts'
import { type Repeated, repeatedly } from './repeatedly.ts'
import { endToken, verdictOf } from './settle.ts'

/** Why a comparison did not come to its end; each has its sentence in `sallyport reconcile`. */
export type CompareFailure = 'no_list' | 'refused' | 'unreachable' | 'unreadable'

class CompareError extends Error {
  readonly failure: CompareFailure
  constructor(failure: CompareFailure) {
    super('the comparison did not come to its end')
    this.failure = failure
  }
}

/** A charge that was being sent when the backup was taken has a payment of before it; clocks differ, too. */
const overlapMs = 3_600_000
const exportPage = 100
const restMs = 1_000

/** Compares one account, if one waits for it. True where it did something. */
export async function reconcileOne(egress: Egress): Promise<boolean> {
  const { ledger, log } = egress
  const work = await ledger.reconcileTake()
  if (work === null) return false
  log.info({ event: 'reconcile.began', subject: work.account })
  let failed: CompareFailure | null = null
  let count = 0
  try {
    for await (const page of work.source === 'export' ? exported(egress, work) : listed(egress, work)) {
      count += page.length
      for (const charge of await ledger.reconcileFound(work.account, page)) await endToken(egress, charge)
    }
  } catch (error) {
    if (!(error instanceof CompareError)) throw error
    failed = error.failure
  }
  const end = await ledger.reconcileEnd(work.account, failed)
  if (end === null) log.warn({ event: 'reconcile.done', subject: work.account, count })
  else log.error({ event: 'reconcile.failed', subject: work.account, reason: end, count })
  return true
}

async function* listed(egress: Egress, work: Comparison): AsyncGenerator<FoundPayment[]> {
  const { list } = processorOf(egress, work)
  if (list === undefined) throw new CompareError('no_list')
  let after: string | undefined
  do {
    const query = { sinceMs: work.since_ms - overlapMs, ...(after === undefined ? {} : { after }) }
    const answer = await ask<ListedPage>(egress, {
      row: { ...work, id: '' },
      run: (_processor, send) => list(query, send),
    }).catch(() => {
      throw new CompareError('unreachable')
    })
    if (!('payments' in answer)) throw new CompareError('refused' in answer ? 'refused' : 'unreadable')
    yield answer.payments.map((payment) => foundOf(egress, work, payment))
    // A page that says that it goes on where it began would never end.
    if (answer.next === after) return
    after = answer.next
  } while (after !== undefined)
}

function foundOf(egress: Egress, work: Comparison, payment: ListedPayment): FoundPayment {
  const { outcome, reference, token, order, operation, amountMinor, currency, processorRef } = payment
  const { state, error } = verdictOf(processorOf(egress, work), outcome, null)
  return {
    charge: reference,
    payment: processorRef,
    ...(token === undefined ? {} : { token }),
    ...(order === undefined ? {} : { order }),
    operation,
    amount: amountMinor,
    currency,
    state,
    captured: outcome.books.capturedMinor,
    refunded: outcome.books.refundedMinor,
    ...(error === undefined ? {} : { error }),
  }
}

/** What an admin read out of the processor's export: already in these words. */
async function* exported({ ledger }: Egress, { account }: Comparison): AsyncGenerator<FoundPayment[]> {
  for (let after = 0; ; ) {
    const rows = await ledger.reconcileExported(account, after, exportPage)
    if (rows.length === 0) return
    yield rows.map(({ payment }) => payment)
    after = rows.at(-1)?.n ?? after
  }
}

/** Until `close`, which waits for the account that is being compared. */
export const startReconciler = (egress: Egress): Repeated =>
  repeatedly(restMs, async (isClosed) => {
    try {
      while (!isClosed() && (await reconcileOne(egress)));
    } catch (error) {
      // The lease runs out, and the account is compared anew.
      egress.log.warn({ event: 'reconcile.stopped', error })
    }
  })
