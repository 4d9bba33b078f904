/** Which pages may embed a tenant's form. intake reads the list each time, so that a change holds at once. */
import { type Admin, AdminError, changeVault, requireTenant } from './deployment.ts'
import { pageOrigin } from './names.ts'

export interface Origin {
  origin: string
  /** True: it comes from SALLYPORT_ORIGINS or the demo, and goes with them. */
  by_settings: boolean
}

export async function listOrigins(admin: Admin, tenant: string): Promise<Origin[]> {
  await requireTenant(admin, tenant)
  const { rows } = await admin.vault.query<Origin>(
    'select origin, by_settings from origins where tenant = $1 order by origin',
    [tenant],
  )
  return rows
}

/** Gives the origin as browsers spell it. */
export async function addOrigin(admin: Admin, tenant: string, text: string): Promise<string> {
  const origin = pageOrigin(text, admin.mode)
  await requireTenant(admin, tenant)
  await changeVault(admin, { action: 'origin.add', tenant, object: origin }, async (vault) => {
    const { rowCount } = await vault.query(
      'insert into origins (tenant, origin) values ($1, $2) on conflict do nothing',
      [tenant, origin],
    )
    if (rowCount === 0) throw new AdminError('already', 'this origin is on the list already; there is nothing to do')
  })
  return origin
}

export async function removeOrigin(admin: Admin, tenant: string, text: string): Promise<string> {
  // Read as in a sandbox: whatever stands in the list may be taken from it.
  const origin = pageOrigin(text, 'sandbox')
  await requireTenant(admin, tenant)
  await changeVault(admin, { action: 'origin.remove', tenant, object: origin }, async (vault) => {
    const { rowCount } = await vault.query('delete from origins where tenant = $1 and origin = $2', [tenant, origin])
    if (rowCount === 0)
      throw new AdminError('not_found', 'this origin is not on the list; `sallyport tenant origins list` shows it')
  })
  return origin
}

/** Makes the origins that come from the settings exactly these; an admin's own stay. */
export async function setSettingsOrigins(admin: Admin, tenant: string, origins: readonly string[]): Promise<void> {
  const { rows } = await admin.vault.query<Origin>('select origin, by_settings from origins where tenant = $1', [
    tenant,
  ])
  for (const { origin } of rows.filter((row) => row.by_settings && !origins.includes(row.origin)))
    await changeVault(admin, { action: 'origin.remove', tenant, object: origin }, (vault) =>
      vault.query('delete from origins where tenant = $1 and origin = $2', [tenant, origin]),
    )
  for (const origin of origins.filter((wanted) => !rows.some((row) => row.origin === wanted)))
    await changeVault(admin, { action: 'origin.add', tenant, object: origin }, (vault) =>
      vault.query('insert into origins (tenant, origin, by_settings) values ($1, $2, true)', [tenant, origin]),
    )
}
