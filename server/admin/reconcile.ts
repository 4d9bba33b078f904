/** After a restore: what waits at each merchant account, and how a person lets it go on. */
import { entryText } from '../audit/entries.ts'
import { type Admin, AdminError } from './deployment.ts'

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
