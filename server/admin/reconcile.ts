/** After a restore: what waits at each merchant account, and how a person lets it go on. */
import { entryText } from '../audit/entries.ts'
import { type Admin, AdminError } from './deployment.ts'
import type { ExportedPayment } from './processor-export.ts'

export interface OpenReconciliation {
  account: string
  tenant: string
  processor: string
  /** The moment that the database went back to, and the moment at which it did. */
  backup_at: string
  restored_at: string
}

/** Empty where nothing waits: nothing was restored, or all of it was reconciled. */
export async function openReconciliations(admin: Admin): Promise<OpenReconciliation[]> {
  const { rows } = await admin.vault.query<{
    account: string
    tenant: string
    processor: string
    backup_at: Date
    restored_at: Date
  }>(
    `select r.account, a.tenant, a.processor, min(s.backup_at) as backup_at, max(s.restored_at) as restored_at
       from reconciliations r join restores s on s.n = r.restore join accounts a on a.id = r.account
       where r.lifted_at is null group by 1, 2, 3 order by 1`,
  )
  return rows.map((row) => ({
    ...row,
    backup_at: row.backup_at.toISOString(),
    restored_at: row.restored_at.toISOString(),
  }))
}

/** A person says that charges go on without the comparison. Throws where nothing waits, or no reason is given. */
export async function forceReconciled(admin: Admin, account: string, reason: string): Promise<void> {
  if (reason.trim().length < 10 || reason.length > 500)
    throw new AdminError(
      'malformed',
      'forcing needs a reason of 10 to 500 characters (--reason "…"): it stands in the database beside who gave it',
    )
  const logId = await admin.vault.query<{ id: string }>('select vault_log_id() as id')
  const entry = entryText(logId.rows[0]?.id ?? '', Date.now(), {
    actor: 'admin',
    action: 'reconcile.force',
    result: 'done',
    operator: admin.operator,
    object: account,
  })
  const { rows } = await admin.vault.query<{ done: boolean }>('select restore_force($1, $2, $3) as done', [
    account,
    reason,
    entry,
  ])
  if (rows[0]?.done !== true) throw new AdminError('not_found', 'no charge of this account waits for being reconciled')
}

export interface Standing {
  lifted: boolean
  /** Asked for, and not at its end. */
  asked: boolean
  looked: number
  failed: string | null
  /** egress is at it. */
  held: boolean
}

/** An export is handed in so many payments at a time. */
const exportPage = 500

/** Begins the comparison. Throws where nothing of this account waits. */
export async function askToReconcile(
  admin: Admin,
  account: string,
  payments: readonly ExportedPayment[] | null,
): Promise<void> {
  const logId = await admin.vault.query<{ id: string }>('select vault_log_id() as id')
  const entry = entryText(logId.rows[0]?.id ?? '', Date.now(), {
    actor: 'admin',
    action: 'reconcile',
    result: 'intent',
    operator: admin.operator,
    object: account,
    reason: payments === null ? 'processor' : 'export',
  })
  const all = payments ?? []
  for (let at = 0; at === 0 || at < all.length; at += exportPage) {
    const page = all.slice(at, at + exportPage)
    const last = at + exportPage >= all.length
    const { rows } = await admin.vault.query<{ waits: boolean }>(
      'select reconcile_ask($1, $2, $3, $4, $5, $6) as waits',
      [account, payments === null ? 'processor' : 'export', JSON.stringify(page), at === 0, last, entry],
    )
    if (rows[0]?.waits !== true)
      throw new AdminError('not_found', 'no charge of this account waits for being reconciled')
  }
}

export async function standingOf(admin: Admin, account: string): Promise<Standing> {
  const { rows } = await admin.vault.query<Standing>(
    `select bool_and(lifted_at is not null) as lifted, bool_or(lifted_at is null and asked_at is not null) as asked,
       max(looked) as looked, max(failed) filter (where lifted_at is null) as failed,
       bool_or(lifted_at is null and lease_until > clock_timestamp()) as held
     from reconciliations where account = $1`,
    [account],
  )
  return rows[0] ?? { lifted: true, asked: false, looked: 0, failed: null, held: false }
}

export interface Finding {
  kind: 'written' | 'moved' | 'over' | 'differs' | 'token_gone' | 'no_token'
  charge: string
  payment: string
  token: string | null
  amount_minor: number
  currency: string
  state: string
  order: string | null
}

/** All that comparisons of this account found, since its last restore. */
export async function findingsOf(admin: Admin, account: string): Promise<Finding[]> {
  const { rows } = await admin.vault.query<Omit<Finding, 'amount_minor'> & { amount: string }>(
    `select f.kind, f.charge, f.payment, f.token, f.amount::text, f.currency, f.state, f.order_reference as order
       from reconcile_findings f
       where f.account = $1 and f.at >= (select max(s.restored_at) from reconciliations r join restores s on s.n = r.restore where r.account = $1)
       order by f.n`,
    [account],
  )
  return rows.map(({ amount, ...row }) => ({ ...row, amount_minor: Number(amount) }))
}
