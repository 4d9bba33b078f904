/**
 * The vault's functions that egress may call: reading a token, its sealed records, and every step of a charge. Each is
 * one statement and one transaction; what they mean is said in `database/vault/50-charges.sql`.
 */
import type pg from 'pg'
import { isErrorCode, SallyportError } from '../../protocol/errors.ts'
import { makeId } from '../../protocol/ids.ts'
import { entryText } from '../audit/entries.ts'
import type { CvcState } from '../records/keyd-calls.ts'
import { type ChargeRow, type ErrorData, errorData, type Operation } from './charge-row.ts'
import type { Comparison, FoundPayment } from './found-payment.ts'

export interface TokenRow {
  id: string
  mode: 'sandbox' | 'live'
  capture_id: string
  state: 'active' | 'erased'
  brand: string
  last4: string
  exp_month: number
  exp_year: number
  network: string | null
  created_ms: number
  uses: number
  amount_max: number
  currency: string
  account: string
  not_after_ms: number
  max_opens: number
  uses_left: number
  uses_reserved: number
  processor: string
  base_url: string
  expired: boolean
}

export interface SealedRow {
  version: number
  suite: number
  kek_id: Buffer
  wrapped_dek: Buffer
  body: Buffer
}
export type CvcRow = Omit<SealedRow, 'kek_id'> & { created_ms: number; cvc_key: string; instance: string }
export type CredentialRow = SealedRow & { account: string; created_ms: number }

export interface Idempotency {
  key: string
  body: string
}

export type Begun =
  | { result: 'begun' | 'unknown' | 'replayed'; charge: ChargeRow }
  | { result: 'in_flight'; retry_after_ms: number }
  | { result: 'conflict' }
export type OperationBegun =
  | {
      result: 'begun' | 'unknown' | 'replayed'
      charge: ChargeRow
      attempt: number
      amount: number
      error_code?: string | null
    }
  | { result: 'in_flight'; retry_after_ms: number }
  /** `lost`: a restore lost as much, and this may be it. */
  | { result: 'lost' }
  | { result: 'conflict' }

export interface NewCharge {
  tenant: string
  charge: string
  token: string
  operation: string
  amount: number
  currency: string
  account: string
  processor?: string
  capture_id?: string
  reference?: string
}

export interface SettleInput {
  charge: string
  attempt: number
  state: string
  processor_ref?: string
  error?: ErrorData
  next_action?: string
}
export interface OperationSettleInput {
  charge: string
  operation: Operation
  attempt: number
  outcome: 'done' | 'failed' | 'unknown' | 'pending'
  error?: ErrorData
}

/** Longer than a processor takes for a page of its list. */
const compareLeaseMs = 30_000

const refusedBySql = 'SPERR'

export interface LedgerOptions {
  db: pg.Pool
  /** The name of the vault's audit log. */
  logId: string
  instance: string
  holder: string
  leaseMs: number
  now: () => number
}

export class Ledger {
  readonly #options: LedgerOptions
  constructor(options: LedgerOptions) {
    this.#options = options
  }

  async #rows<R extends pg.QueryResultRow>(name: string, text: string, values: unknown[]): Promise<R[]> {
    try {
      return (await this.#options.db.query<R>({ name, text, values })).rows
    } catch (error) {
      throw asRefusal(error)
    }
  }

