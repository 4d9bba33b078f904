/**
 * A processor's export, for a processor that our adapter cannot list: CSV with a head, JSON, or a JSON document a line. The
 * same file that `sallyport audit match` reads, with amounts besides.
 */
import { type ErrorCode, errors } from '../../protocol/errors.ts'
import { amountMinorMax } from '../../protocol/money.ts'
import { tokenPattern } from '../../protocol/ids.ts'
import { isCardShaped } from '../card-shaped.ts'
import { rowsOf } from '../file-rows.ts'
import { AdminError } from './deployment.ts'

export interface ExportedPayment {
  charge: string
  payment: string
  token?: string
  order?: string
  operation: 'sale' | 'authorize'
  amount: number
  currency: string
  state: string
  captured: number
  refunded: number
  error?: { code: ErrorCode; category: string; retryable: boolean; who: string }
}

/** What processors call a payment, and what we do. */
const states: Readonly<Record<string, string>> = {
  authorized: 'authorized',
  authorised: 'authorized',
  requires_capture: 'authorized',
  captured: 'captured',
  succeeded: 'captured',
  settled: 'captured',
  partially_captured: 'partially_captured',
  refunded: 'refunded',
  partially_refunded: 'partially_refunded',
  voided: 'voided',
  canceled: 'voided',
  cancelled: 'voided',
  declined: 'declined',
  refused: 'declined',
  requires_payment_method: 'declined',
  failed: 'failed',
  error: 'failed',
  pending: 'pending',
  processing: 'pending',
  received: 'pending',
  requires_action: 'action_required',
  unknown: 'unknown',
}
const codes: Readonly<Record<string, ErrorCode>> = {
  declined: 'processor.declined',
  failed: 'processor.action_failed',
  unknown: 'processor.unknown_outcome',
}

const needed =
  'each payment of an export needs `reference`, `id`, `status`, `amount` and `currency` by these names (amounts in minor units), and where it has them `captured`, `refunded`, `token`, `order`, `operation`; in CSV with a head, or in JSON'

const noneOfOurs =
  'no payment of this export has a charge of ours as its `reference` (chg_…), so nothing would be compared: see that it is this account’s, whole, and since the backup; if there was no payment since, --force --reason "…" says so'

/** Payments whose reference is no charge of ours are left out; one at least is. Throws AdminError with a sentence, and repeats nothing of the file. */
export function readExport(text: string): ExportedPayment[] {
  const byId = new Map<string, ExportedPayment>()
  const rows = rowsOf(text, ['reference', 'id', 'status', 'amount', 'currency'])
  if (rows === null) throw new AdminError('malformed', needed)
  for (const [at, row] of rows.entries()) {
    const payment = paymentOf(row, at + 1)
    if (payment !== null) byId.set(payment.payment, payment)
  }
  // A file of another shop, or one that was cut short, must not pass for a processor that has nothing.
  if (byId.size === 0) throw new AdminError('malformed', noneOfOurs)
  return [...byId.values()]
}

function paymentOf(row: Record<string, unknown>, line: number): ExportedPayment | null {
  const wrong = (why: string): AdminError => new AdminError('malformed', `payment ${line} of the export: ${why}`)
  const text = (...names: string[]): string | undefined => {
    const found = names.map((name) => row[name]).find((value) => value !== undefined && value !== null && value !== '')
    return found === undefined ? undefined : String(found).trim()
  }
  const [reference, id, status, currency] = ['reference', 'id', 'status', 'currency'].map((name) => text(name))
  const amount = minor(text('amount'))
  if (reference === undefined || id === undefined || status === undefined || currency === undefined || amount === null)
    throw wrong(needed)
  if (!/^chg_[a-z]{26}$/.test(reference)) return null
  const state = Object.hasOwn(states, status.toLowerCase()) ? states[status.toLowerCase()] : undefined
  if (state === undefined)
    throw wrong(`its status is none of ${Object.keys(states).join(', ')}; write what it means in these words`)
  if (!/^[A-Z]{3}$/.test(currency) || !/^[\w.:-]{1,128}$/.test(id) || isCardShaped(id)) throw wrong(needed)
  const captured = minor(text('captured', 'amount_captured')) ?? (state === 'captured' ? amount : 0)
  const refunded = minor(text('refunded', 'amount_refunded')) ?? (state === 'refunded' ? captured : 0)
  if (captured > amount || refunded > captured) throw wrong('it has captured or refunded more than there was')
  const [token, order] = [text('token', 'vault_token'), text('order')]
  const code = codes[state]
  return {
    charge: reference,
    payment: id,
    ...(token !== undefined && tokenPattern.test(token) ? { token } : {}),
    ...(order !== undefined && order.length <= 128 && !isCardShaped(order) ? { order } : {}),
    operation: text('operation') === 'authorize' ? 'authorize' : 'sale',
    amount,
    currency,
    state,
    captured,
    refunded,
    ...(code === undefined
      ? {}
      : {
          error: {
            code,
            category: code.split('.')[0] ?? '',
            retryable: errors[code].retryable,
            who: errors[code].who,
          },
        }),
  }
}

function minor(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return null
  return Number(text) <= amountMinorMax ? Number(text) : null
}
