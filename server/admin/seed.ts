/**
 * What an administrator would type, done by the supervisor at each start: the public halves of keyd's epochs and, in a
 * sandbox, the test tenant with its origins and its account at the sandbox processor. Idempotent; what is there already
 * is not written again, so that the audit log holds changes alone.
 */
import type { Mode } from '../config.ts'
import type { Epoch } from '../keys/store.ts'
import { addAccount, listAccounts, setAccountHost, setCredential } from './accounts.ts'
import { type Admin, AdminError, changeVault, openAdmin } from './deployment.ts'
import { publishEpochs } from './epochs.ts'
import { knowsKey } from './keys.ts'
import { setSettingsOrigins } from './origins.ts'
import { putTenant } from './tenants.ts'

export interface SeedTenant {
  id: string
  name: string
  publishableKey: string
  secretKey: string
}

export interface Seed {
  mode: Mode
  /** URLs with the role sallyport_admin. */
  vaultUrl: string
  gatewayUrl: string
  /** Null in a live deployment: its tenants are made by `sallyport tenant add`. */
  tenant: SeedTenant | null
  /** Exactly these of the settings may embed the form, beside those that an admin added. */
  origins: readonly string[]
  /** The sandbox processor, where there is one. */
  processor: { baseUrl: string; secret: string } | null
  epochs: readonly Epoch[]
  /** The operating system's user. */
  operator?: string
}

export async function seedDeployment(seed: Seed): Promise<void> {
  const { mode, vaultUrl, gatewayUrl, tenant, operator = 'sallyport' } = seed
  const admin = await openAdmin({ mode, vaultUrl, gatewayUrl, operator })
  try {
    if (mode === 'live') await assertLiveConfig(admin)
    await publishEpochs(admin, seed.epochs)
    if (tenant === null) return
    await seedTenant(admin, tenant)
    await setSettingsOrigins(admin, tenant.id, seed.origins)
    if (seed.processor !== null) await seedAccount(admin, tenant.id, seed.processor)
  } finally {
    await admin.close()
  }
}

async function seedTenant(admin: Admin, { id, name, publishableKey, secretKey }: SeedTenant): Promise<void> {
  const { rows } = await admin.vault.query<{ name: string; publishable_key: string }>(
    'select name, publishable_key from tenants where id = $1',
    [id],
  )
  const known = rows[0]
  if (known === undefined || !(await knowsKey(admin, secretKey))) {
    await putTenant(admin, { tenant: id, name, publishable_key: publishableKey, secret_key: secretKey }, [])
  } else if (known.name !== name || known.publishable_key !== publishableKey) {
    await changeVault(admin, { action: 'tenant.change', tenant: id }, (vault) =>
      vault.query('update tenants set name = $2, publishable_key = $3 where id = $1', [id, name, publishableKey]),
    )
  }
}

async function seedAccount(
  admin: Admin,
  tenant: string,
  { baseUrl, secret }: { baseUrl: string; secret: string },
): Promise<void> {
  const known = (await listAccounts(admin, tenant)).find(({ processor }) => processor === 'sandbox')
  const account = known?.account ?? (await addAccount(admin, { tenant, processor: 'sandbox', host: baseUrl }))
  if (known !== undefined && known.host !== baseUrl) await setAccountHost(admin, account, baseUrl)
  if (known?.credential !== true) await setCredential(admin, account, Buffer.from(secret))
}

/** The database's own rules refuse these rows; one that came another way (a superuser, a restore) is found at the start. */
async function assertLiveConfig(admin: Admin): Promise<void> {
  const { rows } = await admin.vault.query<{ sandbox: boolean; hosts: boolean; origins: boolean; keys: boolean }>(
    `select exists (select from accounts where processor = 'sandbox') as sandbox,
       exists (select from accounts where base_url !~ '^https://' or base_url ~ '^https://(localhost|127\\.)') as hosts,
       exists (select from origins where origin !~ '^https://') as origins,
       exists (select from tenants where publishable_key like 'pk\\_test\\_%') as keys`,
  )
  const found = rows[0]
  const refuse = (sentence: string): never => {
    throw new AdminError('not_in_live', sentence)
  }
  if (found?.sandbox === true)
    refuse('a merchant account of this live deployment is at the sandbox processor; remove it from the vault database')
  if (found?.hosts === true)
    refuse('a merchant account of this live deployment is not reached by https; run `sallyport admin account host`')
  if (found?.origins === true)
    refuse('a tenant of this live deployment has an http origin; run `sallyport tenant origins remove`')
  if (found?.keys === true) refuse('a tenant of this live deployment has a test key; make a tenant of its own for live')
}