  /** A function of one jsonb that gives one jsonb. Its shape is the SQL file's, which this project's tests hold. */
  async #call<T>(name: string, input: object): Promise<T> {
    const rows = await this.#rows<{ out: T }>(name, `select ${name}($1) as out`, [JSON.stringify(input)])
    const out = rows[0]?.out
    if (out === undefined) throw new SallyportError('system.internal')
    return out
  }

  /** What every step that may hold a charge brings. */
  #hold() {
    const { holder, instance, leaseMs } = this.#options
    return {
      holder,
      instance,
      lease_ms: leaseMs,
      event_id: makeId('evt_'),
      event_id_2: makeId('evt_'),
      unknown: errorData('processor.unknown_outcome'),
      superseded: errorData('processor.unavailable'),
    }
  }

  #audit(
    action: string,
    result: 'intent' | 'done' | 'failed',
    charge: string,
    more: { reason?: string; grant?: string } = {},
  ): string {
    return entryText(this.#options.logId, this.#options.now(), { actor: 'egress', action, result, charge, ...more })
  }

  async token(tenant: string, token: string): Promise<TokenRow | null> {
    return (await this.#rows<TokenRow>('token_read', 'select * from token_read($1, $2)', [tenant, token]))[0] ?? null
  }
  async record(token: string): Promise<SealedRow | null> {
    return (await this.#rows<SealedRow>('record_read', "select * from record_read($1, 'card')", [token]))[0] ?? null
  }
  async cvc(token: string): Promise<CvcRow | null> {
    return (await this.#rows<CvcRow>('cvc_read', 'select * from cvc_read($1)', [token]))[0] ?? null
  }
  async cvcSettle(token: string): Promise<void> {
    await this.#rows('cvc_settle', 'select cvc_settle($1)', [token])
  }
  async credential(account: string): Promise<CredentialRow | null> {
    const rows = await this.#rows<CredentialRow>('credential_read', 'select * from credential_read($1)', [account])
    return rows[0] ?? null
  }

  /** @param grant what the token will be opened with: held until `sending`, `unsent` or `unopened` says what became of it. */
  begin(charge: NewCharge, idempotency: Idempotency, grant: string): Promise<Begun> {
    return this.#call('charge_start', { ...charge, ...idempotency, grant, ...this.#hold() })
  }
  /** The charge that this key made, if it made one; nothing is begun. */
  known(tenant: string, idempotency: Idempotency): Promise<Begun | null> {
    return this.#call('charge_known', { tenant, ...idempotency })
  }
  async read(tenant: string, charge: string): Promise<ChargeRow | null> {
    const rows = await this.#rows<{ out: ChargeRow | null }>('charge_read', 'select charge_read($1, $2) as out', [
      tenant,
      charge,
    ])
    return rows[0]?.out ?? null
  }
  /** Null when another holds the charge, it was asked about a moment ago, or nothing is open about it. */
  claim(tenant: string, charge: string): Promise<ChargeRow | null> {
    return this.#call('charge_claim', { tenant, charge, ...this.#hold() })
  }
  async due(limit: number): Promise<ChargeRow[]> {
    const { holder, leaseMs } = this.#options
    const rows = await this.#rows<{ out: ChargeRow }>('charges_due', 'select charges_due($1, $2, $3) as out', [
      holder,
      leaseMs,
      limit,
    ])
    return rows.map(({ out }) => out)
  }
  async stranded(limit: number): Promise<string[]> {
    const { instance, holder } = this.#options
    const rows = await this.#rows<{ out: string }>('charges_stranded', 'select charges_stranded($1, $2, $3) as out', [
      instance,
      holder,
      limit,
    ])
    return rows.map(({ out }) => out)
  }
  async recover(charge: string): Promise<void> {
    await this.#rows('charge_recover', 'select charge_recover($1)', [JSON.stringify({ charge, ...this.#hold() })])
  }

  /** Rejects with system.conflict when the charge is no longer this holder's to send. */
  async sending(
    charge: string,
    operation: Operation,
    attempt: number,
    cvc: CvcState | null,
    grant?: string,
  ): Promise<void> {
    const audit = this.#audit(`charge.${operation}`, 'intent', charge, grant === undefined ? {} : { grant })
    const input = { charge, operation, attempt, cvc, audit, ...this.#hold(), ...(grant === undefined ? {} : { grant }) }
    const name = grant === undefined ? 'charge_sending' : 'grant_sending'
    await this.#rows(name, `select ${name}($1)`, [JSON.stringify(input)])
  }
  /**
   * The token was opened, or may have been, and no byte of the charge left: without a line of its own the opening would have
   * no counterpart. `recovered`: of a process that ended in between.
   */
  async unsent(charge: string, grant: string, why: { reason?: 'recovered' } = {}): Promise<void> {
    await this.#grantEnded(grant, this.#audit('charge.unsent', 'failed', charge, { grant, ...why }))
  }
  /** keyd was not asked, or refused, which its own log says. */
  unopened(grant: string): Promise<void> {
    return this.#grantEnded(grant, null)
  }
  async #grantEnded(grant: string, entry: string | null): Promise<void> {
    await this.#rows('grant_ended', 'select grant_ended($1, $2)', [grant, entry])
  }
  /** Grants that a process which is gone held, or that nobody can send with any more. */
  grantsStranded(limit: number): Promise<{ grant_id: string; charge: string }[]> {
    const { instance, holder } = this.#options
    return this.#rows('grants_stranded', 'select * from grants_stranded($1, $2, $3)', [instance, holder, limit])
  }
  settle(input: SettleInput): Promise<ChargeRow> {
    const audit = this.#audit('charge.settle', resultOf(input.state), input.charge, {
      reason: input.error?.code ?? input.state,
    })
    return this.#call('charge_settle', { ...input, audit, event_id: makeId('evt_') })
  }
  /** Lets the charge go without news. */
  leave(charge: string, why: { refused?: true; asked?: true } = {}): Promise<ChargeRow> {
    return this.#call('charge_leave', { charge, refused: false, asked: false, ...why, ...this.#hold() })
  }

  /** The next account that a comparison was asked for, and that nobody compares. */
  reconcileTake(): Promise<Comparison | null> {
    const { holder } = this.#options
    return this.#rows<{ out: Comparison | null }>('reconcile_take', 'select reconcile_take($1, $2) as out', [
      holder,
      compareLeaseMs,
    ]).then(([row]) => row?.out ?? null)
  }
  reconcileExported(account: string, after: number, limit: number): Promise<{ n: number; payment: FoundPayment }[]> {
    const text = 'select n, payment from reconcile_exported($1, $2, $3)'
    return this.#rows('reconcile_exported', text, [account, after, limit])
  }
  /** Gives the charges that it wrote or moved. Rejects with system.conflict where another compares by now. */
  reconcileFound(
    account: string,
    payments: readonly FoundPayment[],
  ): Promise<Pick<ChargeRow, 'id' | 'tenant' | 'token'>[]> {
    const audited = payments.map((found) => ({
      ...found,
      audit: this.#audit('charge.found', 'done', found.charge, { reason: found.state }),
      event_id: makeId('evt_'),
      event_id_2: makeId('evt_'),
    }))
    const { holder } = this.#options
    return this.#call('reconcile_found', { account, holder, lease_ms: compareLeaseMs, payments: audited })
  }
  /** Null where the account's charges go on; else why not. */
  async reconcileEnd(account: string, failed: string | null): Promise<string | null> {
    const { holder, logId, now } = this.#options
    const audit = entryText(logId, now(), { actor: 'egress', action: 'reconcile', result: 'done', object: account })
    const input = { account, holder, failed, audit }
    const rows = await this.#rows<{ out: string | null }>('reconcile_end', 'select reconcile_end($1) as out', [
      JSON.stringify(input),
    ])
    return rows[0]?.out ?? null
  }

  operationBegin(
    tenant: string,
    charge: string,
    operation: Operation,
    amount: number | undefined,
    idempotency: Idempotency,
  ): Promise<OperationBegun> {
    return this.#call('operation_start', { tenant, charge, operation, amount, ...idempotency, ...this.#hold() })
  }
  operationSettle(input: OperationSettleInput): Promise<ChargeRow> {
    const result = resultOf(input.outcome)
    const audit = this.#audit(`charge.${input.operation}`, result, input.charge, {
      reason: input.error?.code ?? input.outcome,
    })
    return this.#call('operation_settle', { ...input, audit, event_id: makeId('evt_') })
  }
}

const resultOf = (state: string): 'done' | 'failed' => (state === 'failed' || state === 'unknown' ? 'failed' : 'done')

/** The functions refuse with SQLSTATE SPERR, a code as message and the member's name as detail. */
function asRefusal(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.code !== refusedBySql) {
    return new SallyportError('system.unavailable', { cause: error })
  }
  if (!isErrorCode(error.message)) return new SallyportError('system.internal')
  const param = 'detail' in error && typeof error.detail === 'string' && error.detail !== '' ? error.detail : undefined
  return new SallyportError(error.message, param === undefined ? {} : { param })
}
