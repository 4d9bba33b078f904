/** What the config tables say of a tenant, as intake needs it: read each time, for an admin's change holds at once. */
import type pg from 'pg'

export interface Tenant {
  id: string
  business: string
  origins: string[]
  /** The account that a mandate names where the agent named none. */
  account: string | null
  /** Whether a link may mint a token of many uses. */
  linkManyUses: boolean
  /** Whether the end of a capture tells the first six digits of its card. */
  bin: boolean
}

interface TenantRow {
  id: string
  name: string
  origins: string[]
  account: string | null
  link_many_uses: boolean
  bin: boolean
}

const tenantText = `
  select t.id, t.name, t.link_many_uses, t.bin, coalesce(array_agg(o.origin) filter (where o.origin is not null), '{}') as origins,
    (select a.id from accounts a where a.tenant = t.id and a.is_default) as account
  from tenants t left join origins o on o.tenant = t.id`

const tenantOf = (row: TenantRow | undefined): Tenant | null =>
  row === undefined
    ? null
    : {
        id: row.id,
        business: row.name,
        origins: row.origins,
        account: row.account,
        linkManyUses: row.link_many_uses,
        bin: row.bin,
      }

export async function tenantByKey(db: pg.Pool, publishableKey: string): Promise<Tenant | null> {
  const { rows } = await db.query<TenantRow>({
    name: 'tenant_by_key',
    text: `${tenantText} where t.publishable_key = $1 group by t.id`,
    values: [publishableKey],
  })
  return tenantOf(rows[0])
}

export async function tenantById(db: pg.Pool, id: string): Promise<Tenant | null> {
  const { rows } = await db.query<TenantRow>({
    name: 'tenant_by_id',
    text: `${tenantText} where t.id = $1 group by t.id`,
    values: [id],
  })
  return tenantOf(rows[0])
}

export async function hasAccount(db: pg.Pool, tenant: string, account: string): Promise<boolean> {
  const { rows } = await db.query({
    name: 'has_account',
    text: 'select 1 from accounts where tenant = $1 and id = $2',
    values: [tenant, account],
  })
  return rows.length === 1
}

/**
 * Judges where the frame stands. `ancestors` is the frame's own `ancestorOrigins`, nearest first; every one must be
 * listed, and the outermost must be the one the agent named, where it named one. Null: not allowed.
 */
export function judgeAncestors(tenant: Tenant, ancestors: readonly string[], topOrigin: string | null): string | null {
  const nearest = ancestors[0]
  if (nearest === undefined || !ancestors.every((origin) => tenant.origins.includes(origin))) return null
  if (topOrigin !== null && ancestors.at(-1) !== topOrigin) return null
  return nearest
}
