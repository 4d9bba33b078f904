/** Tenants: a row in the vault (what their form shows, who may embed it) and one in the gateway (whose keys are whose). */
import { makeId } from '../../protocol/ids.ts'
import { type Admin, changeGateway, changeVault, requireTenant } from './deployment.ts'
import { insertKey, knowsKey, makePublishableKey, makeSecretKey } from './keys.ts'
import { businessName, pageOrigin } from './names.ts'

export interface NewTenant {
  name: string
  origins?: readonly string[]
}

/** What is shown once; the secret key is nowhere else. */
export interface MadeTenant {
  tenant: string
  name: string
  publishable_key: string
  secret_key: string
}

export interface TenantRow {
  tenant: string
  name: string
  publishable_key: string
  origins: number
  accounts: number
  /** Keys that the gateway takes now. */
  keys: number
  bin: boolean
  link_uses: 'one' | 'many'
  retention_days: number | null
  erasures_per_day: number
  created_at: string
}

export async function addTenant(admin: Admin, { name, origins = [] }: NewTenant): Promise<MadeTenant> {
  const made = {
    tenant: makeId('ten_'),
    name: businessName(name),
    publishable_key: makePublishableKey(admin.mode),
    secret_key: makeSecretKey(admin.mode),
  }
  const list = [...new Set(origins.map((origin) => pageOrigin(origin, admin.mode)))]
  await putTenant(admin, made, list)
  return made
}

/** The gateway's half first. Each half is left as it is where it is there already, so that this can be run again. */
export async function putTenant(admin: Admin, made: MadeTenant, origins: readonly string[]): Promise<void> {
  await changeGateway(admin, { action: 'tenant.add', tenant: made.tenant }, async (gateway) => {
    await gateway.query('insert into tenants (id, name) values ($1, $2) on conflict (id) do nothing', [
      made.tenant,
      made.name,
    ])
    if (!(await knowsKey(admin, made.secret_key))) await insertKey(admin, made.tenant, made.secret_key)
  })
  await changeVault(admin, { action: 'tenant.add', tenant: made.tenant }, async (vault) => {
    await vault.query(
      'insert into tenants (id, name, publishable_key) values ($1, $2, $3) on conflict (id) do nothing',
      [made.tenant, made.name, made.publishable_key],
    )
    await vault.query('insert into origins (tenant, origin) select $1, unnest($2::text[]) on conflict do nothing', [
      made.tenant,
      origins,
    ])
  })
}

export async function listTenants(admin: Admin): Promise<TenantRow[]> {
  const { rows } = await admin.vault.query<Omit<TenantRow, 'keys' | 'created_at'> & { created_at: Date }>(
    `select t.id as tenant, t.name, t.publishable_key, t.bin,
       case when t.link_many_uses then 'many' else 'one' end as link_uses, t.created_at, t.retention_days, t.erasures_per_day,
       (select count(*)::integer from origins o where o.tenant = t.id) as origins,
       (select count(*)::integer from accounts a where a.tenant = t.id) as accounts
     from tenants t order by t.created_at, t.id`,
  )
  const keys = await admin.gateway.query<{ tenant: string; keys: number }>(
    `select tenant, count(*)::integer as keys from api_keys
     where revoked_at is null and (expires_at is null or expires_at > clock_timestamp()) group by tenant`,
  )
  return rows.map((row) => ({
    ...row,
    created_at: row.created_at.toISOString(),
    keys: keys.rows.find(({ tenant }) => tenant === row.tenant)?.keys ?? 0,
  }))
}

/** Whether what somebody agrees to on the page of a link may be more than one payment. */
export async function setLinkUses(admin: Admin, tenant: string, uses: 'one' | 'many'): Promise<void> {
  await requireTenant(admin, tenant)
  await changeVault(admin, { action: `link_uses.${uses}`, tenant }, (vault) =>
    vault.query('update tenants set link_many_uses = $2 where id = $1', [tenant, uses === 'many']),
  )
}

/** Whether the end of a capture tells the first six digits of its card, which name the issuer. Off for everyone who has not asked. */
export async function setBin(admin: Admin, tenant: string, on: boolean): Promise<void> {
  await requireTenant(admin, tenant)
  await changeVault(admin, { action: on ? 'bin.on' : 'bin.off', tenant }, (vault) =>
    vault.query('update tenants set bin = $2 where id = $1', [tenant, on]),
  )
}

/** How long a card is kept at most, whatever its mandate says; null: as long as the mandate. It holds for what is stored already. */
export async function setRetention(admin: Admin, tenant: string, days: number | null): Promise<void> {
  await requireTenant(admin, tenant)
  await changeVault(
    admin,
    { action: 'retention.set', tenant, object: days === null ? 'none' : `${days} days` },
    (vault) => vault.query('update tenants set retention_days = $2 where id = $1', [tenant, days]),
  )
}

/** How many tokens the tenant's agents may erase in 24 hours. */
export async function setErasures(admin: Admin, tenant: string, perDay: number): Promise<void> {
  await requireTenant(admin, tenant)
  await changeVault(admin, { action: 'erasures.set', tenant, object: `${perDay} a day` }, (vault) =>
    vault.query('update tenants set erasures_per_day = $2 where id = $1', [tenant, perDay]),
  )
}
